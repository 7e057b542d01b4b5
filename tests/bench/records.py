"""What is stored when a day is done: papers with their matches, translations and affiliations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.channels import Catalogue
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Match, Provenance, Record, State, Translation
from arxivdaily.settings import Settings
from arxivdaily.site.build import channel_counts
from arxivdaily.site.state import SiteState

from bench import papers

SITE_URL = "https://daily.example.org"
_MODEL = Provenance("bench", "bench")


@cache
def catalogue() -> Catalogue:
    return load_catalogue(Path(Settings().channels_file))


def of_day(date: str, count: int, number: int = 0) -> list[Record]:
    """`count` papers of one edition: two thirds published in a channel or two, the others in none."""
    now = created(date)
    channels = list(catalogue())
    pairs = {pair["title_en"]: pair for pair in papers.pairs()}
    made = []
    for place, paper in enumerate(papers.day(count, None, number)):
        if place % 3 == 2:
            made.append(Record(date, paper, State.UNMATCHED, matches=(), classified_by=_MODEL, changed=now))
            continue
        pair = pairs[paper.title]
        found = [channels[place * 7 % len(channels)], channels[(place * 11 + 1) % len(channels)]]
        matches = {
            channel.slug: Match(
                channel.slug,
                channel.topics[0].slug if channel.topics else None,
                60 + place % 40,
                pair["tldr_zh"],
            )
            for channel in found[: 1 + place % 2]
        }
        block = AuthorBlock(
            (Institution("University of Examples", "Department of Things, University of Examples"),),
            tuple((0,) for _ in paper.authors),
        )
        made.append(
            Record(
                date,
                paper,
                State.PUBLISHED,
                matches=tuple(matches.values()),
                classified_by=_MODEL,
                translation=Translation(pair["title_zh"], pair["abstract_zh"], pair["tldr_zh"], _MODEL),
                affiliations=Affiliations(block, Source.HTML, now),
                changed=now,
            )
        )
    return made


def created(date: str) -> datetime:
    return datetime.fromisoformat(f"{date}T05:30:00").replace(tzinfo=UTC)


def edition(date: str, made: Sequence[Record]) -> Edition:
    begun = created(date)
    return Edition(date, begun, begun + timedelta(hours=1), channel_counts(made, catalogue()))


def state(date: str, count: int) -> SiteState:
    """A day alone, as a render reads it."""
    made = of_day(date, count)
    day = edition(date, made)
    return SiteState(
        edition=day,
        records=made,
        previous=None,
        following=None,
        recent=((day, made),),
        year=(day,),
        first=day,
        catalogue=catalogue(),
        site_url=SITE_URL,
    )
