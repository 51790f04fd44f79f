"""The specification's examples, as it tells them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ledger.engine
from tests.ledger.engine.stories import told

SPEC = Path(ledger.engine.__file__).with_name("SPEC.md").read_text()
STORY = re.compile(r"```story\n(.*?)\ngives\n(.*?)```", re.DOTALL)
EXAMPLES = [(found[1], found[2].strip()) for found in STORY.finditer(SPEC)]


def section_of(place: int) -> str:
    """The number of the rule above an example, and which of its examples it is."""
    before = [*STORY.finditer(SPEC)][place].start()
    rules = re.findall(r"^(?:#+ )?(\d[\d.]*)[ .]", SPEC[:before], re.MULTILINE)
    return f"{rules[-1]}-{place}"


@pytest.mark.parametrize(("story", "outcome"), EXAMPLES, ids=[section_of(place) for place in range(len(EXAMPLES))])
def test_the_engine_says_what_the_specification_says(story: str, outcome: str) -> None:
    assert told(story) == outcome


def test_no_example_is_left_out() -> None:
    assert len(EXAMPLES) == SPEC.count("```story") > 30
