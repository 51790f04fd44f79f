"""A form 1099-DA is read, held against disposals line by line, settled, and decides the boxes of Form 8949."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone

from accounts import tax_settings
from accounts.audit import SYSTEM, Actor, ActorKind
from ledger import broker_lines, broker_reading
from ledger.broker_lines import Ours, State, paired
from ledger.broker_reading import BadFormError
from ledger.models import BrokerLine
from ledger.reporting import source_of
from ledger.reports.kinds import KINDS
from tests.ledger.gains.books import buys, day, reckon, sells, tell
from tests.ledger.stand import ledger_row
from tests.threads import in_threads

PAGE = "/tax/2025/1099-da/"
HEAD = "1b. Name of digital asset,1c. Number of units,1d. Date acquired,1e. Date sold or disposed,1f. Proceeds"
HEAD += ",1g. Cost or other basis,Basis reported to IRS"
SOLD = "02/13/2025"  # day(400)


def form(*lines, head=HEAD):
    return "\n".join([head, *lines]).encode()


def read(body, mapping=None):
    return broker_reading.read(io.BytesIO(body), mapping)


def test_a_form_of_a_year_in_which_its_owner_moved_is_held_against_both_of_its_years(alice, wallet):
    """A sale of February 2025 under American rules, one of June under British ones: the form is of all 2025."""
    by_british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2025, **by_british, now=timezone.now())
    sold = *sells("S1", "1", "600", day(400)), *sells("S2", "1", "700", day(510))
    tell(wallet, *buys("B1", "2", "100", day(0)), *sold)
    kept = reckon(alice)
    stream = io.BytesIO(form(f"BTC,1,,{SOLD},600,,No", "BTC,1,,06/03/2025,700,,No"))
    broker_lines.bring(by=SYSTEM, owner=alice, year=12025, stream=stream, name="a.csv", now=timezone.now())

    for year in (2025, 12025):
        pairs = broker_lines.reconcile(kept, year)
        assert [pair.state for pair in pairs] == [State.MATCHED, State.MATCHED], year
    [line] = csv.DictReader(io.StringIO(made_of(kept, 12025)))
    assert (line["Box"], line["Proceeds"]) == ("K", "600.00")


def made_of(kept, year):
    file = io.BytesIO()
    KINDS["8949_csv"].make(source_of(kept, year, now=timezone.now()), file)
    return file.getvalue().decode()


# --- reading ------------------------------------------------------------------------------------------------------


def test_the_forms_own_headings_are_known():
    [line] = read(form(f'Bitcoin (BTC),0.5,various,{SOLD},"$20,000.10",15000,Yes')).lines
    assert (line.symbol, line.amount, line.acquired, line.sold) == ("BTC", Decimal("0.5"), None, date(2025, 2, 13))
    assert (line.proceeds, line.cost, line.covered) == (Decimal("20000.10"), 15000, True)


def test_a_description_says_what_and_how_much():
    [line] = read(form(f"0.25 ETH,{SOLD},500", head="Description of property,Date sold,Proceeds")).lines
    assert (line.symbol, line.amount, line.cost, line.covered) == ("ETH", Decimal("0.25"), None, None)


def test_totals_are_no_lines_and_what_cannot_be_read_is_said_by_its_number():
    assert len(read(form(f"BTC,1,,{SOLD},10,5,", "Total,,,,10,5,")).lines) == 1
    with pytest.raises(BadFormError, match="Line 2"):
        read(form("BTC,1,,not a day,10,5,"))
    with pytest.raises(BadFormError, match="no line of a sale"):
        read(form("Total,,,,10,5,"))


def test_columns_nobody_knows_are_asked_for():
    body = form(f"BTC,{SOLD},10", head="Coin name,When,USD")
    with pytest.raises(BadFormError) as error:
        read(body)
    assert error.value.columns == ("Coin name", "When", "USD")
    [line] = read(body, {"asset": "Coin name", "sold": "When", "proceeds": "USD"}).lines
    assert line.proceeds == 10
    with pytest.raises(BadFormError, match="no column"):
        read(body, {"asset": "Other", "sold": "When", "proceeds": "USD"})


# --- held against ours --------------------------------------------------------------------------------------------


def theirs(amount, proceeds, cost=None, sold=1, **facts):
    amount = None if amount is None else Decimal(amount)
    cost = None if cost is None else Decimal(cost)
    return BrokerLine(
        asset="BTC", amount=amount, proceeds=Decimal(proceeds), cost=cost, sold=date(2025, 6, sold), **facts
    )


def ours(amount, proceeds, cost, on=1, name="a"):
    return Ours(name, 0, "BTC", "w", date(2025, 6, on), Decimal(amount), Decimal(proceeds), Decimal(cost), known=True)


def found(lines, disposals):
    return [(pair.state, pair.differences, len(pair.theirs)) for pair in broker_lines.paired(lines, disposals)]


@pytest.mark.parametrize(
    ("lines", "disposals", "expected"),
    [
        ([theirs("1", "100.004", "50")], [ours("1", "100", "50")], [("matched", (), 1)]),
        ([theirs("1", "100")], [ours("1", "100", "50")], [("matched", (), 1)]),
        ([theirs("1", "101", "50")], [ours("1", "100", "50")], [("differs", ("proceeds",), 1)]),
        ([theirs("1", "100", "51")], [ours("1", "100", "50")], [("differs", ("cost",), 1)]),
        ([theirs("1", "100", "50", sold=2)], [ours("1", "100", "50")], [("differs", ("date",), 1)]),
        ([theirs("0.9", "100", "50")], [ours("1", "100", "50")], [("differs", ("amount",), 1)]),
        ([theirs(None, "100", "50")], [ours("1", "100", "50")], [("matched", (), 1)]),
        ([theirs("0.4", "40", "20"), theirs("0.6", "60", "30")], [ours("1", "100", "50")], [("matched", (), 2)]),
        (
            [theirs("3", "9"), theirs("0.4", "40"), theirs("0.6", "60")],
            [ours("1", "100", "50")],
            [("matched", (), 2), ("only_theirs", (), 1)],
        ),
        (
            [theirs("0.5", "50"), theirs("0.5", "50"), theirs("3", "9"), theirs("0.25", "2"), theirs("0.75", "6")],
            [ours("1", "8", "50", name="b"), ours("1", "100", "50", name="a")],
            [("matched", (), 2), ("matched", (), 2), ("only_theirs", (), 1)],
        ),
        ([theirs("1", "100", sold=9)], [ours("1", "100", "50")], [("only_theirs", (), 1), ("only_ours", (), 0)]),
        ([], [ours("1", "100", "50")], [("only_ours", (), 0)]),
    ],
)
def test_lines_find_their_disposals(lines, disposals, expected):
    assert found(lines, disposals) == expected


def test_of_several_alike_each_goes_to_the_nearest():
    lines = [theirs("1", "100"), theirs("1", "200")]
    pairs = list(broker_lines.paired(lines, [ours("1", "200", "1", name="b"), ours("1", "100", "1", name="a")]))
    assert [(pair.proceeds, pair.ours.transaction) for pair in pairs] == [(100, "a"), (200, "b")]


# --- in the database ----------------------------------------------------------------------------------------------


@pytest.fixture
def traded(alice, wallet):
    tell(
        wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "1", "300", day(400)), *sells("T3", "0.5", "90", day(401))
    )
    return reckon(alice)


LINES = (f"BTC,1,01/10/2024,{SOLD},300,50,Yes", "BTC,0.5,,02/14/2025,95,25,No", "BTC,3,,03/01/2025,1,1,No")


def bring(owner, wallet=None, year=2025, lines=LINES):
    by = Actor(ActorKind.OWNER, owner)
    stream = io.BytesIO(form(*lines))
    return broker_lines.bring(
        by=by, owner=owner, year=year, stream=stream, name="1099.csv", wallet=wallet, now=timezone.now()
    )


@pytest.mark.django_db
def test_a_form_is_brought_and_held_against_the_wallets_disposals(alice, wallet, traded):
    brought = bring(alice, wallet, lines=(*LINES, "BTC,1,,03/01/2024,1,1,No"))
    assert (brought.lines, brought.other_years) == (3, 1)
    states = [pair.state for pair in broker_lines.reconcile(traded, 2025)]
    assert states == [State.MATCHED, State.DIFFERS, State.ONLY_THEIRS]
    with pytest.raises(BadFormError, match="of 2019"):
        bring(alice, year=2019)


@pytest.mark.django_db
def test_a_form_that_is_here_already_is_not_brought_twice(alice, wallet, traded):
    bring(alice, wallet)
    with pytest.raises(BadFormError, match="These lines are here already"):
        bring(alice)
    assert bring(alice, lines=LINES[:2]).lines == 2
    assert bring(alice, lines=(*LINES[:2], "BTC,3,,03/01/2025,1,2,No")).lines == 3


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_several_times_at_once_is_here_once(alice):
    answers = []

    def press():
        try:
            answers.append(bring(alice).lines)
        except BadFormError as error:
            answers.append(str(error))
        finally:
            connections.close_all()

    in_threads(press, 4)

    assert BrokerLine.objects.count() == 3
    assert answers.count(3) == 1


@pytest.mark.django_db
def test_whose_money_is_another_reads_that_forms_are_in_dollars(alice, alices_browser, wallet, traded):
    bring(alice, wallet)
    assert "Brokers report in US dollars" not in alices_browser.get(PAGE).text
    alice.base_currency = "EUR"
    alice.save()
    reckon(alice)

    page = alices_browser.get(PAGE).text

    assert "Brokers report in US dollars, and your figures are in EUR" in page


@pytest.mark.django_db
def test_what_the_broker_reported_decides_the_box(alice, wallet, traded):
    bring(alice, wallet)
    file = io.BytesIO()
    KINDS["8949_csv"].make(source_of(traded, 2025, now=timezone.now()), file)
    lines = list(csv.DictReader(io.StringIO(file.getvalue().decode())))
    assert [(line["Box"], line["Proceeds"]) for line in lines] == [("J", "300.00"), ("K", "90.00")]


@pytest.mark.django_db
def test_of_a_sale_that_was_told_in_part_with_its_cost_each_lot_has_its_box(alice, wallet):
    """Brokers report the cost of what was bought from 2026 on, and not of what had been bought before."""
    tell(wallet, *buys("T1", "1", "100", day(0)), *buys("T2", "1", "200", day(380)))
    tell(wallet, *sells("T3", "1.5", "600", day(400)))
    traded = reckon(alice)
    told = (f"BTC,1,01/10/2024,{SOLD},400,100,No", f"BTC,0.5,01/24/2025,{SOLD},200,100,Yes")
    bring(alice, wallet, lines=told)

    file = io.BytesIO()
    KINDS["8949_csv"].make(source_of(traded, 2025, now=timezone.now()), file)
    lines = list(csv.DictReader(io.StringIO(file.getvalue().decode())))

    assert [(line["Box"], line["Proceeds"], line["Cost or other basis"]) for line in lines] == [
        ("G", "200.00", "100.00"),
        ("K", "400.00", "100.00"),
    ]


@pytest.mark.django_db
def test_the_fee_of_a_sale_that_was_reported_is_not_reported_by_it(alice, wallet):
    sale = [
        ledger_row("S1A", "S1", "XXBT", "-1", at=day(400)),
        ledger_row("S1B", "S1", "ZUSD", "300", at=day(400)),
        ledger_row("S1C", "S1", "KFEE", "0", "2", at=day(400)),
    ]
    tell(wallet, *buys("T1", "2", "100", day(0)), *buys("T2", "9", "9", day(1), asset="KFEE"), *sale)
    traded = reckon(alice)
    bring(alice, wallet, lines=LINES[:1])
    assert [pair.state for pair in broker_lines.reconcile(traded, 2025)] == [State.MATCHED, State.ONLY_OURS]
    file = io.BytesIO()
    KINDS["8949_csv"].make(source_of(traded, 2025, now=timezone.now()), file)
    lines = list(csv.DictReader(io.StringIO(file.getvalue().decode())))
    assert [(line["Box"], line["Description of property"]) for line in lines] == [("J", "1 BTC"), ("L", "2 KFEE")]


@pytest.mark.django_db
def test_results_of_positions_are_on_no_brokers_form(alice, wallet, traded):
    tell(wallet, ledger_row("M1", "M1", "ZUSD", "100", "5", kind="margin", at=day(402)))
    bring(alice, wallet, lines=LINES[:1])
    states = [pair.state for pair in broker_lines.reconcile(reckon(alice), 2025)]
    assert states == [State.MATCHED, State.ONLY_OURS]  # the other sale


@pytest.mark.django_db
def test_a_sale_of_new_years_eve_by_the_brokers_clock_is_found_in_the_year_it_lies_in_here(
    alices_browser, alice, wallet
):
    """A broker in New York tells of 2024 what was sold at four in the morning of 2025 by the owner's own time."""
    at = datetime(2025, 1, 1, 4, tzinfo=UTC)
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "1", "300", at), *sells("T3", "0.5", "90", day(401)))
    traded = reckon(alice)
    bring(alice, wallet, 2024, ("BTC,1,01/10/2024,12/31/2024,300,50,Yes",))

    [pair] = broker_lines.reconcile(traded, 2024)
    assert (pair.state, pair.differences, pair.ours.day) == (State.DIFFERS, ("date",), date(2025, 1, 1))
    assert broker_lines.reconcile(traded, 2025) == [pair]  # and nothing of the other sale: no form tells of that year
    assert boxes(traded, 2025) == [("G", "300.00"), ("L", "90.00")]

    bring(alice, wallet, 2025, ("BTC,0.5,01/10/2024,02/14/2025,90,25,Yes",))
    states = [(each.state, each.differences) for each in broker_lines.reconcile(traded, 2025)]
    assert states == [(State.DIFFERS, ("date",)), (State.MATCHED, ())]
    page = alices_browser.get(PAGE, {"show": "differs"}).text
    assert 'action="/tax/2024/1099-da/settle/"' in page


def boxes(reckoning, year):
    file = io.BytesIO()
    KINDS["8949_csv"].make(source_of(reckoning, year, now=timezone.now()), file)
    return [(line["Box"], line["Proceeds"]) for line in csv.DictReader(io.StringIO(file.getvalue().decode()))]


def test_a_form_of_one_wallet_tells_nothing_of_another():
    kraken, other = uuid.uuid4(), uuid.uuid4()
    here = ours("1", "100", "1", name="a")._replace(wallet=kraken)
    there = ours("1", "100", "1", name="b")._replace(wallet=other)
    [pair] = [pair for pair in paired([theirs("1", "100", wallet_id=other)], [here, there]) if pair.theirs]
    assert pair.ours == there
    assert all(pair.ours is None for pair in paired([theirs("1", "100", wallet_id=other)], [here]) if pair.theirs)


@pytest.mark.django_db
def test_the_page_takes_a_form_shows_it_line_by_line_and_keeps_verdicts(alices_browser, alice, wallet, traded):
    sent = SimpleUploadedFile("1099.csv", form(*LINES))
    answer = alices_browser.post(PAGE, {"file": sent, "wallet": str(wallet.pk)}, follow=True)
    assert "3 lines are here." in answer.content.decode()
    again = SimpleUploadedFile("1099.csv", form(*LINES))
    assert "here already" in alices_browser.post(PAGE, {"file": again}).content.decode()
    page = alices_browser.get(PAGE).content.decode()
    assert "differs by proceeds" in page
    line = BrokerLine.objects.get(owner=alice, proceeds=95)
    alices_browser.post(f"{PAGE}settle/", {"line": [str(line.pk)], "verdict": "mine", "show": "differs"})
    line.refresh_from_db()
    assert line.verdict == "mine"
    assert "selected" in alices_browser.get(f"{PAGE}?show=differs").content.decode()
    alices_browser.post(f"/tax/1099-da/{line.file}/delete/")
    assert not BrokerLine.objects.filter(owner=alice).exists()


@pytest.mark.django_db
def test_the_page_asks_which_column_is_what_and_keeps_the_file_meanwhile(alices_browser, alice, traded):
    body = form(f"BTC,{SOLD},300", head="Coin name,When,USD")
    answer = alices_browser.post(PAGE, {"file": SimpleUploadedFile("own.csv", body)})
    asked = answer.context["form"]
    assert "Which column is what" in answer.content.decode()
    said = {"is_asset": "Coin name", "is_sold": "When", "is_proceeds": "USD"}
    kept = {name: asked[name].value() for name in ("body", "name", "wallet")}
    assert alices_browser.post(PAGE, {**kept, **said}).status_code == 302
    assert BrokerLine.objects.get(owner=alice).file_name == "own.csv"
    assert alices_browser.post(PAGE, {**kept, **said, "body": "!!"}).status_code == 200
    assert BrokerLine.objects.count() == 1


@pytest.mark.django_db
def test_a_file_that_is_no_form_is_refused_in_words(alices_browser, traded):
    answer = alices_browser.post(PAGE, {"file": SimpleUploadedFile("x.csv", b"\x00\x01binary")})
    assert answer.status_code == 200
    assert not BrokerLine.objects.exists()
