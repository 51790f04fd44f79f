"""The lines of a test as they are read: ticked, crossed, unknown, still to come; and what a crossed one asks for."""

from __future__ import annotations

import pytest

from wallets import catalogue
from wallets.checklist import CROSSES, Check, Mark
from wallets.checklist_words import ToCome, lines_of
from wallets.models import CredentialTest
from wallets.records import Cause

Purpose = CredentialTest.Purpose


def line(check, mark="ticked", detail="", cause=""):
    return {"check": check, "mark": mark, "detail": detail, "cause": cause}


def trial(*lines, exchange="kraken", **more):
    return CredentialTest(exchange=exchange, lines=list(lines), purpose=more.pop("purpose", Purpose.CONNECT), **more)


def only(lines, check):
    return next(told for told in lines if told.check == check)


def test_lines_to_come_wait_while_it_runs_and_were_not_looked_at_when_it_is_over():
    test = trial(line("format"), line("reachable"))

    running, over = lines_of(test, over=False), lines_of(test, over=True)

    assert [told.mark for told in running] == ["ticked"] * 2 + [ToCome.WAITING] * 8
    assert [told.mark for told in over] == ["ticked"] * 2 + [ToCome.SKIPPED] * 8
    assert [told.check for told in running] == list(Check)


def test_every_area_has_a_line_of_its_own():
    test = trial(line("read", detail="balances"), line("read", detail="ledger"))

    assert [told.title for told in lines_of(test, over=True)][:2] == ["It may read: balances", "It may read: ledger"]


@pytest.mark.parametrize(
    ("detail", "span"),
    [
        ("2024-01-01T00:00:00+00:00/", "from 1 January 2024 on"),
        ("/2024-02-01T00:00:00+00:00", "until 1 February 2024"),
        ("2024-01-01T00:00:00+00:00/2024-02-01T00:00:00+00:00", "from 1 January 2024 on until 1 February 2024"),
    ],
)
def test_a_key_that_is_shown_a_part_only_is_told_with_its_days_and_the_way_out(detail, span):
    (told,) = lines_of(trial(line("read", "unknown", detail)), over=True)[:1]

    assert told.title == "It is shown a part of the history only"
    assert told.note == f"{SHOWN_BEFORE} {span}. A key without dates reads all of it."


SHOWN_BEFORE = "This key was made with dates: it is shown only what happened"


@pytest.mark.parametrize(("way", "what"), [("key", "key"), ("oauth", "sign-in")])
def test_a_product_that_could_not_be_tried_is_told_with_what_it_means(way, what):
    test = trial(line("read", "unknown", "earn orders", Cause.UNEXPECTED_REPLY), exchange="bybit", way=way)

    (told,) = [each for each in lines_of(test, over=True) if each.check == Check.READ]

    assert (told.title, told.cause) == ("Could not be tried: earn orders", Cause.UNEXPECTED_REPLY)
    assert told.note == (
        f"Bybit answered this in a way we do not know. That says nothing against your {what} and keeps no wallet from "
        "connecting. The history of this product is missing until Bybit answers as it should, and the wallet's page "
        "says so until then."
    )
    assert (told.reason, told.remedy, told.ask) == ("", "", None)


def test_the_wallets_own_key_was_not_pasted_just_now():
    lines = lines_of(trial(purpose=Purpose.CHECK), over=False)

    assert Check.FORMAT not in {told.check for told in lines}


def test_a_sign_in_has_no_secret_that_could_fit_or_not():
    test = trial(*(line(check) for check in ("key", "signature", "address")), exchange="coinbase", way="oauth")

    lines = lines_of(test, over=True)

    assert not {Check.FORMAT, Check.SIGNATURE, Check.ADDRESS} & {told.check for told in lines}
    assert only(lines, Check.KEY).title == "Coinbase takes the sign-in"


@pytest.mark.parametrize(("cause", "check"), CROSSES.items())
def test_every_cause_can_be_told_at_its_line_of_every_exchange(cause, check):
    for exchange in catalogue.load():
        test = trial(line(check, "crossed", "", cause), exchange=exchange)
        told = only(lines_of(test, over=True), check)
        assert (told.mark, told.cause) == (Mark.CROSSED, cause)
        assert told.title
        assert told.reason
        assert told.remedy
        assert "{" not in told.title + told.reason + told.remedy


def test_only_crossed_lines_ask_for_something():
    test = trial(line("rights", "unknown"), line("read", detail="ledger"), line("activity", "unknown", "0"))

    assert not [told for told in lines_of(test, over=False) if told.remedy or told.ask or told.reason]


def test_rights_beyond_reading_are_asked_to_be_unticked_one_by_one():
    wide = ["Enable Margin Loan, Repay & Transfer", "Enable Withdrawals"]  # a name with a comma in it
    test = trial(
        line("rights", "crossed", ", ".join(wide), Cause.RIGHTS_TOO_WIDE),
        exchange="binance",
        outcome={"rights": {"beyond": wide}},
    )

    ask = only(lines_of(test, over=True), Check.RIGHTS).ask

    assert (ask.do, list(ask.boxes), ask.kind) == ("At Binance, untick", wide, "leave")


def test_a_right_found_by_a_probe_is_named_from_the_line():
    test = trial(line("rights", "crossed", "Orders", Cause.RIGHTS_TOO_WIDE), exchange="bitstamp")

    assert only(lines_of(test, over=True), Check.RIGHTS).ask.boxes == ("Orders",)


def test_a_missing_box_is_asked_to_be_ticked():
    test = trial(line("read", "crossed", "Query ledger entries", Cause.RIGHT_MISSING))

    told = only(lines_of(test, over=True), Check.READ)

    assert (told.ask.do, told.ask.boxes) == ("At Kraken, tick", ("Query ledger entries",))
    assert "Query ledger entries" in told.reason


def test_our_addresses_that_the_key_lacks_are_asked_to_be_added(settings):
    settings.EGRESS_IPS = ["192.0.2.10", "192.0.2.11"]
    told_by_rights = trial(line("address", "crossed", "192.0.2.11", Cause.IP_REFUSED))
    told_by_refusal = trial(line("address", "crossed", "", Cause.IP_REFUSED))

    assert only(lines_of(told_by_rights, over=True), Check.ADDRESS).ask.boxes == ("192.0.2.11",)
    assert only(lines_of(told_by_refusal, over=True), Check.ADDRESS).ask.boxes == ("192.0.2.10", "192.0.2.11")


def test_without_fixed_addresses_nobody_is_asked_to_enter_any(settings):
    settings.EGRESS_IPS = []
    told = only(lines_of(trial(line("address", "crossed", "", Cause.IP_REFUSED)), over=True), Check.ADDRESS)

    assert told.ask is None
    assert "Take the restriction" in told.remedy


def test_what_a_later_line_takes_back_is_not_said():
    """The first signed answer ticks the address; the key's own list may cross it afterwards."""
    test = trial(line("address"), line("address", "crossed", "192.0.2.11", Cause.IP_REFUSED))

    assert [told.mark for told in lines_of(test, over=True) if told.check == Check.ADDRESS] == ["crossed"]


def test_who_cannot_be_asked_says_what_was_tried_instead():
    told = only(lines_of(trial(line("rights", "unknown"), exchange="bitstamp"), over=True), Check.RIGHTS)

    assert told.title == "Bitstamp does not say what this key may do"
    assert told.note == catalogue.load()["bitstamp"].probe


def test_an_unusual_shape_is_told_by_the_names_of_the_fields():
    told = only(lines_of(trial(line("format", "unknown", "key, secret")), over=True), Check.FORMAT)

    assert "API key, Private key" in told.note
