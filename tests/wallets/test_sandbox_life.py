"""A scripted past: books that are told what happened, a market with tides, and a sandbox that remembers both."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from wallets.sandbox import control, life, okx, prices
from wallets.sandbox.books import BLOCK, TWIN, Books, Kind
from wallets.sandbox.demo import demo_key, further_key
from wallets.sandbox.server import House

NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)
BEGAN = datetime(2024, 1, 3, tzinfo=UTC)
DAY = 86400


@pytest.fixture(scope="module")
def lives():
    return life.lived(NOW)


class TestALife:
    def test_it_spans_three_years_and_goes_on_this_week(self, lives):
        first, last = (min(events[0].at for events in lives.values()), [events[-1].at for events in lives.values()])

        assert NOW - first > timedelta(days=3 * 365 - 5)
        assert all(NOW - timedelta(days=7) < each < NOW for each in last)

    def test_moments_rise_and_kinds_keep_their_order(self, lives):
        for events in lives.values():
            assert [each.at for each in events] == sorted(each.at for each in events)
            assert [each.kind for each in events] == [BLOCK[each.number % len(BLOCK)] for each in events]

    def test_nobody_ever_holds_less_than_nothing(self, lives):
        for events in lives.values():
            held = defaultdict(Decimal)
            for each in events:
                for asset, change in each.changes.items():
                    held[asset] += change
                    assert held[asset] >= 0, each

    def test_what_arrives_left_the_account_before_it(self, lives):
        sent = {each.mark: each for events in lives.values() for each in events if each.kind is Kind.WITHDRAWAL}
        arrived = [e for events in lives.values() for e in events if e.kind is Kind.DEPOSIT and e.mark in sent]

        assert len(arrived) > 10
        for each in arrived:
            assert (each.base, each.amount) == (sent[each.mark].base, sent[each.mark].amount)
            assert each.at == sent[each.mark].at + life.ON_ITS_WAY

    def test_twins_are_alike_and_have_names_of_their_own(self, lives):
        events = lives["coinbase"]
        one, other = events[TWIN - 1], events[TWIN]

        assert (one.at, one.amount, one.total, one.fee) == (other.at, other.amount, other.total, other.fee)
        assert one.mark != other.mark

    def test_it_pays_what_the_market_says(self, lives):
        for each in (e for e in lives["kraken"] if e.kind is Kind.BUY):
            told = prices.price(f"{life.SEED}{prices.TIDAL}", each.base, "EUR", int(each.at.timestamp()))
            assert abs(each.total / each.amount / told - 1) < Decimal("0.02")

    def test_the_same_day_gives_the_same_life(self, lives):
        assert life.lived(NOW) == lives


class TestScriptedBooks:
    def told(self):
        books = Books("a seed", 32, BEGAN)
        books.configure("script", [life.as_told(each) for each in life.lived(NOW, 3)["coinbase"][:20]], now=NOW)
        return books

    def test_what_was_wanted_is_one_deposit_where_drawn_ones_may_be_several(self, lives):
        books = Books("seed", 16, BEGAN)
        assert len(okx.deposit_rows(books.event(0))) == 3
        wanted = next(each for each in lives["okx"] if each.kind is Kind.DEPOSIT)
        books.configure("script", [life.as_told(wanted)], now=NOW)
        [row] = okx.deposit_rows(books.event(wanted.number))
        assert Decimal(row["amt"]) == wanted.amount

    def test_scripted_events_take_the_place_of_drawn_ones(self):
        books, written = self.told(), life.lived(NOW, 3)["coinbase"]

        assert [books.event(number) for number in range(20)] == written[:20]
        assert books.event(20) == Books("a seed", 32, BEGAN).event(20)

    @pytest.mark.parametrize("change", [{}, {"hide": [3, 25]}, {"correct": [2, 24]}, {"hide": [4], "correct": [4]}])
    def test_balances_are_the_sum_of_what_is_told(self, change):
        books, held = self.told(), Counter()
        for name, numbers in change.items():
            books.configure(name, numbers, now=NOW)

        for each in books.events(range(books.size)):
            held.update(each.changes)

        assert {a: n for a, n in books.balances().items() if n} == {a: n for a, n in held.items() if n}


class TestTides:
    def price(self, seed, days):
        return prices.price(seed, "BTC", "EUR", int(NOW.timestamp()) // DAY * DAY - days * DAY)

    def test_a_world_without_tides_keeps_to_its_fifth(self):
        assert all(abs(self.price("holdfast", days) / 41000 - 1) < Decimal("0.2") for days in range(0, 1200, 50))

    def test_with_tides_it_rises_and_falls_over_years(self):
        seen = [self.price(f"holdfast{prices.TIDAL}", days) for days in range(0, 1200, 50)]

        assert max(seen) > 2 * min(seen)

    def test_they_come_without_a_jump(self):
        seen = [self.price(f"holdfast{prices.TIDAL}", days) for days in range(0, 1600, 2)]

        assert all(abs(one / other - 1) < Decimal("0.1") for one, other in pairwise(seen))


class TestRemembering:
    def house(self, tmp_path, at=NOW):
        house = House(clock=lambda: at, kept=tmp_path / "told.jsonl")
        house.remember()
        return house

    def test_what_it_was_told_is_there_at_the_next_start(self, tmp_path):
        first = self.house(tmp_path)
        first.told("POST", "market", {"tides": True})
        first.told("POST", "kraken", {"size": 48, "arrive": [3600]})

        again = self.house(tmp_path, NOW + timedelta(days=2))

        assert again.residents["ecb"].world.tides
        books = again.residents["kraken"].books
        assert (books.size, books.event(48).at) == (49, NOW - timedelta(hours=1))

    def test_a_reset_is_remembered_too(self, tmp_path):
        first = self.house(tmp_path)
        first.told("POST", "kraken", {"size": 48})
        first.told("POST", "reset", {})

        assert self.house(tmp_path).residents["kraken"].books.size == 400

    def test_faults_that_pass_and_what_was_refused_are_not(self, tmp_path):
        first = self.house(tmp_path)
        first.told("POST", "kraken/faults", {"kind": "html", "times": 1})
        first.told("POST", "nobody", {"size": 1})

        assert not (tmp_path / "told.jsonl").exists()


class TestTheControlAddress:
    def test_a_scene_is_set_and_looked_at(self, street):
        control.tell(street.port, "okx", {"size": 3})

        assert control.look(street.port, "okx")["size"] == 3

    def test_who_does_not_answer_is_said_to_be_away(self, street):
        with pytest.raises(control.NotThereError):
            control.look(street.port, "nobody")
        with pytest.raises(control.NotThereError):
            control.look(1, "kraken")


@pytest.mark.parametrize("name", ["kraken", "bitfinex", "okx"])
def test_one_more_key_has_the_shape_of_the_one_that_is_shown(name):
    shown, further = demo_key(name)["key"], further_key(name, "dana@example.com")["key"]

    assert further != shown
    assert [sign == "-" for sign in further] == [sign == "-" for sign in shown]
    assert further == further_key(name, "dana@example.com")["key"] != further_key(name, "ben@example.com")["key"]
