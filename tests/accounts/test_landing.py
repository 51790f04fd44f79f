def test_a_stranger_is_told_what_holdfast_is(client, db):
    page = client.get("/")

    assert page.status_code == 200
    assert "Holdfast" in page.text
