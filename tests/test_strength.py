"""What a usual run leaves to a thorough one: repetitions, and never a test."""

from __future__ import annotations

import pytest

from tests.strength import out_of_turn


class Item:
    def __init__(self, nodeid: str, of: int | None) -> None:
        self.nodeid, self.of = nodeid, of

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return pytest.mark.turns(self.of).mark if name == "turns" and self.of else None


def repetitions(name: str, many: int, of: int | None) -> list[Item]:
    return [Item(f"{name}[{number}]", of) for number in range(many)]


def tried(items: list[Item]) -> list[str]:
    left = out_of_turn(items)
    return [item.nodeid for item in items if item not in left]


@pytest.mark.parametrize(
    ("many", "of", "some"), [(12, 3, {4}), (13, 3, {4, 5}), (2, 3, {1}), (1, 2, {1}), (4, None, {4})]
)
def test_of_its_repetitions_so_many_are_tried_and_one_at_least(many, of, some):
    for name in ("test_a.py::test_it", "test_b.py::test_it", "test_b.py::TestThat::test_it"):
        assert len(tried(repetitions(name, many, of))) in some


def test_tests_take_other_turns_than_one_another_and_the_same_each_time():
    names = [f"test_{letter}.py::test_it" for letter in "abcdefgh"]
    items = [item for name in names for item in repetitions(name, 3, 3)]

    chosen = [nodeid.partition("[")[2] for nodeid in tried(items)]

    assert len(chosen) == len(names)
    assert len(set(chosen)) > 1
    assert tried(items) == tried(items)
