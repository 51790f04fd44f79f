"""Every cause explains itself: whose turn, what happened, what to do."""

from __future__ import annotations

import pytest

from wallets.diagnosis import DIAGNOSES, Fault, NextAction, diagnose
from wallets.records import Cause, ConnectorError, Rights

TECHNICAL = {"api", "http", "json", "nonce", "401", "exception", "invalid", "error", "oauth", "token"}


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_its_words(cause):
    told = diagnose(cause, exchange="Kraken", right="Query funds")

    assert told.title
    assert told.explanation.endswith(".")
    assert told.remedy.endswith(".")
    assert "{" not in told.title + told.explanation + told.remedy


@pytest.mark.parametrize("cause", Cause)
def test_the_words_are_plain(cause):
    told = DIAGNOSES[cause]

    words = set(f"{told.title} {told.explanation} {told.remedy}".lower().replace(".", " ").replace(",", " ").split())
    assert not words & TECHNICAL
    assert "!" not in told.title + told.explanation + told.remedy


def test_titles_tell_causes_apart():
    assert len({diagnosis.title for diagnosis in DIAGNOSES.values()}) == len(Cause)


@pytest.mark.parametrize("cause", [cause for cause in Cause if DIAGNOSES[cause].fault is not Fault.OWNER])
def test_nobody_is_sent_to_change_a_key_that_is_fine(cause):
    changes_key = {NextAction.FIX_RIGHTS, NextAction.FIX_IP, NextAction.RECONNECT, NextAction.ACTIVATE_KEY}

    assert DIAGNOSES[cause].action not in changes_key
    assert cause is Cause.KEY_TYPE_RETIRED or DIAGNOSES[cause].action is not NextAction.UPDATE_KEY


def test_a_key_that_was_not_looked_at_yet_is_not_praised():
    """An exchange that is not reached, in the test of a new key, said nothing about it."""
    words = [DIAGNOSES[cause].explanation for cause in (Cause.NETWORK, Cause.MAINTENANCE, Cause.CLOCK_SKEW)]

    assert not [each for each in words if "is fine" in each or "works" in each]


def test_the_right_is_named():
    too_wide = diagnose(Cause.RIGHTS_TOO_WIDE, exchange="Kraken", right="Withdraw funds, Earn")
    assert "this key allows: Withdraw funds, Earn." in too_wide.explanation


def test_no_box_is_invented_where_none_was_named():
    """“Reading” in quotation marks is no box of Kraken's, and its owner looks for it in vain."""
    missing = diagnose(Cause.RIGHT_MISSING, exchange="Kraken")
    assert "not ticked for the key: something that reading needs." in missing.explanation


def test_a_failure_carries_its_cause_and_code_and_no_text():
    failure = ConnectorError(Cause.IP_REFUSED, code="-2015")

    assert str(failure) == "ip_refused (-2015)"


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        (Rights(can_tell=True, read=("Query funds",)), True),
        (Rights(can_tell=True, read=("Query funds",), beyond=("Trade",)), False),
        (Rights(can_tell=False), None),
    ],
)
def test_read_only_is_proven_or_unknown(rights, expected):
    assert rights.read_only is expected
