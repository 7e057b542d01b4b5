"""ICML's author list, whose commands LaTeXML does not know: only their arguments are left."""

from __future__ import annotations

import re
from collections.abc import Sequence

from arxivdaily.adapters.latexml.names import words_of
from arxivdaily.adapters.latexml.page import MAX_AUTHORS, Page, Person
from arxivdaily.adapters.latexml.tokens import MAX_LABELS, Kind, Token


def read_icml(tokens: Sequence[Token], page: Page) -> None:
    """`\\icmlauthor{Name}{a1,a2}` and `\\icmlaffiliation{a1}{Text}` without the commands: the arguments run
    into each other, and the names and the labels seen so far tell them apart."""
    macro, texts = "", list[str]()
    entries: list[tuple[str, str]] = []
    for token in [*tokens, Token(Kind.MACRO)]:
        if token.kind is Kind.MACRO:
            entries.append((macro, " ".join("".join(texts)[:1_500].split())))
            macro, texts = token.text, []
        elif token.kind is Kind.TEXT:
            texts.append(token.text)
    known: set[str] = set()
    targets = [text[:80] for macro, text in entries if macro == "\\icmlaffiliation"][:200]
    for macro, text in entries[: 2 * MAX_AUTHORS]:
        if macro == "\\icmlauthor" and (person := _icml_author(text, page, targets)):
            page.add_person(person)
            known |= set(person.labels)
        elif macro == "\\icmlaffiliation":
            for label in sorted((label for label in known if text.startswith(label)), key=len, reverse=True)[
                :1
            ]:
                page.define([label], [text[len(label) :]])


def _icml_author(text: str, page: Page, targets: Sequence[str]) -> Person | None:
    """The longest beginning that is an author's name before labels that some affiliation begins with."""
    head = text[:300].partition(",")[0]
    found: list[Person] = []
    for end in range(len(head), max(2, len(head) - 40), -1):
        if not head[end - 1].isalpha():
            continue
        authors = [index for index in page.names.near(words_of(head[:end])) if index not in page.by_author]
        labels = [label.strip() for label in text[end:].split(",")[:MAX_LABELS]]
        if not authors or not all(re.fullmatch(r"\w*", label) for label in labels):
            continue
        found.append(Person(head[:end], authors[0], [label for label in labels if label]))
        if any(target.startswith(label) for label in found[-1].labels for target in targets):
            meant = [any(target.startswith(label) for target in targets) for label in found[-1].labels]
            if all(known or label == "equal" for known, label in zip(meant, found[-1].labels, strict=True)):
                return found[-1]
    return found[0] if found else None
