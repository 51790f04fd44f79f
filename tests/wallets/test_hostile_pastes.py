"""Three hundred pastes of seed phrases and wallet keys, by page and by API: nothing of any is stored, logged or shown
again, and each is said to be what it is. Made by hypothesis, the same in every run, and by hand.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from mnemonic import Mnemonic

from accounts.audit import Action
from accounts.models import AuditEvent
from tests.accounts.api.conftest import phone_of
from tests.hunt import Hunt, read_log, read_mail, read_session, read_tables
from tests.strength import THOROUGH
from wallets import catalogue, keeping, trials
from wallets import help as asking
from wallets.free_text import TreasureError
from wallets.models import CredentialTest, HelpRequest, Wallet
from wallets.treasure import Treasure, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.django_db(transaction=True)

# --- what is pasted ------------------------------------------------------------------------------------------------


class Paste(NamedTuple):
    """What stands in the clipboard, and what of it must never be seen again."""

    text: str
    words: tuple[str, ...] = ()  # of a phrase, as they were written
    key: str = ""  # of a wallet


LANGUAGES = sorted(Mnemonic.list_languages())
BITS = {12: 16, 15: 20, 18: 24, 21: 28, 24: 32}
FIELDS = [("kraken", "key"), ("kraken", "secret"), ("kucoin", "passphrase"), ("coinbase", "secret"), ("okx", "key")]


def phrase(language: str = "english", length: int = 12, seed: int = 0) -> tuple[str, ...]:
    entropy = random.Random(f"{language} {length} {seed}").randbytes(BITS[length])
    return tuple(Mnemonic(language).to_mnemonic(entropy).split())


def numbered(words: tuple[str, ...], form: str) -> str:
    return "\n".join(form.format(number=number, word=word) for number, word in enumerate(words, 1))


WRITINGS: list[Callable[[tuple[str, ...]], str]] = [
    " ".join,
    ", ".join,
    "\n".join,
    "\r\n\r\n".join,
    "\t".join,
    " - ".join,
    "|".join,
    "_".join,
    "\u3000".join,
    "\u00a0".join,
    " \u2192 ".join,
    lambda words: " ".join(words).upper(),
    lambda words: " ".join(words).title(),
    lambda words: f'"{" ".join(words)}"',
    lambda words: f"seed: {' '.join(words)};",
    lambda words: f"My recovery phrase (do not share): {' '.join(words)} - thank you",
    lambda words: numbered(words, "{number}. {word}"),
    lambda words: numbered(words, "{number}) {word}"),
    lambda words: numbered(words, "{number}{word}"),
    lambda words: numbered(words, "Word {number}: {word}"),
    lambda words: numbered(words, "| {number} | {word} |"),
    json.dumps,
    lambda words: json.dumps({"mnemonic": " ".join(words)}),
    lambda words: json.dumps({f"w{number}": word for number, word in enumerate(words, 1)}),
    lambda words: json.dumps(words, ensure_ascii=False, indent=2),
    lambda words: quote(" ".join(words)),
    lambda words: "+".join(map(quote, words)),
    lambda words: "".join(f"<li>{word}</li>" for word in words),
    "&nbsp;".join,
    lambda words: "\u200b".join(" ".join(words)),
    lambda words: "\u2063".join(" ".join(words)),
    lambda words: "".join(f"{word[:2]}\u00ad{word[2:]} " for word in words),
    lambda words: "\ufeff\u202a" + " ".join(words) + "\u202c",
    lambda words: unicodedata.normalize("NFD", " ".join(words)),
    lambda words: f"{' '.join(words)} my-own-twenty-fifth",
]


def mistyped(word: str, way: int) -> str:
    """As fingers do it; never a word of a list."""
    return ["qz" + word, word + "qz", word[:1] + "qz" + word[1:], "qz"][way]


@st.composite
def phrases(draw: st.DrawFn) -> Paste:
    words = list(phrase(draw(st.sampled_from(LANGUAGES)), draw(st.sampled_from([*BITS])), draw(st.integers(0, 10**6))))
    places = st.lists(st.integers(0, len(words) - 1), max_size=len(words) // 5, unique=True)
    for place in draw(places):
        words[place] = mistyped(words[place], draw(st.integers(0, 3)))
    written = draw(st.sampled_from(WRITINGS))
    return Paste(written(tuple(words)), tuple(words))


BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(length: int) -> st.SearchStrategy[str]:
    return st.integers(0, 2**64).map(lambda seed: "".join(random.Random(seed).choices(BASE58, k=length)))


hex_keys = st.integers(0, 2**64).map(lambda seed: random.Random(seed).randbytes(32).hex())
arrays = st.integers(0, 2**64).map(lambda seed: str([*random.Random(seed).randbytes(64)]))
keystores = hex_keys.map(
    lambda text: json.dumps({"version": 3, "id": "x", "crypto": {"cipher": "aes-128-ctr", "ciphertext": text}})
)
wallet_keys = st.one_of(
    hex_keys,
    hex_keys.map(lambda text: f"0x{text}"),
    hex_keys.map(lambda text: f"0X{text.upper()}"),
    base58(50).map(lambda text: f"5{text}"),
    base58(51).map(lambda text: f"K{text}"),
    base58(51).map(lambda text: f"L{text}"),
    base58(56).map(lambda text: f"6P{text}"),
    base58(107).map(lambda text: f"xprv{text}"),
    base58(107).map(lambda text: f"zprv{text}"),
    base58(88),
    arrays,
    keystores,
)
AROUND = [
    "{}",
    "  {}\n",
    '"{}"',
    "private key: {}",
    "PRIVATE_KEY={}",
    "Address: 1BoatSLRHtKNngkdXEeobR76b53LETtpyT\nKey: {}",
    "{}\u200b",
    "export: {}, keep it",
]


@st.composite
def keys(draw: st.DrawFn) -> Paste:
    key = draw(wallet_keys)
    around = "{}" if key.startswith("{") else draw(st.sampled_from(AROUND))  # a key file is pasted as it is
    return Paste(around.format(key), key=key)


def made(strategy: st.SearchStrategy[Paste], count: int) -> list[Paste]:
    """The same in every run."""
    found: list[Paste] = []

    @examples(max_examples=count, derandomize=True, database=None, phases=[Phase.generate], deadline=None)
    @given(strategy)
    def gather(paste: Paste) -> None:
        found.append(paste)

    gather()
    return found


WELL_KNOWN = ("abandon",) * 11 + ("about",)
BY_HAND = [
    *(Paste(" ".join(phrase(language, 24, 7)), phrase(language, 24, 7)) for language in LANGUAGES),
    *(Paste(written(phrase(length=15, seed=9)), phrase(length=15, seed=9)) for written in WRITINGS),
    Paste(" ".join(WELL_KNOWN), WELL_KNOWN),
    Paste("".join(phrase(seed=1)), phrase(seed=1)),  # no gaps
    Paste("".join(phrase(seed=1)).upper(), phrase(seed=1)),
    Paste("   ".join(" ".join(word) for word in phrase(seed=2)), phrase(seed=2)),  # a gap after each letter
    Paste(" ".join(word[:4] for word in phrase(seed=3)), tuple(word[:4] for word in phrase(seed=3))),
    Paste("".join(f"&#{ord(sign)};" for sign in " ".join(phrase(seed=4))), phrase(seed=4)),
    Paste("".join(f"\\x{ord(sign):02x}" for sign in " ".join(phrase(seed=5))), phrase(seed=5)),
    Paste("".join(f"\\u{ord(sign):04x}" for sign in " ".join(phrase(seed=6))), phrase(seed=6)),
    Paste("".join(f"%{ord(sign):02X}" for sign in " ".join(phrase(seed=7))), phrase(seed=7)),
    Paste("".join(chr(ord(sign) + 0xFEE0) if sign != " " else sign for sign in " ".join(phrase())), phrase()),
    Paste(" ".join(reversed(phrase(seed=8))), tuple(reversed(phrase(seed=8)))),
    Paste("x" * 9_000 + " " + " ".join(phrase(seed=9)), phrase(seed=9)),  # also longer than any key
    Paste("\x1f".join(phrase(seed=10)), phrase(seed=10)),
]
PASTES = [*BY_HAND, *made(phrases(), 170), *made(keys(), 90)]
SENT = PASTES if THOROUGH else PASTES[::3]  # through whole pages and requests


def test_there_are_three_hundred_of_them_and_they_differ():
    assert len(PASTES) >= 300
    assert len({paste.text for paste in PASTES}) > 290


# --- what may be seen of it ----------------------------------------------------------------------------------------


def letters(text: str) -> str:
    """Without gaps, numbers, case and accents: what is left is the same however it is written."""
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).lower())
    return bare.translate({ord(sign): None for sign in set(bare) if unicodedata.category(sign) not in {"Ll", "Lo"}})


def traces(paste: Paste) -> list[str]:
    """Any three words of a phrase on end; any sixteen signs of a key."""
    if paste.words:
        return [letters("".join(paste.words[at : at + 3])) for at in range(len(paste.words) - 2)]
    return [paste.key[at : at + 16] for at in range(0, len(paste.key) - 15, 8)]


def is_told(paste: Paste, text: str) -> bool:
    """In signs, where it is a key; in letters, where it is words."""
    shown = letters_shown(text) if paste.words else signs_shown(text)
    return any(len(trace) > 2 and trace in shown for trace in traces(paste))


@lru_cache(maxsize=2)  # every paste is looked for in all that was kept
def letters_shown(text: str) -> str:
    return letters(signs_shown(text))


@lru_cache(maxsize=2)
def signs_shown(text: str) -> str:
    """Pages write signs their own way, JSON and logs theirs."""
    return unescape(text) + re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text)


def body_of(paste: Paste, at: int) -> tuple[str, dict[str, str]]:
    """Into each field in turn; what else the form asks for is filled with what would do."""
    exchange, field = FIELDS[at % len(FIELDS)]
    names = [each.name for each in catalogue.load()[exchange].fields]
    return exchange, {**{name: f"{name}0" * 8 for name in names}, field: paste.text}


def halves_of(paste: Paste, at: int) -> tuple[str, dict[str, str]]:
    """Shared out over the fields, the name of the wallet among them."""
    exchange = FIELDS[at % len(FIELDS)][0]
    names = ["label", *(each.name for each in catalogue.load()[exchange].fields)]
    share = -(-len(paste.words) // len(names))
    parts = [" ".join(paste.words[start : start + share]) for start in range(0, len(paste.words), share)]
    return exchange, dict(zip(names, [*parts, *[""] * len(names)], strict=False))


def both_ways(pastes: list[Paste]) -> Iterator[tuple[Paste, str, dict[str, str]]]:
    for at, paste in enumerate(pastes):
        yield (paste, *body_of(paste, at))
        if paste.words and at % 4 == 0:
            yield (paste, *halves_of(paste, at))


# --- through the page and the API ----------------------------------------------------------------------------------


@pytest.fixture
def phone(alice, settings):
    settings.RATE_LIMITS_SCALE = 1000
    return phone_of(alice)


@pytest.fixture
def after(alices_browser, log):
    """Everything that is kept, logged or sent, once all is done."""

    def read() -> str:
        hunt = Hunt()
        read_tables(hunt)
        read_log(hunt, log)
        read_mail(hunt)
        read_session(hunt, alices_browser, "alice")
        return "\n".join(hunt.seen.values())

    return read


def refusals() -> int:
    return AuditEvent.objects.filter(action=Action.TREASURE_REFUSED).count()


def test_the_key_form_of_the_page_keeps_and_repeats_nothing(alices_browser, after):
    sent = 0
    for paste, exchange, body in both_ways(SENT):
        page = alices_browser.post(f"/wallets/add/{exchange}/key/", {"label": "Mine", **body})
        sent += 1
        assert page.status_code == 200, (paste, exchange)
        assert "exposed" in page.text, (paste, exchange)
        assert not is_told(paste, page.text), (paste, exchange)
        assert not is_told(paste, str(page.headers))

    kept = after()
    assert [paste for paste in SENT if is_told(paste, kept)] == []
    assert refusals() == sent
    assert not CredentialTest.objects.exists()


def test_the_api_keeps_and_repeats_nothing(phone, after):
    sent = 0
    for paste, exchange, body in both_ways(SENT):
        label = body.pop("label", "Mine")
        path = ["wallets/", "credential-tests/"][sent % 2] if label == "Mine" else "wallets/"
        regions = catalogue.load()[exchange].regions
        wish = {"exchange": exchange, "credentials": body, **({"region": regions[0].id} if regions else {})}
        wish |= {"label": label} if path == "wallets/" else {}
        answer = phone.post(f"/api/v1/{path}", wish, format="json", headers={"Idempotency-Key": f"paste-{sent}"})
        sent += 1
        assert answer.status_code == 400, (paste, exchange, answer.content)
        codes = {error["code"] for error in answer.json()["errors"]}
        assert codes <= {"seed_phrase", "wallet_key"}, (paste, exchange, codes)
        assert not is_told(paste, answer.content.decode()), (paste, exchange)

    kept = after()
    assert [paste for paste in SENT if is_told(paste, kept)] == []
    assert refusals() == sent
    assert not CredentialTest.objects.exists()
    assert not Wallet.objects.exists()


def test_wherever_else_an_owner_may_write(alice, alices_browser, phone, stage, after):
    """Names, notes, questions, answers, what is looked for."""
    by, now = stage.by, stage.now()
    wallet = keeping.open_by_hand(by=by, owner=alice, exchange="kraken", way="csv", label="Mine", now=now)
    pages = {
        "/wallets/add/by-hand/": ["label"],
        "/wallets/add/kraken/files/": ["label"],
        f"/wallets/{wallet.pk}/rename/": ["label"],
        f"/wallets/{wallet.pk}/note/": ["note"],
        f"/wallets/{wallet.pk}/help/": ["subject", "words"],
    }
    for paste in PASTES[::9]:
        for path, fields in pages.items():
            for field in fields:
                page = alices_browser.post(
                    path, {"way": "manual", "subject": "It fails", field: paste.text}, follow=True
                )
                assert not is_told(paste, page.text), (paste, path)
        assert not is_told(paste, alices_browser.get("/wallets/add/", {"q": paste.text}).text), paste
        for field in ("label", "note"):
            answer = phone.patch(f"/api/v1/wallets/{wallet.pk}/", {field: paste.text}, format="json")
            assert (answer.status_code, is_told(paste, answer.content.decode())) == (400, False), (paste, field)

    kept = after()
    assert [paste for paste in PASTES[::9] if is_told(paste, kept)] == []
    assert not HelpRequest.objects.exists()
    assert list(Wallet.objects.values_list("label", "note")) == [("Mine", "")]


def test_the_verbs_themselves_refuse(alice, stage):
    """Whoever calls them: pages and API are not the last line."""
    by, now = stage.by, stage.now()
    wallet = keeping.open_by_hand(by=by, owner=alice, exchange="kraken", way="csv", label="Mine", now=now)
    for paste in PASTES[::5]:
        with pytest.raises(TreasureError):
            keeping.rename(by=by, wallet=wallet, label=paste.text, now=now)
        with pytest.raises(TreasureError):
            keeping.annotate(by=by, wallet=wallet, note=paste.text, now=now)
        with pytest.raises(TreasureError):
            asking.ask(by=by, owner=alice, subject="It fails", words=paste.text, wallet=wallet, now=now)
        assert not isinstance(stage.paste({"key": paste.text, "secret": "s"}), CredentialTest)
    assert trials.looked_through(catalogue.load()["kraken"], {"key": "k", "secret": "s"}, "Mine").usable


def test_the_search_for_traces_finds_what_is_there(alices_browser, log, after):
    """The positive control: some of each kind, shown on purpose, as a page, as JSON, as a log writes it."""
    for paste in PASTES[::7]:
        there = " ".join(paste.words) or paste.key
        assert is_told(paste, f"<p>{there.upper() if paste.words else there}</p>")
        assert is_told(paste, json.dumps({"x": f"you sent: {there}"}))
        log.write(there)

    kept = after()
    assert [paste for paste in PASTES[::7] if not is_told(paste, kept)] == []


def test_what_is_told_apart_is_told_right():
    for paste in PASTES:
        assert find(paste.text) is (Treasure.SEED_PHRASE if paste.words else Treasure.WALLET_KEY), paste


@pytest.mark.parametrize(
    "text",
    [
        "My key stopped working on Monday after I changed my password at the exchange, can you look at it please",
        """I have two accounts there, one for savings and one for trading; this wallet should follow the first one only.
        The second was closed last year when they asked me to verify my address again, and I never used it much.""",
        """Is there any way to see why the balance of my wallet is not the same as what the exchange shows on its page?
        I expect more coins than that, because I bought some in spring and did not sell any of them.""",
        "Kraken Pro main account, tax year 2025, imported from file, checked with Anna, ask her before any change",
    ],
)
def test_ordinary_words_are_ordinary_words(text):
    assert find(text) is None
