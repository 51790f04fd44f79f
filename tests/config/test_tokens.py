"""The colours in tokens.css can be read, in both themes: WCAG 2.2 AA."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "config/static/css/tokens.css"
COLOURS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS.read_text())
}
TEXT, SHAPE = 4.5, 3.0
GROUNDS = ["ground", "surface", "raised", "sunken"]
WASHES = ["good", "warn", "bad"]
PAIRS = [
    *[
        (ink, ground, TEXT)
        for ink in ("ink", "ink-soft", "ink-faint", "accent", "accent-deep", "bad")
        for ground in GROUNDS
    ],
    *[(tone, f"{tone}-wash", TEXT) for tone in WASHES],
    *[("ink", f"{tone}-wash", TEXT) for tone in WASHES],
    *[("accent", f"{tone}-wash", TEXT) for tone in WASHES],
    ("ink", "accent-wash", TEXT),
    ("accent", "accent-wash", TEXT),
    ("bad-deep", "bad-wash", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-deep", TEXT),
    *[("control", ground, SHAPE) for ground in GROUNDS],
]


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_what_is_written_can_be_read(ink: str, ground: str, least: float, theme: str) -> None:
    assert contrast(COLOURS[ink][theme], COLOURS[ground][theme]) >= least


def test_black_on_white_measures_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_every_colour_has_both_themes_and_no_other_file_names_one() -> None:
    named = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", re.IGNORECASE)
    others = [path for path in TOKENS.parent.glob("*.css") if path != TOKENS and named.search(path.read_text())]

    assert len(COLOURS) > 20
    assert not others
