"""The key form: it takes the shape of its exchange, says at each field what is wrong, and shows nothing again."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from tests.config.test_ui import render
from wallets import catalogue
from wallets.catalogue import Way
from wallets.forms import AnswerForm, KeyForm
from wallets.paste import STOPS, Finding, Oddity
from wallets.paste_words import EXPOSED, SENTENCES, exposed_by, sentence_of
from wallets.questions import Question
from wallets.sandbox.demo import demo_key

EXCHANGES = catalogue.load()
KEYED = [row for row in EXCHANGES.values() if row.method(Way.KEY)]
KUCOIN, OKX, COINBASE, COINJAR = (EXCHANGES[name] for name in ("kucoin", "okx", "coinbase", "coinjar"))
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
GOOD = {
    "key": "35fe90340fd9d61696443050",
    "secret": "c52992fd-e89c-b635-f9a6-3e4641794f2b",
    "passphrase": "a word of mine",
    "label": "Savings",
}


def sent(**values: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update(values)
    return data


def page(form: KeyForm) -> str:
    names = [*(bound.name for bound in form.secrets), *(name for name in ("region", "label") if name in form.fields)]
    return "".join(render("{% form_errors form %}{% field bound %}", form=form, bound=form[name]) for name in names)


@pytest.mark.parametrize("exchange", KEYED, ids=lambda row: row.id)
def test_the_form_asks_for_what_the_exchange_hands_out_and_says_where_it_is_found(exchange):
    html = page(KeyForm(exchange))

    for each in exchange.fields:
        assert f'name="{each.name}"' in html
        assert each.where.split(":")[0].replace('"', "&quot;").replace("'", "&#x27;") in html
    assert ('name="region"' in html) is bool(exchange.regions)


@pytest.mark.parametrize("exchange", KEYED, ids=lambda row: row.id)
def test_secrets_are_hidden_while_they_are_typed_and_no_browser_keeps_them(exchange):
    form = KeyForm(exchange)

    for bound in form.secrets:
        html = render("{% field bound %}", bound=bound)
        assert 'autocomplete="off"' in html
        assert 'spellcheck="false"' in html
        named_alone = bound.name == "key" and len(exchange.fields) > 1
        assert ("data-reveal-button" in html) is not named_alone


@pytest.mark.parametrize("exchange", KEYED, ids=lambda row: row.id)
def test_the_key_of_the_sandbox_passes_the_form_of_its_exchange(exchange):
    regions = {"region": exchange.regions[0].id} if exchange.regions else {}

    assert KeyForm(exchange, sent(**demo_key(exchange.id), **regions)).is_valid()


@pytest.mark.parametrize("wrong", [{"passphrase": ""}, {"key": "me@example.com"}, {"label": "x" * 81}])
def test_nothing_that_was_pasted_is_shown_again(wrong):
    pasted = GOOD | wrong
    form = KeyForm(KUCOIN, sent(**pasted))

    html = page(form)

    assert not form.is_valid()
    assert not [name for name in ("key", "secret", "passphrase") if pasted[name] and pasted[name] in html]


def test_a_key_file_is_not_shown_again_either():
    form = KeyForm(COINBASE, sent(**demo_key("coinbase") | {"key": "https://example.com"}))

    html = page(form)

    assert "BEGIN EC PRIVATE KEY" not in html
    assert "This is the address of a page." in html


def test_what_is_wrong_stands_at_its_field():
    form = KeyForm(KUCOIN, sent(**GOOD | {"key": "123456", "passphrase": ""}))

    assert not form.is_valid()
    assert form.errors["key"] == [
        "This looks like a code from an authenticator. Holdfast never needs one. Here the API Key is needed."
    ]
    assert form.errors["passphrase"] == ["The API Passphrase is missing."]
    assert "secret" not in form.errors


def test_an_unusual_shape_alone_stops_nobody():
    assert KeyForm(KUCOIN, sent(**GOOD | {"key": "UNUSUALbutPOSSIBLE12345"})).is_valid()


@pytest.mark.parametrize("place", ["key", "secret", "passphrase", "label"])
def test_a_seed_phrase_stops_the_form_wherever_it_stands(place):
    form = KeyForm(KUCOIN, sent(**GOOD | {place: PHRASE}))

    form.is_valid()

    assert form.stopped


def test_a_seed_phrase_stops_the_form_also_where_something_else_is_missing():
    form = KeyForm(OKX, sent(key="", secret=PHRASE, passphrase=""))

    assert not form.is_valid()  # no site was chosen
    assert form.stopped


def test_a_site_that_does_not_exist_is_refused_without_repeating_it():
    form = KeyForm(OKX, sent(**demo_key("okx"), region=PHRASE))

    assert not form.is_valid()
    assert "winner" not in page(form)
    assert form.errors["region"] == ["There is no such site. Choose one of these."]


def test_where_the_key_is_all_there_is_it_is_hidden_too():
    html = render("{% field bound %}", bound=KeyForm(COINJAR).secrets[0])

    assert 'type="password"' in html


# --- the words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("oddity", Oddity)
def test_every_oddity_has_one_sentence_that_can_be_said_of_every_exchange(oddity):
    for exchange in KEYED:
        said = sentence_of(Finding(exchange.fields[-1].name, oddity, exchange.fields[0].name), exchange)
        assert said.endswith(".")
        assert not set(said) & set("{}!")


def test_sentences_name_the_other_field_or_exchange():
    assert "looks like the API Secret" in sentence_of(Finding("key", Oddity.SWAPPED, "secret"), KUCOIN)
    assert "a key of Gemini" in sentence_of(Finding("key", Oddity.WRONG_EXCHANGE, "gemini"), KUCOIN)
    assert "a key of Bitget" in sentence_of(Finding("key", Oddity.WRONG_EXCHANGE, "bitget"), KUCOIN)


def test_what_stops_everything_is_told_to_be_exposed():
    assert set(EXPOSED) == STOPS
    assert set(SENTENCES) == set(Oddity)
    for oddity in STOPS:
        said = exposed_by((Finding("key", oddity),))
        assert said
        assert "exposed" in said.advice
        assert "move" in said.advice
    assert exposed_by((Finding("key", Oddity.MISSING),)) is None


# --- questions -------------------------------------------------------------------------------------------------------

QUESTIONS = [Question("only_reads", "?", "why", "It only reads."), Question("same_account", "?", "why", "It is mine.")]


def test_every_question_has_to_be_agreed_to():
    assert not AnswerForm(QUESTIONS, sent(only_reads="on")).is_valid()
    assert AnswerForm(QUESTIONS, sent(only_reads="on", same_account="on")).is_valid()


def test_what_is_kept_is_the_sentence_that_was_shown_and_nothing_that_was_sent():
    form = AnswerForm(QUESTIONS, sent(only_reads="anything else", same_account="on"))

    assert form.is_valid()
    assert form.words == {"only_reads": "It only reads.", "same_account": "It is mine."}
