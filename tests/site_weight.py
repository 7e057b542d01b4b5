"""A heavy day: fifty full-length papers in one channel, six hundred announced, for the weight budget.

The words are the sample's and the glossary's, drawn by chance with a seed. They compress as recorded
abstracts do, to within about a twentieth.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Match, Record, State, Translation
from arxivdaily.settings import Settings
from arxivdaily.site.build import channel_counts
from arxivdaily.site.state import SiteState
from fakes import FULL, MODEL
from site_day import BEFORE, CHANNEL, NOW, SITE_URL, publish

from infrastructure.local import sample

DATE = sample.EDITION
IN_CHANNEL = 50
ANNOUNCED = 600
ABSTRACT = 1300  # characters in English; a Chinese translation has a third as many
ABSTRACT_ZH = 430
_GLOSSARY = Path(__file__).resolve().parents[1] / "functions/arxivdaily/translation/glossary.toml"


class Words:
    """Text as dense as the real one."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        papers = sample.load()
        self._english = " ".join(p.abstract for p in papers if "$" not in p.abstract).split()
        self._names = sorted({author for p in papers for author in p.authors})
        terms = sorted(set(re.findall(r"[\u4e00-\u9fff]+", _GLOSSARY.read_text("utf-8"))))
        self._han = "".join(terms)
        self._pairs = [term[at : at + 2] for term in terms for at in range(0, len(term) - 1, 2)]

    def english(self, length: int) -> str:
        words: list[str] = []
        while sum(map(len, words)) + len(words) < length:
            words.append(self._random.choice(self._english))
        return " ".join(words)

    def chinese(self, length: int) -> str:
        text = ""
        while len(text) < length:
            text += self._random.choice(self._pairs)
            if self._random.random() < 0.3:
                text += self._random.choice(self._han)
            if self._random.random() < 0.4:
                text += self._random.choice("的，与在中。我是对")
        return text + "。"

    def formulas(self) -> list[str]:
        letter, other = self._random.sample("abcdfghknpqstuvwxyz", 2)
        n = self._random.randrange(2, 99)
        return [
            f"$O({letter}^{{{n}}} \\log {other})$",
            f"$\\mathcal{{L}}_{{{letter}}} \\le {n / 10}\\,\\epsilon$",
        ]

    def names(self, count: int) -> tuple[str, ...]:
        """First and last names of different people."""
        picked = [self._random.choices(self._names, k=2) for _ in range(count)]
        return tuple(f"{first.split()[0]} {last.split()[-1]}" for first, last in picked)

    def between(self, low: int, high: int) -> int:
        return self._random.randint(low, high)


def paper_of(words: Words, number: int) -> Paper:
    return Paper(
        arxiv_id=f"2601.{10000 + 17 * number:05d}",
        version=1,
        title=words.english(80),
        abstract=" ".join([words.english(ABSTRACT - 60), *words.formulas()]),
        authors=words.names(8),
        categories=("cs.CV", "cs.LG", "cs.AI")[: 1 + number % 3],
        announce_type=(AnnounceType.NEW, AnnounceType.CROSS)[number % 4 == 0],
        comment=f"{words.between(6, 40)} pages, {words.between(2, 15)} figures. {words.english(30)}",
        complete=True,
    )


def records() -> Iterator[Record]:
    words = Words(5)
    topics = [t.slug for t in load_catalogue(Path(Settings().channels_file)).get(CHANNEL).topics]  # type: ignore[union-attr]
    for number in range(ANNOUNCED):
        paper = paper_of(words, number)
        if number >= IN_CHANNEL:
            yield Record(DATE, paper, State.UNMATCHED, matches=(), classified_by=MODEL, changed=NOW)
            continue
        block = AuthorBlock(
            tuple(Institution(words.english(25), words.english(60)) for _ in range(3)),
            tuple((n % 3,) for n in range(8)),
        )
        yield Record(
            DATE,
            paper,
            State.PUBLISHED,
            matches=(Match(CHANNEL, topics[number % len(topics)], words.between(40, 99), words.chinese(24)),),
            classified_by=MODEL,
            translation=Translation(
                words.chinese(24),
                words.chinese(ABSTRACT_ZH) + "，".join(words.formulas()),
                words.chinese(40),
                FULL,
            ),
            affiliations=Affiliations(block, Source.HTML, NOW),
            changed=NOW,
        )


def write(root: Path) -> None:
    """The heavy day's site under `root`."""
    settings = Settings()
    catalogue = load_catalogue(Path(settings.channels_file))
    made = list(records())
    edition = Edition(DATE, NOW, NOW + timedelta(hours=2), channel_counts(made, catalogue))
    before = Edition(BEFORE, NOW, NOW, {channel.slug: 5 for channel in catalogue})
    state = SiteState(
        edition=edition,
        records=made,
        previous=before,
        following=None,
        recent=((edition, made),),
        year=(before, edition),
        first=before,
        catalogue=catalogue,
        site_url=SITE_URL,
    )
    publish(root, state)
