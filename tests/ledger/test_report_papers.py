"""What reports say: read back from the files themselves."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pypdf import PdfReader
from reportlab.pdfbase.pdfmetrics import stringWidth

from accounts import tax_settings
from accounts.audit import SYSTEM, Actor, ActorKind
from ledger import handmade, known_costs, linking, tax_figures, tax_years
from ledger.engine.types import Country
from ledger.pricing.candles import DAY, HOUR
from ledger.reporting import inputs_of, name_of, source_of
from ledger.reports import form_8949, holdings
from ledger.reports.cells import money
from ledger.reports.kinds import KINDS, filed, fitting
from ledger.reports.paper import drawable, figure_width, narrowed
from ledger.reports.paper import fitting as cut
from tests.ledger.booked import named, told
from tests.ledger.gains.books import buys, day, moved, reckon, says, sells, tell
from tests.ledger.gains.books import named as named_event
from tests.ledger.priced import quoted
from wallets.models import Wallet

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORY = """
    US fifo universal
    2022-01-01 buy 3 ETH for 1000
    2025-03-05 buy 2 BTC for 100.01
    2025-06-01 sell 1.5 ETH for 3000.333
    2025-07-01 sell 0.7 BTC for 20
    2025-07-02 sell 0.3 BTC for 10.005
    2025-08-01 reward 2 ATOM worth 20 as staking
"""


def made(kept, kind, year=2025):
    file = io.BytesIO()
    rows = KINDS[kind].make(source_of(kept, year, now=NOW), file)
    return rows, file.getvalue()


def table(data):
    return list(csv.DictReader(io.StringIO(data.decode())))


def text_of(data):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_the_table_of_form_8949_has_its_columns_and_adds_up(alice):
    rows, data = made(told(alice, STORY), "8949_csv")
    lines = table(data)
    assert rows == len(lines) == 3
    assert lines[0] == {
        "Box": "I",
        "Description of property": "0.7 BTC",
        "Date acquired": "03/05/2025",
        "Date sold or disposed of": "07/01/2025",
        "Proceeds": "20.00",
        "Cost or other basis": "35.00",
        "Code": "",
        "Adjustment": "",
        "Gain or loss": "-15.00",
        "Wallet": "",
        "Transaction": lines[0]["Transaction"],
    }
    assert lines[1]["Proceeds"] == "10.01"  # half a cent goes up
    assert [line["Box"] for line in lines] == ["I", "I", "L"]
    for line in lines:
        proceeds, cost = Decimal(line["Proceeds"]), Decimal(line["Cost or other basis"])
        assert proceeds - cost == Decimal(line["Gain or loss"])


def test_a_loss_on_a_gift_is_one_from_what_it_was_worth_on_every_paper(alice):
    """The giver's cost is above the market's price: of three, one is sold above it, one between, one below."""
    story = """
        US fifo universal
        2024-09-01 given 3 BTC worth 24000 cost 30000 acquired 2019-01-01
        2025-06-01 sell 1 BTC for 12000
        2025-06-02 sell 1 BTC for 9000
        2025-06-03 sell 1 BTC for 7000
    """
    kept = told(alice, story)

    lines = [tuple(line.values())[0:6] for line in table(made(kept, "8949_csv")[1])]
    assert lines == [
        ("I", "1 BTC", "09/01/2024", "06/03/2025", "7000.00", "8000.00"),
        ("L", "1 BTC", "01/01/2019", "06/01/2025", "12000.00", "10000.00"),
        ("L", "1 BTC", "01/01/2019", "06/02/2025", "9000.00", "9000.00"),
    ]
    bare = table(made(kept, "turbotax_csv")[1])
    assert [(line["Purchase Date"], line["Cost Basis"]) for line in bare] == [
        ("01/01/2019", "10000.00"), ("01/01/2019", "9000.00"), ("09/01/2024", "8000.00"),
    ]  # fmt: skip


def test_what_was_inherited_says_so_in_place_of_a_day_and_is_long_term(alice, wallet):
    """However soon it is sold (IRC section 1223(9)); the form wants the word in column (b)."""
    fields = {"kind": "gift", "category": "inheritance", "received": {"amount": "1", "asset": "BTC"}}
    by = Actor(ActorKind.OWNER, alice)
    came = handmade.add(by=by, wallet=wallet, fields={**fields, "occurred_at": day(400)}, now=NOW)
    said = {"cost": Decimal(40000), "currency": "USD", "acquired_at": day(390), "note": ""}
    known_costs.say(by=by, each=came, now=NOW, **said)
    tell(wallet, *buys("B1", "1", "30000", day(405)), *sells("S1", "2", "90000", day(420)))
    kept = reckon(alice)

    names = "Box", "Date acquired", "Cost or other basis"
    lines = [tuple(line[name] for name in names) for line in table(made(kept, "8949_csv")[1])]
    assert lines == [("I", "02/18/2025", "30000.00"), ("L", "INHERITED", "40000.00")]
    assert "1 BTC INHERITED 03/05/2025 45,000.00 40,000.00" in text_of(made(kept, "8949_pdf")[1]).replace("\n", " ")


def test_until_2024_the_boxes_are_the_former_ones(alice):
    kept = told(alice, "US fifo universal\n2022-01-01 buy 1 ETH for 1000\n2024-03-01 sell 1 ETH for 1500")
    _, data = made(kept, "8949_csv", 2024)
    assert [line["Box"] for line in table(data)] == ["F"]


def test_the_papers_figures_are_the_tables_and_its_totals_those_of_schedule_d(alice):
    kept = told(alice, STORY)
    _, data = made(kept, "8949_csv")
    lines = table(data)
    _, paper = made(kept, "8949_pdf")
    text = text_of(paper)
    for line in lines:
        assert line["Description of property"] in text
        assert written(line["Gain or loss"]) in text
    for box in ("I", "L"):
        mine = [line for line in lines if line["Box"] == box]
        gain = sum(Decimal(line["Gain or loss"]) for line in mine)
        proceeds = sum(Decimal(line["Proceeds"]) for line in mine)
        assert text.count(written(str(gain))) >= 3  # Schedule D's line, its half, the total of the box
        assert text.count(written(str(proceeds))) >= 3
    exact = tax_figures.figures(kept, 2025)
    assert f"long-term {exact.long.gain:,.8f} USD" in " ".join(text.split())
    assert "Line 3" in text
    assert "Line 10" in text


def written(figure):
    number = Decimal(figure)
    return f"({-number:,.2f})" if number < 0 else f"{number:,.2f}"


def test_many_lines_turn_pages_and_every_page_has_its_total(alice):
    sales = "\n".join(f"2025-01-{number % 28 + 1:02} sell 0.001 ETH for {number + 1}.25" for number in range(200))
    kept = told(alice, f"US fifo universal\n2022-01-01 buy 3 ETH for 1000\n{sales}")
    rows, paper = made(kept, "8949_pdf")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages]
    totals = [re.search(r"Total of this page\n?([\d,.]+)", page) for page in pages[1:]]
    assert rows == 200
    assert len(pages) > 4
    assert sum(Decimal(found[1].replace(",", "")) for found in totals) == sum(
        Decimal(number) + Decimal("1.25") for number in range(200)
    )


def test_a_year_without_disposals_is_a_paper_all_the_same(alice):
    rows, paper = made(told(alice, "US fifo universal"), "8949_pdf")
    assert rows == 0
    assert "Schedule D figures" in text_of(paper)


def test_the_same_gains_make_the_same_bytes(alice):
    first = told(alice, STORY)
    one, hashed = made(first, "8949_pdf"), inputs_of(source_of(first, 2025, now=NOW))
    again = told(alice, STORY)
    assert made(again, "8949_pdf") == one
    assert inputs_of(source_of(again, 2025, now=NOW)) == hashed
    other = told(alice, STORY.replace("3000.333", "3000.334"))
    assert inputs_of(source_of(other, 2025, now=NOW)) != hashed


def test_no_cell_of_a_table_is_a_formula(alice):
    evil = "=CMD|' /C CALC'!A0"
    kept = told(alice, "US fifo universal\n2022-01-01 buy 3 ETH for 1000\n2025-02-01 sell 1 ETH for 1")
    kept.matches.update(asset=evil, wallet=named("kraken"))
    kept.earnings.update(category="=1+1")
    kept.assets = [evil]
    kept.save()
    Wallet.objects.create(
        pk=named("kraken"), owner=alice, exchange="kraken", way="key", label="@SUM(A1)", created_at=NOW
    )
    for kind in ("gains_csv", "8949_csv", "turbotax_csv"):
        _, data = made(kept, kind)
        for line in csv.reader(io.StringIO(data.decode())):
            assert not any(cell.startswith(("=", "@", "+")) for cell in line)
    assert f"'{evil}" in made(kept, "gains_csv")[1].decode()


HEADS = {Country.US: "US fifo universal", Country.GB: "GB uk_pool universal", Country.CA: "CA acb universal"}
HEADS |= {Country.DE: "DE fifo per_wallet", Country.AU: "AU fifo universal"}
EVIL = '=1+1\n"@x",\u202eABC'


def named_evilly(kept, wallet):
    kept.matches.update(asset=EVIL, wallet=wallet.pk)
    kept.earnings.update(asset=EVIL, category=EVIL, wallet=wallet.pk)
    kept.assets, kept.wallets = [EVIL], [wallet.pk]
    kept.save()
    return kept


def test_whatever_things_are_called_no_table_has_a_formula_and_each_line_stays_one(alice, wallet):
    Wallet.objects.filter(pk=wallet.pk).update(label=EVIL)
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "1", "300", day(600)))
    left = [name for name in KINDS if name.endswith("_csv")]
    for country, head in HEADS.items():
        sale = "2025-08-01 sell 1 ETH for 1\n2025-08-02 reward 2 ATOM worth 2"
        kept = named_evilly(told(alice, f"{head}\n2022-01-01 buy 3 ETH for 1000\n{sale}"), wallet)
        for kind in [name for name in left if country in KINDS[name].countries]:
            left.remove(kind)
            rows, data = made(kept, kind)
            lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
            assert len(lines) == rows + 1 > 1, kind
            for line in lines:
                assert len(line) == len(lines[0])
                assert not any(cell.lstrip().startswith(("=", "@")) for cell in line)
    assert not left


def test_disposals_are_told_to_the_last_digit(alice):
    _, data = made(told(alice, STORY), "gains_csv")
    line = table(data)[0]
    assert (line["asset"], line["amount"], line["proceeds"], line["cost"]) == ("ETH", "1.5", "3000.333", "500")
    assert line["acquired_at"] == "2022-01-01T12:00:00Z"
    assert (line["term"], line["rule"], line["cost_known"]) == ("long", "fifo", "yes")


def test_income_says_what_it_was_worth(alice):
    _, data = made(told(alice, STORY), "income_csv")
    [line] = table(data)
    assert (line["asset"], line["amount"], line["value"], line["category"]) == ("ATOM", "2", "20", "staking")


def test_turbotax_gets_its_five_columns(alice):
    _, data = made(told(alice, STORY), "turbotax_csv")
    assert table(data)[0] == {
        "Currency Name": "ETH",
        "Purchase Date": "01/01/2022",
        "Cost Basis": "500.00",
        "Date Sold": "06/01/2025",
        "Proceeds": "3000.33",
    }


COUNTRIES = {
    "sa108": ("GB uk_pool universal", "2025-06-01 sell 1 ETH for 2000\n2025-06-01 sell 1 ETH for 3000", 1),
    "schedule3": ("CA acb universal", "2025-06-01 sell 1 ETH for 2000\n2025-06-01 sell 1 ETH for 3000", 2),
    "anlage_so": ("DE fifo per_wallet", "2025-06-01 sell 1 ETH for 2000\n2025-06-02 sell 1 ETH for 3000", 2),
    "au_cgt": ("AU fifo universal", "2025-07-02 sell 1 ETH for 2000\n2025-07-03 sell 1 ETH for 3000", 2),
}


@pytest.mark.parametrize("kind", list(COUNTRIES))
def test_each_country_has_its_own_list_on_paper_and_as_a_table(alice, kind):
    head, sales, count = COUNTRIES[kind]
    kept = told(alice, f"{head}\n2022-01-01 buy 3 ETH for 3000\n{sales}")
    rows, data = made(kept, f"{kind}_csv")
    lines = table(data)
    assert rows == len(lines) == count
    assert sum(Decimal(line["Gain or loss"]) for line in lines) == 3000
    text = text_of(made(kept, f"{kind}_pdf")[1])
    assert "3,000.00" in text
    assert "Total of this page" in text


@pytest.mark.parametrize("kind", ["8949", *COUNTRIES])
def test_a_paper_says_what_nobody_knows(alice, kind):
    head = "US fifo universal" if kind == "8949" else COUNTRIES[kind][0]
    story = f"""
        {head}
        2024-01-01 deposit 3 ETH
        2025-08-01 sell 2 ETH for 300
        2025-08-02 spend 1 ETH
        2025-08-03 reward 1 ATOM as staking
    """
    text = " ".join(text_of(made(told(alice, story), f"{kind}_pdf")[1]).split())
    assert re.search("Of 2 (lines|parts of disposals) nobody knows what was paid", text)
    assert "2 times nobody knows what something was worth" in text
    whole = f"{head}\n2025-08-01 buy 1 ETH for 100\n2025-08-02 sell 1 ETH for 300"
    assert "nobody knows" not in text_of(made(told(alice, whole), f"{kind}_pdf")[1])


@pytest.mark.parametrize("kind", ["8949", "anlage_so", "au_cgt"])
def test_no_day_of_acquisition_is_claimed_for_what_came_from_nobody_knows_where(alice, kind):
    """The day on which it came is none on which it was acquired, and whoever signs the form says it was."""
    head = "US fifo universal" if kind == "8949" else COUNTRIES[kind][0]
    story = f"{head}\n2023-05-05 deposit 3 ETH\n{{}}2025-08-01 sell 2 ETH for 300"
    kept = told(alice, story.format("2025-07-08 profit 5 USD\n"))
    title = {"8949": "Date acquired"}.get(kind, "Acquired")
    assert {line[title] for line in table(made(kept, f"{kind}_csv")[1])} == {""}
    text = " ".join(text_of(made(kept, f"{kind}_pdf")[1]).split())
    assert "Of one line nobody knows when it was acquired" in text  # a result of a position never was
    assert "2023" not in text
    if kind == "8949":
        assert [line["Box"] for line in table(made(kept, "8949_csv")[1])] == ["I", "L"]
        assert table(made(kept, "turbotax_csv")[1])[1]["Purchase Date"] == ""
        assert "have no Purchase Date" in KINDS["turbotax_csv"].about


@pytest.mark.parametrize("kind", ["8949", *COUNTRIES])
def test_a_paper_of_a_year_that_is_not_over_says_so_on_its_first_page(alice, kind):
    head = "US fifo universal" if kind == "8949" else COUNTRIES[kind][0]
    kept = told(alice, f"{head}\n2024-01-01 buy 3 ETH for 30\n2026-02-01 sell 1 ETH for 30")
    last = {"sa108": (2025, "5 April 2026"), "au_cgt": (2025, "30 June 2026")}.get(kind, (2026, "31 December 2026"))
    said = f"Not final: this tax year runs until {last[1]}. What is here was known on 1 March 2026."
    first = PdfReader(io.BytesIO(made(kept, f"{kind}_pdf", last[0])[1])).pages[0].extract_text()
    assert said in " ".join(first.split())
    assert "Not final" not in text_of(made(kept, f"{kind}_pdf", last[0] - 1)[1])


def test_a_paper_that_purchases_may_still_change_says_so(alice):
    """The thirty days after its last disposal reach into May."""
    kept = told(alice, "GB uk_pool universal\n2024-01-01 buy 3 ETH for 30\n2025-03-20 sell 1 ETH for 30")
    for today, said in ((5, True), (6, False)):
        file = io.BytesIO()
        source = source_of(kept, 2024, now=datetime(2025, 5, today, 12, tzinfo=UTC))
        KINDS["sa108_pdf"].make(source, file)
        words = "Not final: what is bought until 5 May 2025 may still be matched with what was sold in this tax year"
        assert (words in " ".join(text_of(file.getvalue()).split())) is said


def test_a_workbook_of_a_year_that_is_not_over_says_so(alice):
    kept = told(alice, "US fifo universal\n2024-01-01 buy 3 ETH for 30\n2026-02-01 sell 1 ETH for 30")
    for year, words in ((2026, b"Not final: this tax year runs until 31 December 2026"), (2024, b"")):
        with zipfile.ZipFile(io.BytesIO(made(kept, "xlsx", year)[1])) as book:
            sheet = book.read("xl/worksheets/sheet1.xml")
            assert words in sheet
            assert (b"Not final" in sheet) is bool(words)


RULES_OF_A_MOVE = "US fifo universal\nGB uk_pool universal from 2024\n"
MOVED = f"{RULES_OF_A_MOVE}2023-01-01 buy 9 ETH for 900\n{{}}2024-05-01 sell 1 ETH for 9"
CUT_OFF = 12024


def test_what_was_sold_before_another_countrys_rules_held_is_on_a_form_of_its_own(alice):
    """2024 in the United States ends where 2024/25 in the United Kingdom begins, and both are called after 2024."""
    kept = told(alice, MOVED.format("2024-02-01 sell 1 ETH for 300\n2024-02-02 reward 1 ATOM worth 5\n"))

    british = " ".join(text_of(made(kept, "sa108_pdf", 2024)[1]).split())
    assert "Proceeds 9.00" in british
    assert "300.00" not in british
    words = "What was sold or earned before 6 April 2024 was reckoned by the rules of the United States. It is not on"
    assert f"{words} this paper, but on that of 2024 until 5 April." in british
    american = " ".join(text_of(made(kept, "8949_pdf", CUT_OFF)[1]).split())
    assert "Statement for Form 8949 and Schedule D, 2024 " in american
    assert "Line 10 Box F 1 300.00 100.00 0.00 200.00" in american
    assert (
        "what was sold and earned from 1 January 2024 until 5 April 2024, by the rules of the United Stat" in american
    )
    assert (
        "What was sold or earned from that day until 31 December 2024 is not on this paper, but on that of 2024/25"
        in (american)
    )
    assert [line["Proceeds"] for line in table(made(kept, "8949_csv", CUT_OFF)[1])] == ["300.00"]
    assert [line["value"] for line in table(made(kept, "income_csv", CUT_OFF)[1])] == ["5"]
    assert table(made(kept, "income_csv", 2024)[1]) == []
    assert name_of(KINDS["8949_csv"], source_of(kept, CUT_OFF, now=NOW)) == "holdfast-8949-2024-until-5-april.csv"


LEFT = "GB uk_pool universal\nUS fifo universal from 2024\n2023-05-01 buy 9 ETH for 900\n2023-10-01 sell 1 ETH for 300"
COUNTED = "what was sold and earned from 6 April 2023 until 31 December 2023, by the rules of the United Kingdom"


@pytest.mark.parametrize("later", ["", "\n2024-02-01 sell 1 ETH for 300"])
def test_a_paper_of_a_year_whose_last_months_have_other_rules_says_until_when_it_counts(alice, later):
    """Also where nothing was sold in them: who reads 2023/24 takes it for the whole year."""
    kept = told(alice, f"{LEFT}{later}")
    text = " ".join(text_of(made(kept, "sa108_pdf", 2023)[1]).split())
    assert f"This is {COUNTED}. From the next day on other rules held" in text
    assert ("is not on this paper" in text) is bool(later)
    assert "until 31 December" not in text_of(made(kept, "sa108_pdf", 2022)[1])


def test_a_workbook_says_so_too(alice):
    with zipfile.ZipFile(io.BytesIO(made(told(alice, LEFT), "xlsx", 2023)[1])) as book:
        assert COUNTED.encode() in book.read("xl/worksheets/sheet1.xml")


def test_where_nothing_was_sold_before_another_countrys_rules_held_no_paper_speaks_of_it(alice):
    assert "before 6 April" not in text_of(made(told(alice, MOVED.format("")), "sa108_pdf", 2024)[1])


@pytest.mark.parametrize(
    ("rules", "kind", "year", "said"),
    [
        ("US fifo universal\nCA acb universal from 2024", "schedule3_pdf", 2024, True),
        ("US fifo universal\nAU fifo universal from 2023", "au_cgt_pdf", 2024, True),
        ("CA acb universal\nAU fifo universal from 2023", "schedule3_pdf", 2022, False),
        ("CA acb universal", "schedule3_pdf", 2024, False),
        ("US fifo universal\nGB uk_pool universal from 2023", "sa108_pdf", 2024, False),
        ("US fifo universal\nDE fifo per_wallet from 2023", "anlage_so_pdf", 2024, False),
    ],
)
def test_where_a_country_takes_what_was_held_on_arrival_as_bought_then_its_papers_say_that_it_was_not(
    alice, rules, kind, year, said
):
    kept = told(alice, f"{rules}\n2020-01-01 buy 9 ETH for 900\n{year}-08-01 sell 1 ETH for 300")
    text = " ".join(text_of(made(kept, kind, year)[1]).split())
    assert ("as bought on that day, at its market price. Here it goes on" in text) is said


@pytest.mark.parametrize(
    ("rules", "kind", "year", "said"),
    [
        ("CA acb universal\nUS fifo universal from 2024", "schedule3_pdf", 2023, True),
        ("CA acb universal\nUS fifo universal from 2024", "schedule3_pdf", 2022, False),
        ("AU fifo universal\nGB uk_pool universal from 2024", "au_cgt_pdf", 2023, True),
        ("US fifo universal\nGB uk_pool universal from 2024", "8949_pdf", 2023, False),
        ("US fifo universal\nGB uk_pool universal from 2024", "8949_pdf", CUT_OFF, False),
    ],
)
def test_where_a_country_takes_what_is_held_on_leaving_as_sold_its_last_paper_says_that_it_was_not(
    alice, rules, kind, year, said
):
    kept = told(alice, f"{rules}\n2020-01-01 buy 9 ETH for 900\n{year % 10000}-08-01 sell 1 ETH for 300")
    text = " ".join(text_of(made(kept, kind, year)[1]).split())
    assert ("as sold on that day, at its market price. That is not reckoned here" in text) is said


def test_figures_of_a_year_that_was_cut_off_and_of_the_one_that_follows_have_nothing_in_common(alice):
    kept = told(alice, MOVED.format("2024-02-01 sell 1 ETH for 300\n2024-02-02 reward 1 ATOM worth 5 as staking\n"))

    there, here = (tax_figures.told(tax_figures.figures(kept, year)) for year in (CUT_OFF, 2024))

    assert (there["long.proceeds"], there["long.gain"], there["income.staking"]) == (300, 200, 5)
    assert (here["proceeds"], here["gains"], here["losses"], here["disposals"]) == (9, 0, 91, 1)
    assert "income.staking" not in here


@pytest.mark.parametrize(
    ("rules", "year", "called", "last"),
    [
        ("GB uk_pool universal\nAU fifo universal from 2024", 12024, "2024/25 until 30 June", date(2024, 6, 30)),
        ("DE fifo per_wallet\nAU fifo universal from 2024", 12024, "2024 until 30 June", date(2024, 6, 30)),
        ("AU fifo universal\nGB uk_pool universal from 2024", 2023, "2023/24", date(2024, 6, 30)),
        ("GB uk_pool universal\nUS fifo universal from 2024", 2023, "2023/24", date(2024, 4, 5)),
        ("US fifo universal\nCA acb universal from 2024", 2023, "2023", date(2023, 12, 31)),
    ],
)
def test_only_a_year_whose_number_was_taken_has_one_of_its_own(alice, rules, year, called, last):
    kept = told(alice, f"{rules}\n2020-01-01 buy 9 ETH for 900")
    held = tax_years.terms_of(kept.settings, year)
    assert (held.label, held.last) == (called, last)
    assert tax_years.there_is(kept.settings, year)
    assert tax_years.there_is(kept.settings, 12024) is (year == 12024)


def test_the_present_year_is_that_of_the_rules_which_hold_today(alice):
    """British rules from 2025 on begin on 6 April: until then it is the American year 2025, and not 2024 again."""
    kept = told(alice, "US fifo universal\nGB uk_pool universal from 2025\n2023-01-01 buy 9 ETH for 900")

    at = {month: tax_years.current(kept, now=datetime(2025, month, 1, tzinfo=UTC)) for month in (2, 5)}

    assert at == {2: 12025, 5: 2025}


def test_what_was_sold_after_another_countrys_rules_began_is_said_to_be_missing(alice):
    """2023/24 in the United Kingdom goes on until April, and 2024 in the United States begins in January."""
    rules = "GB uk_pool universal\nUS fifo universal from 2024\n"
    story = f"{rules}2022-01-01 buy 9 ETH for 900\n2023-08-01 sell 1 ETH for 300\n{{}}"
    kept = told(alice, story.format("2024-02-01 sell 1 ETH for 9"))
    text = " ".join(text_of(made(kept, "sa108_pdf", 2023)[1]).split())
    assert (
        "From 1 January 2024 on the rules of the United States held. What was sold or earned from that day until"
        " 5 April 2024 is not on this paper, but on that of 2024."
    ) in text
    assert tax_years.ended_before(kept, 2023).since == date(2024, 1, 1)
    assert tax_years.ended_before(kept, 2022) is None
    for later in ("", "2024-05-01 sell 1 ETH for 9"):
        assert "United States" not in text_of(made(told(alice, story.format(later)), "sa108_pdf", 2023)[1])


def test_for_the_year_of_two_rates_gains_are_told_before_and_after_the_change(alice):
    story = """
        GB uk_pool universal
        2022-01-01 buy 10 ETH for 10000
        2024-10-29 sell 1 ETH for 1500
        2024-10-30 sell 1 ETH for 3000
        2024-12-01 sell 1 ETH for 400
        2025-06-01 sell 1 ETH for 2000
    """
    kept = told(alice, story)
    text = text_of(made(kept, "sa108_pdf", 2024)[1])
    for words in (
        "Gains until 29 October 2024 500.00", "Losses until 29 October 2024 0.00",
        "Gains from 30 October 2024 on 2,000.00", "Losses from 30 October 2024 on 600.00",
    ):  # fmt: skip
        assert words in text.replace("\n", " ")
    assert "29 October" not in text_of(made(kept, "sa108_pdf", 2025)[1])


def test_for_the_year_of_two_periods_canadian_figures_are_told_of_each(alice):
    """Schedule 3 of 2024 asks for dispositions before 25 June 2024 and after 24 June apart."""
    story = """
        CA acb universal
        zone America/Toronto
        2022-01-01 buy 10 ETH for 10000
        2024-06-24 23:30 sell 1 ETH for 1500
        2024-06-25 00:30 sell 1 ETH for 3000
        2024-12-01 sell 2 ETH for 400
        2024-12-02 buy 1 ETH for 250
        2025-06-01 sell 1 ETH for 2000
    """
    kept = told(alice, story)
    text = text_of(made(kept, "schedule3_pdf", 2024)[1]).replace("\n", " ")
    for words in (
        "Proceeds until 24 June 2024 1,500.00", "Adjusted cost base until 24 June 2024 1,000.00",
        "Gain or loss until 24 June 2024 500.00", "Proceeds from 25 June 2024 on 3,400.00",
        "Adjusted cost base from 25 June 2024 on 3,000.00",
        "Gain or loss from 25 June 2024 on 1,200.00",  # half of a loss of 1,600 is denied
    ):  # fmt: skip
        assert words in text, words
    assert "the same half of a gain is taxed in both" in text
    assert "24 June" not in text_of(made(kept, "schedule3_pdf", 2025)[1])


def test_an_australian_paper_has_the_figures_of_the_capital_gains_item(alice):
    """At label H gains stand before losses and discount."""
    story = """
        AU fifo universal
        2022-01-01 buy 2 ETH for 2000
        2024-08-01 sell 1 ETH for 3000
        2024-08-02 buy 1 BTC for 500
        2024-08-03 sell 1 BTC for 900
        2024-08-04 buy 1 SOL for 500
        2024-08-05 sell 1 SOL for 100
    """
    text = " ".join(text_of(made(told(alice, story), "au_cgt_pdf", 2024)[1]).split())
    assert "Total current year capital gains (label H) 2,400.00" in text
    assert "Net capital gain 1,000.00" in text


@pytest.mark.parametrize("kind", ["8949", *COUNTRIES])
@pytest.mark.parametrize(("zone", "said"), [("UTC", True), ("Europe/London", False)])
def test_a_paper_in_nobodys_time_zone_says_so(alice, kind, zone, said):
    """New Year's Eve ends in New York when it is five in the morning in UTC."""
    head = "US fifo universal" if kind == "8949" else COUNTRIES[kind][0]
    kept = told(alice, f"{head}\nzone {zone}\n2024-01-01 buy 3 ETH for 30\n2025-08-01 sell 1 ETH for 30")
    text = " ".join(text_of(made(kept, f"{kind}_pdf")[1]).split())
    assert ("Days and this tax year begin at midnight in UTC" in text) is said


@pytest.mark.parametrize("kind", ["8949", *COUNTRIES])
def test_a_paper_says_that_losses_of_earlier_years_are_not_in_it(alice, kind):
    head = "US fifo universal" if kind == "8949" else COUNTRIES[kind][0]
    kept = told(alice, f"{head}\n2024-01-01 buy 3 ETH for 30\n2025-08-01 sell 1 ETH for 30")
    text = " ".join(text_of(made(kept, f"{kind}_pdf")[1]).split())
    assert re.search("Losses of (earlier|former) years are not in here", text)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("8949", "are not put off as wash sales"),
        ("sa108", "Proceeds are what was left of them after fees"),
        ("sa108", "What came of a fork"),
        ("schedule3", "who bought the same property counts, too: your spouse, or a company of yours"),
        ("anlage_so", "Proceeds are what was left of them after fees"),
        ("anlage_so", "What came of a fork"),
        ("anlage_so", "also of what else you sold"),
        ("anlage_so", "lines of their own: on the first of them 41 to 47 for sales, 10 to 16 for other income"),
        ("schedule3", "under bonds, debentures, promissory notes, crypto-assets, and other similar properties"),
        ("au_cgt", "Proceeds are what was left of them after fees"),
    ],
)
def test_a_paper_says_what_its_reader_must_know_of_the_law_and_what_is_not_looked_at(alice, kind, said):
    head = "US fifo universal" if kind == "8949" else COUNTRIES[kind][0]
    kept = told(alice, f"{head}\n2024-01-01 buy 3 ETH for 30\n2025-08-01 sell 1 ETH for 30")
    assert said in " ".join(text_of(made(kept, f"{kind}_pdf")[1]).split())


def test_a_result_of_a_position_is_named_and_has_no_day_of_acquisition(alice):
    kept = told(alice, "US fifo universal\n2025-06-01 profit 500 USD fee 20")
    lines = table(made(kept, "8949_csv")[1])
    assert [(each["Description of property"], each["Date acquired"], each["Gain or loss"]) for each in lines] == [
        ("Margin or futures, USD", "", "500.00"),
        ("Margin or futures, USD", "", "-20.00"),
    ]
    assert {each["Purchase Date"] for each in table(made(kept, "turbotax_csv")[1])} == {"06/01/2025"}


def test_what_was_given_after_the_year_was_not_held_at_its_end(alice, wallet):
    tell(wallet, *buys("B1", "1", "100", day(0)), *moved("G1", "1", day(400)))
    given = named_event(alice, "G1")
    says(alice, given, kind="gift")
    given.refresh_from_db()
    known_costs.say(
        by=Actor(ActorKind.OWNER, alice), each=given, cost=Decimal(70), currency="USD",
        acquired_at=datetime(2020, 1, 1, tzinfo=UTC), note="", now=NOW,
    )  # fmt: skip
    kept = reckon(alice, now=NOW)
    [btc] = [each for each in holdings.held(source_of(kept, 2024, now=NOW)) if each.asset == "BTC"]
    assert (btc.amount, btc.cost) == (1, 100)


@pytest.mark.parametrize("span", [HOUR, DAY])
def test_what_is_held_at_the_end_of_a_year_is_worth_what_its_last_day_closed_at(alice, wallet, span):
    """The candle that begins then closes an hour or a day later."""
    tell(wallet, *buys("B1", "1", "100", day(0)))
    kept = reckon(alice, now=NOW)
    quoted("BTC", "USD", source_of(kept, 2024, now=NOW).until - timedelta(seconds=1), "300", "900", span=span)

    [btc] = [each for each in holdings.held(source_of(kept, 2024, now=NOW)) if each.asset == "BTC"]

    assert (btc.value, btc.unrealised) == (300, 200)


@pytest.mark.parametrize("country", ["US", "GB", "CA"])
def test_what_is_held_at_a_cost_that_nobody_knows_is_no_gain(alice, wallet, country):
    """Neither of what is still there nor of what was sold since; the page of holdings says the same."""
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, now=NOW, country=country, scope="universal")
    tell(wallet, *moved("D1", "1", day(1)), *buys("B1", "1", "40", day(2)), *moved("D2", "3", day(3), asset="XETH"))
    tell(wallet, *sells("S1", "1", "300", day(600)))
    kept = reckon(alice, now=NOW)
    until = source_of(kept, 2024, now=NOW).until
    for asset in ("BTC", "ETH"):
        quoted(asset, "USD", until - timedelta(days=3), "100", "", "", span=DAY)

    _, data = made(kept, "holdings_csv", 2024)

    btc, eth, _ = table(data)
    assert [btc[each] for each in ("value", "cost", "unrealised", "cost_unknown")] == ["200", "40", "60", "1"]
    assert [eth[each] for each in ("value", "cost", "unrealised", "cost_unknown")] == ["300", "", "", "3"]
    assert btc["price_at"] == f"{until - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"  # as old as it is


@pytest.mark.parametrize("country", ["US", "GB"])
@pytest.mark.parametrize(
    ("left", "came", "amount"),
    [("-2", "2", 3), ("-2", "1.5", Decimal("2.5")), ("-2", "2.5", 3)],
)
def test_what_was_on_its_way_when_the_year_was_over_was_held(alice, wallet, country, left, came, amount):
    """Its cost counts then, and so does it: else half a holding would seem to have lost half its worth."""
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, now=NOW, country=country, scope="universal")
    until = source_of(reckon(alice, now=NOW), 2024, now=NOW).until
    other = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Another", created_at=NOW)
    tell(wallet, *buys("B1", "3", "300", day(0)), *moved("W1", left, until - timedelta(hours=1)))
    tell(other, *moved("D1", came, until + timedelta(hours=1)))
    ends = [named_event(alice, name).pk for name in ("W1", "D1")]
    linking.link(by=Actor(ActorKind.OWNER, alice), owner=alice, named=ends, now=NOW)

    [btc] = [each for each in holdings.held(source_of(reckon(alice, now=NOW), 2024, now=NOW)) if each.asset == "BTC"]

    assert (btc.amount, btc.cost) == (amount, 100 * amount)


def test_what_arrived_before_it_left_by_another_clock_was_held_once(alice, wallet):
    until = source_of(reckon(alice, now=NOW), 2024, now=NOW).until
    other = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Another", created_at=NOW)
    tell(wallet, *buys("B1", "3", "300", day(0)), *moved("W1", "-2", until + timedelta(seconds=1)))
    tell(other, *moved("D1", "2", until - timedelta(seconds=1)))
    ends = [named_event(alice, name).pk for name in ("W1", "D1")]
    linking.link(by=Actor(ActorKind.OWNER, alice), owner=alice, named=ends, now=NOW)

    [btc] = [each for each in holdings.held(source_of(reckon(alice, now=NOW), 2024, now=NOW)) if each.asset == "BTC"]

    assert (btc.amount, btc.cost) == (3, 300)


def test_the_workbook_tells_a_year_as_a_year_and_counts_every_row(alice):
    rows, data = made(told(alice, STORY), "xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        words = book.read("xl/sharedStrings.xml").decode() if "xl/sharedStrings.xml" in book.namelist() else ""
        figures = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<t>2025</t>" in words + figures
    assert "<v>2025</v>" not in figures
    lines = 5 + len(tax_figures.told(tax_figures.figures(told(alice, STORY), 2025)))
    assert rows == lines + 3 + 1


def test_the_workbook_has_a_sheet_for_everything_and_no_formula(alice):
    _, data = made(told(alice, STORY), "xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = re.findall(r'sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        sheets = [book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name]
    assert names == ["Figures", "Disposals", "Income", "Holdings", "Findings"]
    assert "<v>3000.333</v>" in sheets[1]
    assert not any("<f>" in sheet for sheet in sheets)


def test_a_country_is_offered_its_own_kinds(alice):
    german = [kind.name for kind in fitting(Country.DE)]
    assert german[0] == "anlage_so_pdf"
    assert "8949_pdf" not in german
    assert filed(Country.US).name == "8949_pdf"
    assert filed(Country.OTHER).name == "xlsx"


@pytest.mark.parametrize("text", ["1,234.56", "(0.01)", "-7.00", "123456789"])
def test_figures_are_as_wide_as_the_typeface_says(text):
    assert figure_width(text) / 1000 == pytest.approx(stringWidth(text, "Helvetica", 8))


@pytest.mark.parametrize(
    ("number", "told"), [("-0.001", "0.00"), ("0", "0.00"), ("-0.005", "(0.01)"), ("1234.5", "1,234.50")]
)
def test_money_on_paper_stands_in_parentheses_below_nought_and_nought_has_no_sign(number, told):
    assert money(Decimal(number)) == told


def test_long_names_are_cut_and_foreign_letters_marked_on_paper():
    assert drawable("ETH 以太") == "ETH ??"
    assert cut("A" * 100, 60).endswith("...")
    assert stringWidth(cut("A" * 100, 60), "Helvetica", 8) <= 60


def test_long_words_are_set_narrower_before_they_are_cut():
    assert narrowed("1.5 BTC", 140) == "(1.5 BTC) Tj"
    whole = "1000000.123456789012345678 LONGNAME"
    assert whole in narrowed(whole, 140)
    assert narrowed(whole, 140).endswith("100 Tz")  # whatever follows is as wide as ever
    assert "..." in narrowed("A" * 100, 60)


@pytest.mark.parametrize("text", ["over a year", "up to a year", "same day, thirty days, pool", "2024-01-01"])
def test_a_word_that_can_be_set_narrower_is_never_cut(text):
    """By less than a point of rounding every line of Anlage SO said that something was held for “over a ye...”."""
    wide = stringWidth(text, "Helvetica", 8)
    for width in range(int(wide * 0.62) + 1, int(wide) + 2):
        assert text in narrowed(text, width), width


def test_a_box_says_what_was_reported():
    assert form_8949.meaning(2025, "G") == "reported to you on a Form 1099-DA, with the cost reported to the IRS"
