"""The same history in two files of one format without ids, written otherwise: in another zone, or by a spreadsheet.

Everything in it counts once, however the two came, and keeps its owner's words.
"""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import edits, importing
from ledger.models import Balance, ImportFile, ImportRow, SourceRow, Transaction
from tests.accounts.api.conftest import script_of
from tests.factories import OwnerFactory
from tests.ledger.bringing import OWNER, at_work, taken, taken_back
from tests.ledger.conftest import NOW
from tests.strength import examples
from wallets.models import Wallet

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
WINTER, SUMMER = 1, 2  # hours ahead of UTC
EIGHT = [(BEGIN + timedelta(days=day), f"0.{day + 1:02}") for day in range(8)]
AN_HOUR_APART = [(BEGIN, "0.5"), (BEGIN + timedelta(hours=1), "0.5"), (BEGIN + timedelta(hours=2), "0.5")]


@pytest.fixture
def kucoin(alice):
    return wallet_of(alice)


@pytest.fixture
def binance(alice):
    return wallet_of(alice, "binance")


def wallet_of(owner, exchange="kucoin"):
    return Wallet.objects.create(owner=owner, exchange=exchange, way="csv", label="K", created_at=NOW)


def written(events, ahead, *, amount=str, account="main", time="%Y-%m-%d %H:%M:%S"):
    """KuCoin's account history, as it is written for whoever is so many hours ahead."""
    zone = timezone(timedelta(hours=ahead))
    lines = [
        f"1,{account},BTC,Deposit,{amount(much)},0,{at.astimezone(zone):{time}},Deposit,Deposit" for at, much in events
    ]
    header = f"UID,Account Type,Currency,Side,Amount,Fee,Time(UTC{ahead:+03}:00),Remark,Type"
    return "\n".join([header, *lines]).encode()


def statement(events, hours, *, what="Deposit", time="%Y-%m-%d %H:%M:%S"):
    """Binance's, whose newer files do not name their zone."""
    lines = [f"7,{at + timedelta(hours=hours):{time}},Spot,{what},BTC,{much}," for at, much in events]
    return "\n".join(["User_ID,Time,Account,Operation,Coin,Change,Remark", *lines]).encode()


def brought(owner, wallet, body, **answers):
    file = importing.receive(
        by=OWNER, owner=owner, stream=io.BytesIO(body), name="s.csv", wallet=wallet, answers=answers, now=NOW
    )
    at_work(file)
    return file


def told(wallet):
    """What the wallet has, and what its balance says."""
    found = Transaction.objects.filter(wallet=wallet).values_list("occurred_at", "received_amount")
    balance = Balance.objects.filter(wallet=wallet, asset="BTC").values_list("amount", flat=True).first()
    assert sum(amount for _, amount in found) == (balance or 0)
    return Counter((at, f"{amount.normalize():f}") for at, amount in found)


def states(file):
    return Counter(ImportRow.objects.filter(file=file).values_list("state", flat=True))


# --- zones ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "then"), [(WINTER, SUMMER), (SUMMER, WINTER), (8, -5)])
def test_a_history_brought_in_winter_and_again_in_summer_counts_once(alice, kucoin, first, then):
    taken(alice, kucoin, written(EIGHT[:5], first), "winter.csv")
    again = taken(alice, kucoin, written(EIGHT, then), "summer.csv")

    assert told(kucoin) == Counter(EIGHT)
    assert states(again) == {"duplicate": 5, "new": 3}
    assert states(taken(alice, kucoin, written(EIGHT, then), "summer again.csv")) == {"duplicate": 8}
    assert SourceRow.objects.filter(wallet=kucoin).count() == 8


def test_each_file_holds_what_it_brought(alice, kucoin):
    winter = taken(alice, kucoin, written(EIGHT[:5], WINTER), "winter.csv")
    summer = taken(alice, kucoin, written(EIGHT[3:], SUMMER), "summer.csv")

    taken_back(winter)
    assert told(kucoin) == Counter(EIGHT[3:])
    taken_back(summer)
    assert told(kucoin) == Counter()
    taken(alice, kucoin, written(EIGHT, SUMMER), "summer.csv")
    assert told(kucoin) == Counter(EIGHT)
    assert SourceRow.objects.filter(wallet=kucoin).count() == 8


def test_what_its_owner_said_stays(alice, kucoin):
    taken(alice, kucoin, written(EIGHT, WINTER), "winter.csv")
    mine = Transaction.objects.filter(wallet=kucoin).order_by("occurred_at")[3]
    edits.edit(by=OWNER, owner=alice, ids=[mine.pk], changes={"note": "From my brother"}, now=NOW)

    taken(alice, kucoin, written(EIGHT, SUMMER), "summer.csv")
    assert Transaction.objects.get(note="From my brother").pk == mine.pk
    assert told(kucoin) == Counter(EIGHT)


def test_two_that_were_looked_at_before_either_was_taken_in_count_once(alice, kucoin):
    files = [brought(alice, kucoin, written(EIGHT, ahead)) for ahead in (WINTER, SUMMER)]
    assert [file.counts["new"] for file in files] == [8, 8]
    for file in files:
        importing.commit(by=OWNER, file=file, now=NOW)
        at_work(file)
    assert told(kucoin) == Counter(EIGHT)


@pytest.mark.parametrize(("first", "then"), [(WINTER, SUMMER), (SUMMER, WINTER)])
def test_the_same_text_in_two_zones_is_two_moments(alice, kucoin, first, then):
    """13:00 in one file is what 14:00 is in the other, and there is another one at either."""
    taken(alice, kucoin, written(AN_HOUR_APART, first), "winter.csv")
    for _ in range(2):
        taken(alice, kucoin, written(AN_HOUR_APART, then), "summer.csv")
        assert told(kucoin) == Counter(AN_HOUR_APART)
    later = [(at + timedelta(hours=3), amount) for at, amount in AN_HOUR_APART]
    for ahead in (then, first, then):
        taken(alice, kucoin, written(later, ahead), "later.csv")
        assert told(kucoin) == Counter([*AN_HOUR_APART, *later])


def test_a_zone_that_its_owner_said_wrongly_is_put_right_in_place(alice, kucoin):
    body = written(EIGHT, 0).replace(b"Time(UTC+00:00)", b"Time")
    taken(alice, kucoin, body, "plain.csv", zone="UTC+01:00")
    names = set(Transaction.objects.filter(wallet=kucoin).values_list("pk", flat=True))

    taken(alice, kucoin, body, "plain.csv", zone="UTC")
    assert told(kucoin) == Counter(EIGHT)
    assert set(Transaction.objects.filter(wallet=kucoin).values_list("pk", flat=True)) == names


def test_files_whose_zone_their_owner_says_count_once(alice, binance):
    for zone, hours in (("Europe/Vienna", 1), ("Asia/Tokyo", 9), ("UTC", 0)):
        taken(alice, binance, statement(EIGHT, hours), "statement.csv", zone=zone)
        assert told(binance) == Counter(EIGHT)


# --- spreadsheets, and what is another line --------------------------------------------------------------------------


def test_a_file_that_a_spreadsheet_saved_again_counts_once(alice, kucoin):
    taken(alice, kucoin, written(EIGHT, WINTER, amount=lambda much: f"{Decimal(much):.8f}"), "kucoin.csv")
    again = written(EIGHT, WINTER, time="%d/%m/%Y %H:%M:%S")
    assert states(taken(alice, kucoin, again, "saved.csv", order="dmy")) == {"duplicate": 8}
    assert told(kucoin) == Counter(EIGHT)


ODD = [(at + timedelta(seconds=number), much) for number, (at, much) in enumerate(EIGHT)]
TWINS = [*ODD, ODD[3], ODD[3], (ODD[3][0] + timedelta(seconds=20), ODD[3][1])]
SHOWN = "%d/%m/%Y %H:%M"  # as a spreadsheet shows a time, and saves it


@pytest.mark.parametrize("history", [ODD, TWINS], ids=["each once", "twins, and one of the same minute"])
def test_a_file_whose_seconds_a_spreadsheet_left_out_counts_once(alice, binance, history):
    taken(alice, binance, statement(history, 0), "first.csv", zone="UTC")
    saved = taken(alice, binance, statement(history, 0, time=SHOWN), "saved.csv", zone="UTC", order="dmy")
    assert states(saved) == {"duplicate": len(history)}
    assert told(binance) == Counter(history)


LONG = [(at, f"{much}{number}23456789012345") for number, (at, much) in enumerate(ODD)]


@pytest.mark.parametrize("time", [SHOWN, "%d/%m/%Y %H:%M:%S"], ids=["without seconds", "with seconds"])
def test_a_file_whose_last_digits_a_spreadsheet_left_out_counts_once(alice, binance, time):
    taken(alice, binance, statement(LONG, 0), "first.csv", zone="UTC")
    short = [(at, f"{Decimal(much):.9f}") for at, much in LONG]
    saved = taken(alice, binance, statement(short, 0, time=time), "saved.csv", zone="UTC", order="dmy")
    assert states(saved) == {"duplicate": len(LONG)}
    assert told(binance) == Counter(LONG)


def test_nor_does_the_whole_one_count_again_after_the_one_without_seconds(alice, binance):
    taken(alice, binance, statement(ODD, 0, time=SHOWN), "saved.csv", zone="UTC", order="dmy")
    taken(alice, binance, statement(ODD, 0), "first.csv", zone="UTC")
    assert told(binance) == Counter((at.replace(second=0), much) for at, much in ODD)


def test_other_seconds_are_another_moment(alice, binance):
    later = [(at + timedelta(seconds=30), much) for at, much in EIGHT]
    taken(alice, binance, statement(EIGHT, 0), "first.csv", zone="UTC")
    taken(alice, binance, statement(later, 0), "other.csv", zone="UTC")
    assert told(binance) == Counter([*EIGHT, *later])


@pytest.mark.parametrize(("first", "then"), [("Buy", "Transaction Buy"), ("Transaction Buy", "Buy")])
def test_what_an_exchange_calls_otherwise_since_counts_once(alice, binance, first, then):
    taken(alice, binance, statement(ODD, 0, what=first), "first.csv", zone="UTC")
    later = taken(alice, binance, statement([*ODD, (NOW, "7")], 0, what=then), "later.csv", zone="UTC")
    assert states(later) == {"duplicate": len(ODD), "new": 1}
    assert told(binance) == Counter([*ODD, (NOW, "7")])


def test_what_moves_otherwise_under_another_word_is_another_line(alice, kucoin):
    """The same amount of the same second, in and out."""
    came = written(EIGHT, WINTER)
    taken(alice, kucoin, came, "first.csv")
    went = came.replace(b",Deposit,Deposit", b",Withdrawal,Withdrawal").replace(b"BTC,Deposit", b"BTC,Withdrawal")
    taken(alice, kucoin, went, "went.csv")
    assert Transaction.objects.filter(wallet=kucoin).count() == 2 * len(EIGHT)


def test_another_account_s_line_is_another(alice, kucoin):
    taken(alice, kucoin, written(EIGHT, WINTER), "main.csv")
    taken(alice, kucoin, written(EIGHT, SUMMER, account="trading"), "trading.csv")
    assert told(kucoin) == Counter([*EIGHT, *EIGHT])


def test_a_line_is_read_in_the_file_s_own_words(alice, kucoin):
    taken(alice, kucoin, written(EIGHT[:1], WINTER), "winter.csv")
    summer = taken(alice, kucoin, written(EIGHT[:1], SUMMER), "summer.csv")
    [line] = ImportRow.objects.filter(file=summer)
    assert "14:00:00" in line.original
    assert line.same_as == Transaction.objects.get(wallet=kucoin).pk


# --- hours off ------------------------------------------------------------------------------------------------------


def test_a_file_in_another_zone_than_was_said_is_asked_about_before_it_counts_twice(alice, alices_browser, binance):
    taken(alice, binance, statement(EIGHT[:6], 0), "first.csv", zone="UTC")
    file = brought(alice, binance, statement(EIGHT, 2), zone="UTC")

    [question] = file.questions
    assert (file.state, question["name"]) == ("questions", "zone")
    assert question["why"].startswith(
        "At least 6 of its lines tell to the letter what is here already from an earlier file, only 2 hours later."
    )
    assert [each["number"] for each in question["samples"]] == [2, 3, 4]
    assert "14:00:00" in question["samples"][0]["text"]
    page = alices_browser.get(f"/imports/{file.pk}/").content.decode()
    assert 'value="UTC"' in page
    assert "only 2 hours later" in page
    importing.answer(owner=alice, file=file, answers={"zone": "UTC+02:00"}, now=NOW)
    at_work(file)
    assert (file.state, file.notes, states(file)) == ("preview", [], {"duplicate": 6, "new": 2})


def test_programs_read_what_its_owner_answered_and_nothing_else(alice, alices_browser, binance):
    taken(alice, binance, statement(EIGHT, 0), "first.csv", zone="UTC")
    file = brought(alice, binance, statement(EIGHT, 2), zone="UTC")
    read = script_of(alice, "read").get(f"/api/v1/imports/{file.pk}/").json()
    assert (read["state"], read["options"]) == ("questions", {"zone": "UTC"})


def test_it_is_asked_once_and_said_after_that(alice, binance):
    taken(alice, binance, statement(EIGHT, 0), "first.csv", zone="UTC")
    file = brought(alice, binance, statement(EIGHT, -3), zone="UTC")
    importing.answer(owner=alice, file=file, answers={"zone": "UTC"}, now=NOW)
    at_work(file)

    assert (file.state, states(file)) == ("preview", {"new": 8})
    [note] = file.notes
    assert note["code"] == "hours"
    assert "only 3 hours earlier" in note["words"]
    assert note["words"].endswith("Taken in like this, it counts twice.")


def test_a_column_that_names_its_zone_is_not_asked_about(alice, kucoin):
    taken(alice, kucoin, written(EIGHT, WINTER), "right.csv")
    file = brought(alice, kucoin, written([(at + timedelta(hours=5, minutes=30), much) for at, much in EIGHT], 0))
    [note] = file.notes
    assert (file.state, note["code"]) == ("preview", "hours")
    assert "5 hours 30 minutes later" in note["words"]


DAILY = [(BEGIN + timedelta(days=day), "0.5") for day in range(40)]
EVERY_TWELVE = [(BEGIN + timedelta(hours=12 * turn), "0.5") for turn in range(40)]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (DAILY[:20], DAILY[20:]),
        (EVERY_TWELVE[:20], EVERY_TWELVE[20:]),
        (EIGHT[:4], [(at + timedelta(hours=2), much) for at, much in EIGHT[:4]]),  # too few to say
        (EIGHT, [(at + timedelta(hours=2, minutes=7), much) for at, much in EIGHT]),  # no zones differ so
        (EIGHT, [(at + timedelta(hours=15), much) for at, much in EIGHT]),
        (EIGHT, [(at + timedelta(hours=2), f"1{much}") for at, much in EIGHT]),
    ],
)
def test_what_comes_again_and_again_is_not_asked_about(alice, binance, first, then):
    taken(alice, binance, statement(first, 0), "first.csv", zone="UTC")
    file = brought(alice, binance, statement(then, 0), zone="UTC")
    assert (file.state, file.notes, states(file)) == ("preview", [], {"new": len(then)})


def test_a_file_that_was_taken_back_is_compared_with_nothing(alice, binance):
    taken_back(taken(alice, binance, statement(EIGHT, 2), "wrong.csv", zone="UTC"))
    file = brought(alice, binance, statement(EIGHT, 0), zone="UTC")
    assert (file.state, file.notes) == ("preview", [])


# --- any two --------------------------------------------------------------------------------------------------------

events = st.lists(
    st.tuples(st.integers(0, 6).map(lambda hours: BEGIN + timedelta(hours=hours)), st.sampled_from(["0.5", "1", "2"])),
    max_size=8,
)
zones = st.integers(-3, 3)


@pytest.mark.django_db
@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.tuples(events, zones), min_size=1, max_size=4))
def test_of_each_moment_there_are_as_many_as_one_file_tells(files):
    """Twins, texts that mean another moment in another file, parts of each other in any order."""
    owner = OwnerFactory()
    wallet, most = wallet_of(owner), Counter[tuple[datetime, str]]()
    for happened, ahead in files:
        if happened:
            taken(owner, wallet, written(happened, ahead), "k.csv")
            most |= Counter(happened)
        assert told(wallet) == most
    assert not ImportFile.objects.filter(owner=owner).exclude(state="committed").exists()
