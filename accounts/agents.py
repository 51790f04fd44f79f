"""What a browser says about itself, in words: “Firefox on Linux”. Good enough to recognise one's own; never trusted."""

from __future__ import annotations

PROGRAMS = (  # the first that is found: browsers name their ancestors too
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("Holdfast", "Holdfast app"),
    ("okhttp", "Phone app"),
    ("curl", "curl"),
    ("python", "Python script"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_words(agent: str) -> str:
    program = _first(PROGRAMS, agent)
    system = _first(SYSTEMS, agent)
    if program and system:
        return f"{program} on {system}"
    return program or system or "an unknown device"


def _first(marks: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((words for mark, words in marks if mark.lower() in agent.lower()), "")
