"""A service's own words stay, what it repeats of a request does not."""

from __future__ import annotations

import json

import pytest
from arxivdaily.adapters.echoes import REPEATED, RUN, without_echo
from arxivdaily.ports import Prompt

PROMPT = Prompt(
    name="answer",
    system="You sort papers into channels.\n",
    user="Title: A Study  of\nThings A “好” title of a paper",
    schema={},
    max_tokens=100,
)


@pytest.mark.parametrize("said", ["", "rate limit reached", "no such model: study-of-things", "You sort"])
def test_what_a_service_says_itself_is_kept(said: str) -> None:
    assert without_echo(said, PROMPT) == said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("invalid: Title: A Study of Things (bad)", "invalid:"),
        ("You sort papers into channels. Title", ""),
        (json.dumps({"content": "A “好” title of a paper"}), '{"content": "'),
        ("x" * 200 + PROMPT.system, "x" * 200),
    ],
)
def test_an_echo_is_cut_where_it_begins(said: str, kept: str) -> None:
    told = without_echo(" ".join(said.split()), PROMPT)
    assert told.rstrip() == f"{kept}{REPEATED}"
    assert not any(told[i : i + RUN] in PROMPT.system for i in range(len(told)))
