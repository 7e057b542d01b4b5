"""Broken feeds, answers, pages and messages: a typed error or something whole. `make fuzz` takes 10,000."""

from __future__ import annotations

import pytest
from arxivdaily.domain.records import State
from hostile import fuzz, growth

INPUTS = 50  # of each subject

# Inputs that once failed: subject, and seed and number.
ONCE_FAILED = (("translation", "2026.14"),)  # an error page in bytes that are no text


@pytest.mark.parametrize("subject", fuzz.SUBJECTS)
def test_broken_input_ends_in_a_typed_error_or_in_something_whole(subject: str) -> None:
    totals = fuzz.run(INPUTS, seed=2026, subjects={subject: fuzz.SUBJECTS[subject]})
    assert totals.failures == []
    assert totals.inputs == INPUTS
    if subject not in ("shown",):
        assert len(totals.outcomes[subject]) >= 2, "inputs that all end alike test little"


@pytest.mark.parametrize(("subject", "seed"), ONCE_FAILED)
def test_what_once_failed(subject: str, seed: str) -> None:
    fuzz.SUBJECTS[subject](fuzz.Mutator(seed))


def test_a_failure_is_told_with_what_makes_it_again() -> None:
    def wrong(mutator: fuzz.Mutator) -> str:
        if mutator.random.random() < 0.5:
            raise KeyError("x")
        return "whole"

    first, second = (fuzz.run(20, seed=3, subjects={"wrong": wrong}) for _ in range(2))
    assert first.failures == second.failures != []
    assert "input" in first.failures[0]
    assert "seed 3: KeyError" in first.failures[0]


def test_an_endless_input_would_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_: fuzz.Mutator) -> str:
        while True:
            pass

    monkeypatch.setattr(growth, "LIMIT", 0.05)
    assert "HangingError" in fuzz.run(1, subjects={"endless": endless}).failures[0]


@pytest.mark.parametrize("which", ["feed", "api", "both"])
def test_an_abstract_of_ten_megabytes_is_a_recorded_paper(which: str) -> None:
    """It loses neither the edition nor the other papers."""
    feed, answer, _ = fuzz.announcement()
    place = b"Abstract: "
    huge = b"We study. " * 1_050_000
    if which != "api":
        feed = feed.replace(place, place + huge, 1)
    answer = b"" if which == "feed" else answer.replace(b"<summary>", b"<summary>" + huge, 1)
    store = fuzz.fetched(feed, answer)
    (edition,) = store.editions()
    records = store.records(edition.date)
    assert len(records) == 6
    longest = max(records, key=lambda one: len(one.paper.abstract))
    assert longest.state is State.PENDING
    assert len(longest.paper.abstract) <= 20_000
    assert longest.paper.abstract.endswith("…")
    for one in records:
        fuzz.check_record(one)


def test_a_paper_has_the_size_of_an_item_whatever_is_in_it() -> None:
    """5,000 authors with long names and twenty affiliations each, all of it in characters of four bytes."""
    feed, answer, _ = fuzz.announcement()
    authors = ", ".join(f"\U0001d51e{n} " + "\U0001d51f" * 60 for n in range(5_000))
    place = "<arxiv:affiliation>" + "\U0001d51f" * 900 + "</arxiv:affiliation>"
    people = "".join(f"<author><name>{name}</name>{place * 20}</author>" for name in authors.split(", ")[:40])
    feed = feed.replace(b"<dc:creator>", b"<dc:creator>" + authors.encode() + b", ")
    answer = answer.replace(b"<author>", people.encode() + b"<author>", 1)
    answer = answer.replace(b"<summary>", b"<summary>" + b'"\\' * 60_000)
    store = fuzz.fetched(feed, answer)
    records = store.records(store.editions()[0].date)
    assert len(records) == 6
    assert any(one.paper.stated_affiliations for one in records)
    for one in records:
        fuzz.check_record(one)
