"""What a person reads at the field when a paste cannot be what it should be: what is wrong, and what to do.

Pages and the API show the same. No sentence holds any part of what was pasted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wallets import catalogue
from wallets.paste import Oddity

if TYPE_CHECKING:
    from wallets.catalogue import Exchange
    from wallets.paste import Finding

# {field} is the field's name, {other} that of the field or exchange it was taken for.
SENTENCES = {
    Oddity.SEED_PHRASE: "This is a seed phrase. It was not kept. Treat it as exposed and move what it holds.",
    Oddity.WALLET_KEY: "This is the private key of a wallet. It was not kept. Treat it as exposed and move what it "
    "holds.",
    Oddity.MISSING: "The {field} is missing.",
    Oddity.TOO_LONG: "This is longer than any key. Copy the one value that belongs here, and nothing around it.",
    Oddity.NOT_TEXT: "This holds signs that no key has. Copy the value once more, as plain text.",
    Oddity.SWAPPED: "This looks like the {other}. It seems that the two were swapped: put each where it belongs.",
    Oddity.WRONG_EXCHANGE: "This looks like a key of {other}. Here a key of {exchange} is needed.",
    Oddity.SAME_TEXT: "The same text stands under {other}. Each of the two has a value of its own.",
    Oddity.CUT_SHORT: "A part is missing: dots stand in its place. Copy the whole value, best with the copy button at "
    "{exchange}.",
    Oddity.MASKED: "Stars or dots stand in place of the value. Let {exchange} show it before you copy it. A secret "
    "that it no longer shows is gone: make a new key.",
    Oddity.EMAIL: "This is an e-mail address. Here the {field} is needed.",
    Oddity.ONE_TIME_CODE: "This looks like a code from an authenticator. Holdfast never needs one. Here the "
    "{field} is needed.",
    Oddity.URL: "This is the address of a page. Here the {field} is needed.",
    Oddity.WALLET_ADDRESS: "This is an address or public key on a blockchain. Here the {field} of a key at "
    "{exchange} is needed.",
    Oddity.PUBLIC_KEY: "This is the public half of a key pair, or a certificate. Here the private half is needed: its "
    "first line says PRIVATE KEY.",
    Oddity.LOCKED_PEM: "This key file is locked with a password, or is not of a kind that {exchange} hands out. Paste "
    "the file as it came from {exchange}.",
    Oddity.BROKEN_PEM: "This key file is not whole. Copy all of it, from the line that says BEGIN to the one that says "
    "END.",
    Oddity.BROKEN_JSON: "This looks like a key file, but not like a whole one of {exchange}. Paste all of it, from the "
    "first brace to the last, or its values one by one.",
    Oddity.TWO_ANSWERS: "Two different values were given: one here, and one in what was pasted under {other}. Leave "
    "only the right one.",
    Oddity.MASTER_KEY: "This is a master key, which opens all accounts of a group. Make one for a single account: it "
    "begins with account.",
    Oddity.UNUSUAL: "This does not have the usual shape. Look whether it is whole.",
}


@dataclass(frozen=True, slots=True)
class Exposed:
    """What is said, in place of the form's own words, when a treasure was pasted."""

    title: str
    happened: str
    advice: str


NOT_KEPT = (
    "Nothing of it was stored, logged or sent to anybody, and the form is empty again. But it stood in a browser, and "
    "Holdfast cannot know who else saw it."
)
EXPOSED = {
    Oddity.SEED_PHRASE: Exposed(
        "That was a seed phrase",
        NOT_KEPT,
        "Treat it as exposed: make a new wallet with a new phrase, and move everything there. Holdfast never needs a "
        "seed phrase, and nobody who asks for one in its name is Holdfast.",
    ),
    Oddity.WALLET_KEY: Exposed(
        "That was the private key of a wallet",
        NOT_KEPT,
        "Treat it as exposed: move what it holds to another wallet. Holdfast needs a key made at the exchange, which "
        "can only read, and never one that moves coins.",
    ),
}


def sentence_of(finding: Finding, exchange: Exchange) -> str:
    labels = {each.name: each.label for each in exchange.fields}
    return SENTENCES[finding.oddity].format(
        field=labels.get(finding.field, finding.field),
        other=labels.get(finding.hint) or catalogue.named(finding.hint),
        exchange=exchange.name,
    )


def exposed_by(findings: tuple[Finding, ...]) -> Exposed | None:
    return next((EXPOSED[finding.oddity] for finding in findings if finding.oddity in EXPOSED), None)
