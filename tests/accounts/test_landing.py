import json
import re


def test_a_stranger_is_told_what_holdfast_is(client, db):
    page = client.get("/")

    assert page.status_code == 200
    assert "Holdfast" in page.text


def test_pages_are_not_kept_in_the_browser_for_going_back(client, db):
    """A library would keep ten pages of whoever was signed in, and show them to whoever comes next."""
    config = json.loads(re.search(r"htmx-config\" content='([^']+)'", client.get("/").text)[1])

    assert config["historyCacheSize"] == 0
    assert config["refreshOnHistoryMiss"] is True
