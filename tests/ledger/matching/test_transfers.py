"""Withdrawals find the deposits they arrived as; what is not certain is left to the owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.matching import transfers
from ledger.matching.base import Decided, Ends, Movement, Side, Transfer, Transfers
from ledger.matching.reasons import Reason, Why
from ledger.matching.transfer_candidates import pairs
from tests.ledger.matching.labelled import START, Story, came, chain, history, linked, out, stories
from tests.strength import examples


def found_in(story: Story) -> Transfers:
    return transfers.match(story.movements, own={address: frozenset({wallet}) for address, wallet in story.own})


def ends(proposals: tuple[Transfer, ...]) -> set[Ends]:
    return {each.ends for each in proposals}


def codes(proposal: Transfer) -> set[Why]:
    return {reason.code for reason in proposal.reasons}


def match(*movements: Movement, decided: Decided | None = None) -> Transfers:
    return transfers.match(movements, decided=decided)


# --- the labelled set --------------------------------------------------------------------------------------------


def test_what_is_linked_without_asking_is_right_and_most_of_what_is_true_is_linked() -> None:
    """Measured: 239 right, 2 wrong, of 288 that are true. Every other true one is at least suggested."""
    right = wrong = true = offered = 0
    for story in stories():
        found = found_in(story)
        right += len(ends(found.automatic) & story.links)
        wrong += len(ends(found.automatic) - story.links)
        true += len(story.links)
        offered += len((ends(found.automatic) | ends(found.suggested)) & story.links)

    assert true > 250
    assert right * 100 >= 99 * (right + wrong)
    assert right * 100 >= 82 * true
    assert offered == true


def test_nor_does_it_matter_that_all_of_it_happened_to_one_owner() -> None:
    life = history()

    linked_ends = ends(found_in(life).automatic)

    assert len(linked_ends & life.links) * 100 >= 99 * len(linked_ends)
    assert len(linked_ends & life.links) * 100 >= 82 * len(life.links)


# --- reasons -----------------------------------------------------------------------------------------------------


def test_a_link_says_why() -> None:
    left = out("o", "1.5", asset="ETH", hash="0xABCDEF12", fee=Decimal("0.1"), fee_asset="ETH", network="ERC20")
    (link,) = match(left, came("i", "1.4", 12, asset="ETH", hash="abcdef12", network="Ethereum")).automatic

    assert link.score == 100
    assert [reason.words for reason in link.reasons] == [
        "Both name the same transaction on the network.",
        "Both are ETH.",
        "What arrived is what left, less the fee.",
        "It is a round amount, which comes up often.",
        "It arrived 12 minutes after it left.",
        "Both went over the same network.",
    ]


def test_what_the_owner_puts_side_by_side_is_judged_however_unlike_it_is() -> None:
    judged = transfers.judged(out("o", "100", asset="BTC"), came("i", "12", 60 * 24 * 90, asset="ETH"))

    assert judged.score == 0
    assert not judged.automatic
    assert Reason(Why.AMOUNT_LESS, "88.00") in judged.reasons
    assert Why.SAME_ASSET not in codes(judged)


def test_nor_does_nothing_at_all_trouble_it() -> None:
    assert transfers.judged(out("o", "0"), came("i", "0")).reasons
    assert transfers.judged(out("o", "0"), came("i", "1")).score == 20


@pytest.mark.parametrize("code", list(Why))
def test_every_reason_has_words(code: Why) -> None:
    said = Reason(code, "7").words

    assert said.endswith(".")
    assert "{" not in said


# --- one to one --------------------------------------------------------------------------------------------------


def test_of_two_that_fit_equally_well_neither_is_linked_and_both_are_suggested() -> None:
    found = match(out("o", "0.4123"), came("i", "0.4123", 10), came("j", "0.4123", 14))

    assert not found.automatic
    assert ends(found.suggested) == linked(("o", "i"), ("o", "j"))
    assert all(Why.SEVERAL_FIT in codes(each) for each in found.suggested)


def test_one_that_fits_clearly_better_is_linked_in_spite_of_another() -> None:
    found = match(out("o", "0.41237"), came("i", "0.41237", 10), came("j", "0.41237", 60 * 20))

    assert ends(found.automatic) == linked(("o", "i"))
    assert not found.suggested


def test_what_is_clear_once_another_is_taken_is_linked_too() -> None:
    named = {"hash": chain(1)}
    found = match(
        out("o", "0.41237", **named), came("i", "0.41237", 10, **named), out("p", "0.41237", 2), came("j", "0.41237", 9)
    )

    assert ends(found.automatic) == linked(("o", "i"), ("p", "j"))


def test_within_one_wallet_only_what_both_rows_call_internal_is_linked() -> None:
    told = {"wallet": "okx", "asset": "SOL"}

    assert not match(out("o", "7.12345", **told), came("i", "7.12345", 1, **told)).automatic
    told["internal"] = True
    assert match(out("o", "7.12345", **told), came("i", "7.12345", 1, **told)).automatic


def test_addresses_of_deposits_tell_withdrawals_apart_later() -> None:
    earlier = came("e", "1", -60 * 24 * 30, address="bc1QXYZ", wallet="gemini")
    own = transfers.addresses([earlier])
    left = out("o", "500", asset="USDT", address="bc1qxyz")
    there = came("i", "500", 5, asset="USDT", wallet="gemini")
    elsewhere = came("j", "500", 5, asset="USDT", wallet="binance")

    found = transfers.match([left, there, elsewhere], own=own)

    assert ends(found.automatic) == linked(("o", "i"))
    assert Why.ADDRESS_KNOWN in codes(found.automatic[0])


# --- several -----------------------------------------------------------------------------------------------------


def test_parts_that_one_transaction_carries_are_linked_as_one() -> None:
    named = {"hash": chain(2), "asset": "LTC"}
    (link,) = match(out("o", "10", **named), came("i", "9", 5, **named), came("j", "1", 5, **named)).automatic

    assert link.ends == next(iter(linked(("o", "i j"))))
    assert codes(link) == {Why.HASH_EQUAL, Why.SAME_ASSET, Why.AMOUNTS_ADD_UP}


def test_parts_that_only_add_up_are_suggested() -> None:
    found = match(out("o", "10.345"), came("i", "9.2", 5), came("j", "1.145", 65))

    assert not found.automatic
    assert linked(("o", "i j")) <= ends(found.suggested)


def test_parts_that_add_up_in_two_ways_are_not() -> None:
    parts = [came(name, amount, 5) for name, amount in (("i", "1.3"), ("j", "3.2"), ("k", "1.1"), ("l", "3.4"))]

    assert not match(out("o", "4.511"), *parts).suggested
    assert not match(out("o", "4.5"), *parts).automatic
    assert not match(out("o", "4.5"), *parts).suggested


# --- what was decided --------------------------------------------------------------------------------------------


def test_a_pair_that_was_rejected_is_never_proposed_again_and_makes_room_for_another() -> None:
    movements = (out("o", "0.4123"), came("i", "0.4123", 10), came("j", "0.4123", 14))
    decided = Decided(rejections=linked(("o", "i")))

    found = match(*movements, decided=decided)

    assert ends(found.automatic) == linked(("o", "j"))
    assert not found.suggested


def test_nor_within_a_larger_group() -> None:
    named = {"hash": chain(3)}
    movements = (out("o", "10.2", **named), came("i", "9", 5, **named), came("j", "1.2", 5, **named))

    found = match(*movements, decided=Decided(rejections=linked(("o", "j"))))

    assert not any("j" in each.ends.ins for each in (*found.automatic, *found.suggested))


def test_a_rejected_group_leaves_its_pairs() -> None:
    named = {"hash": chain(3)}
    movements = (out("o", "10", **named), came("i", "9.6", 5, **named), came("j", "0.4", 5, **named))

    found = match(*movements, decided=Decided(rejections=linked(("o", "i j"))))

    assert linked(("o", "i")) <= ends(found.automatic) | ends(found.suggested)


def test_what_is_linked_already_is_left_in_peace() -> None:
    movements = (out("o", "0.41237"), came("i", "0.41237", 10), came("j", "0.41237", 600))

    found = match(*movements, decided=Decided(links=linked(("o", "j"))))

    assert found == Transfers()


# --- what always holds -------------------------------------------------------------------------------------------

AMOUNTS = st.sampled_from(["1", "100", "0.41237", "0.41236", "33.333", "99.5", "66.667"])


@st.composite
def movements(draw: st.DrawFn) -> list[Movement]:
    made = []
    for number in range(draw(st.integers(0, 14))):
        side = draw(st.sampled_from(list(Side)))
        made.append(
            Movement(
                f"m{number}",
                draw(st.sampled_from("abc")),
                side,
                START + timedelta(minutes=draw(st.integers(0, 300))),
                draw(st.sampled_from(["BTC", "EUR"])),
                Decimal(draw(AMOUNTS)),
                hash=draw(st.sampled_from(["", "", chain(1), chain(2)])),
            )
        )
    return made


@given(movements(), st.randoms(use_true_random=False))
@settings(max_examples=examples(150), deadline=None)
def test_the_answer_depends_on_nothing_but_the_question(known: list[Movement], random: Random) -> None:
    found = transfers.match(known)
    shuffled = random.sample(known, len(known))

    assert transfers.match(shuffled) == found


@given(movements())
@settings(max_examples=examples(150), deadline=None)
def test_nothing_is_linked_twice_and_what_is_linked_is_suggested_nowhere(known: list[Movement]) -> None:
    found = transfers.match(known)

    taken = [name for each in found.automatic for name in each.ends.outs | each.ends.ins]
    offered = {name for each in found.suggested for name in each.ends.outs | each.ends.ins}
    assert len(taken) == len(set(taken))
    assert not offered & set(taken)


@given(movements())
@settings(max_examples=examples(100), deadline=None)
def test_what_the_owner_accepts_changes_nothing_else_that_was_linked(known: list[Movement]) -> None:
    found = transfers.match(known)

    again = transfers.match(known, decided=Decided(links=frozenset(ends(found.automatic))))

    assert not again.automatic
    assert ends(again.suggested) == ends(found.suggested)


@given(movements())
@settings(max_examples=examples(100), deadline=None)
def test_what_the_owner_rejects_is_gone(known: list[Movement]) -> None:
    found = transfers.match(known)
    rejected = frozenset(ends(found.automatic) | ends(found.suggested))

    again = transfers.match(known, decided=Decided(rejections=rejected))

    assert not (ends(again.automatic) | ends(again.suggested)) & rejected


def test_the_work_grows_with_the_number_of_movements_not_with_its_square() -> None:
    """Even where all have the same amount and day."""
    random = Random(7)
    crowd = [
        replace(make(f"{side}{number}", "100", asset="USDT"), at=START + timedelta(seconds=random.randrange(86_400)))
        for number in range(1_500)
        for side, make in (("o", out), ("i", came))
    ]

    assert len(list(pairs(crowd, Decided()))) <= 8 * 1_500
