"""The page on which a pretend person is chosen and says yes or no. Plain HTML, and unmistakably not the real thing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wallets.sandbox.people import Person

FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} (sandbox)</title>
<link rel="icon" href="data:,">
<style>
  :root {{ color-scheme: light dark }}
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem }}
  .sandbox {{ background: #fde68a; color: #422006; padding: .5rem .75rem; border-radius: .375rem }}
  button {{ font: inherit; display: block; width: 100%; margin: .5rem 0; padding: .625rem; text-align: left;
            border: 1px solid #8886; border-radius: .375rem; cursor: pointer; background: none; color: inherit }}
  label {{ display: block }}
  fieldset {{ border: 1px solid #8886; border-radius: .375rem; margin: 1rem 0 }}
</style>
</head>
<body>
<p class="sandbox"><strong>Sandbox.</strong> This is not {title}. Nobody here is real and nothing you do here has effect
outside this machine.</p>
<main>{main}</main>
</body>
</html>"""


def consent_page(title: str, app: str, people: Sequence[Person], scopes: Sequence[str], query: str) -> Reply:
    asked = "".join(
        f'<label><input type="checkbox" name="scope" value="{escape(scope)}" checked> {escape(scope)}</label>'
        for scope in scopes
    )
    choices = "".join(
        f'<button name="person" value="{escape(one.id)}">Allow as {escape(one.name)}</button>' for one in people
    )
    main = (
        f"<h1>Allow {escape(app)}?</h1>"
        f'<form method="post" action="?{escape(query)}">'
        f"<fieldset><legend>It asks for</legend>{asked or 'nothing in particular'}</fieldset>"
        f'{choices}<button name="person" value="">Refuse</button></form>'
    )
    return Reply.html(FRAME.format(title=escape(title), main=main))


def refusal_page(title: str, why: str) -> Reply:
    return Reply.html(FRAME.format(title=escape(title), main=f"<h1>This cannot go on</h1><p>{escape(why)}</p>"), 400)
