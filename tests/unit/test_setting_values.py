"""A setting is used or objected to, with the variable's name, what it holds and what was probably meant."""

from __future__ import annotations

import re

import pytest
from arxivdaily.domain.taxonomy import ARCHIVES, CATEGORIES
from arxivdaily.errors import ConfigurationError
from arxivdaily.setting_values import distance, nearest
from arxivdaily.settings import Settings
from hypothesis import example, given, settings
from hypothesis import strategies as st

KNOWN = (*ARCHIVES, *CATEGORIES)
ADDRESSES = (
    "ARXIV_FEED_URL",
    "ARXIV_API_URL",
    "ARXIV_OAI_URL",
    "LLM_BASE_URL",
    "TRANSLATE_BASE_URL",
    "SITE_URL",
)


def objection(name: str, value: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        Settings.from_env({name: value})
    return str(raised.value)


@given(
    st.lists(st.sampled_from(KNOWN), min_size=1, max_size=8),
    st.sampled_from([",", ", ", " ", " , ", "，", ";\n"]),
)
def test_lists_are_read_however_they_are_separated(parts: list[str], separator: str) -> None:
    found = Settings.from_env({"CATEGORIES": separator.join(parts)}).categories
    assert found == tuple(dict.fromkeys(parts))


@settings(deadline=None)
@given(st.lists(st.sampled_from(KNOWN), max_size=5), st.sampled_from(KNOWN), st.data())
def test_one_misspelt_category_among_good_ones_is_named_with_the_nearest(
    good: list[str], meant: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(meant) - 1))
    swapped = meant[:at] + meant[at : at + 2][::-1] + meant[at + 2 :]
    changes = (meant[:at] + "0" + meant[at + 1 :], meant[:at] + "0" + meant[at:], swapped, meant.swapcase())
    typed = data.draw(st.sampled_from([word for word in changes if word not in KNOWN]))
    said = objection("CATEGORIES", ", ".join([*good, typed]))
    assert repr(typed) in said
    assert "Did you mean" in said or sum(distance(typed.casefold(), k.casefold()) <= 1 for k in KNOWN) > 8


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cs.CVV", "cs.CV"), ("cs.cv", "cs.CV"), ("csCV", "cs.CV"), ("cs-CV", "cs.CV"),
        ("stat.LM", "stat.ML"),
        ("cs.ML", "stat.ML"), ("cs.IV", "eess.IV"), ("hep-thh", "hep-th"), ("quantph", "quant-ph"),
        ("maths", "math"), ("eses.AS", "eess.AS"), ("cond-mat.superconn", "cond-mat.supr-con"),
    ],
)  # fmt: skip
def test_what_was_meant(typed: str, meant: str) -> None:
    said = objection("CATEGORIES", f"cs.CV,{typed},cs.LG")
    assert repr(typed) in said
    assert re.search(rf"Did you mean [^?]*\b{re.escape(meant)}\b[^?]*\?", said), said


@pytest.mark.parametrize("typed", ["machine learning", "all", "*", ",", "<script>", "x" * 5000])
def test_what_is_near_nothing_gets_no_guess(typed: str) -> None:
    said = objection("CATEGORIES", typed)
    assert said.startswith("CATEGORIES")
    assert len(said) < 400


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("rss.arxiv.org", "Did you mean https://rss.arxiv.org?"),
        ("localhost:8790", "Did you mean http://localhost:8790?"),
        ("htps://a.example", "Did you mean https://a.example?"),
        ("HTTP:/a.example", "http:// or https://"),
        ("ftp://a.example", "http:// or https://"),
        ("https://", "host"),
        ("https:///path", "host"),
        ("https://a..example", "host"),
        ("https://a.example:port", "is no address"),
        ("https://a.example:99999", "is no address"),
        ("https://a.example:0", "port"),
        ("https://a.example:", "port"),
        ("https://[::1", "is no address"),
        ("https://https://a.example", "twice"),
        ("https://a.example x", "a space"),
        ("https://a.example,", "','"),
        ('"https://a.example"', "'\"'"),
        ("https：//a.example", "'：'"),
        ("https://a.example?x=1", "'?'"),
        ("https://a.example#x", "'#'"),
        ("https://a.example\n/v1", "a space"),
    ],
)
def test_what_is_no_address_is_said_to_be_none(name: str, value: str, words: str) -> None:
    said = objection(name, value)
    assert said.startswith(f"{name} is ")
    assert words in said


@pytest.mark.parametrize("name", ADDRESSES)
@given(
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["a.example", "127.0.0.1", "[::1]", "localhost", "a-b.c_d.example"]),
    st.sampled_from(["", ":80", ":65535"]),
    st.sampled_from(["", "/", "///"]),
)
def test_addresses_are_taken_without_the_last_slash(
    name: str, scheme: str, host: str, port: str, end: str
) -> None:
    found = getattr(Settings.from_env({name: f" {scheme}://{host}{port}{end} "}), name.lower())
    assert found == f"{scheme}://{host}{port}"


@given(st.sampled_from(ADDRESSES), st.text(max_size=60))
@example("LLM_BASE_URL", "http://[")
@example("LLM_BASE_URL", "http://[::1]x")
@example("SITE_URL", "//")
@example("SITE_URL", "http://a@b@c:1:2")
def test_any_text_is_an_address_or_an_objection(name: str, text: str) -> None:
    try:
        found = getattr(Settings.from_env({name: text}), name.lower())
    except ConfigurationError as error:
        said = str(error)
        assert said.startswith(f"{name} is ")
    else:
        assert not text.strip() or found.lower().startswith(("http://", "https://"))


def test_a_password_in_an_address_is_not_repeated() -> None:
    said = objection("LLM_BASE_URL", "htps://user:secret@a.example/v1")
    assert "secret" not in said
    assert "a.example" in said


def test_an_endpoint_ends_before_what_is_put_after_it() -> None:
    assert "/chat/completions" in objection("LLM_BASE_URL", "https://a.example/v1/chat/completions/")
    assert "root" in objection("SITE_URL", "https://a.example/papers")
    assert Settings.from_env({"LLM_BASE_URL": "https://a.example/v1/"}).llm_base_url == "https://a.example/v1"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LLM_PROVIDER", "opnai", "bedrock or openai. Did you mean openai?"),
        ("CLASSIFIER", "embeded", "Did you mean embedded?"),
        ("PROCESS_REVISIONS", "ture", "true or false. Did you mean true?"),
        ("LLM_CONCURRENCY", "ten", "whole number"),
        ("LLM_CONCURRENCY", "1_0", "whole number"),
        ("LLM_CONCURRENCY", "１０", "whole number"),
        ("LLM_TIMEOUT", "nan", "a number"),
        ("ARXIV_REQUEST_INTERVAL", "inf", "a number"),
        ("ARXIV_REQUEST_INTERVAL", "1e999", "a number"),
        ("ARXIV_REQUEST_INTERVAL", "3s", "a number"),
        ("LLM_TEMPERATURE", "3", "from 0 to 2"),
    ],
)
def test_words_and_numbers(name: str, value: str, words: str) -> None:
    said = objection(name, value)
    assert said.startswith(f"{name} is {value!r}; it must be ")
    assert words in said


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "on"])
def test_yes_however_it_is_written(value: str) -> None:
    assert Settings.from_env({"PROCESS_REVISIONS": value, "LLM_PROVIDER": "OpenAI"}).process_revisions
    assert Settings.from_env({"LLM_PROVIDER": "OpenAI"}).llm_provider == "openai"


@given(st.text(max_size=12), st.text(max_size=12))
def test_distances_are_a_measure(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, other) <= max(len(one), len(other))


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=10), max_size=10))
def test_nearest_words_are_known_and_equally_near(word: str, known: list[str]) -> None:
    found = nearest(word, known)
    assert set(found) <= set(known)
    assert len({distance(word.casefold(), name.casefold()) for name in found}) <= 1
