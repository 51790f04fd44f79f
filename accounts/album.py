"""The pages of this app as pictures are taken of them."""

from __future__ import annotations

from config.album import View, add_views


def register() -> None:
    add_views(View("landing", "/"))
