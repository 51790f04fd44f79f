"""Text as COPY reads it."""

from __future__ import annotations

NULL = "\\N"


def said(*, yes: bool) -> str:
    return "t" if yes else "f"


def escaped(text: str) -> str:
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text
