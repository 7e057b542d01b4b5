"""The sample day as a site of two editions, for the tests that a browser or a checker reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.channels import Catalogue
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import NextVersion, PastVersion, Record, State
from arxivdaily.domain.revisions import NOT_SENT
from arxivdaily.settings import Settings
from arxivdaily.site.build import build, channel_counts
from arxivdaily.site.state import SiteState
from fakes import MODEL, match, translation

from infrastructure.local import sample

NOW = datetime(2026, 1, 15, 5, 30, tzinfo=UTC)
BEFORE = "2026-01-14"
CHANNEL = "image-generation"
SITE_URL = "https://daily.example.org"

# Every page type, and a type's states where they look different.
PAGES = {
    "home": "/",
    "channel": f"/{CHANNEL}/{sample.EDITION}/",
    "earlier channel": f"/{CHANNEL}/{BEFORE}/",
    "empty channel": f"/databases/{sample.EDITION}/",
    "newest": f"/{CHANNEL}/",
    "abstracts": f"/{CHANNEL}/{sample.EDITION}/abstracts/",
    "archive": f"/{CHANNEL}/archive/",
    "paper": "/papers/2601.90001/",
    "untranslated paper": "/papers/2601.90002/",
    "updated paper": "/papers/2512.90215/",
    "ledger": f"/ledger/{sample.EDITION}/",
    "ledgers": "/ledger/",
    "papers": "/papers/",
    "feeds": "/feeds/",
    "about": "/about/",
    "missing": "/no/such/page/",
}


def records() -> list[Record]:
    """Every sample paper in one channel: a third translated, a third not, a third still waiting."""
    made = []
    for number, paper in enumerate(sorted(sample.load(), key=lambda p: p.arxiv_id)):
        if paper.announce_type.is_replacement:
            made.append(replacement(paper))
            continue
        shown = Record(
            sample.EDITION,
            paper,
            State.PUBLISHED,
            matches=(match(CHANNEL, 60 + number, ("diffusion-models", "text-to-image")[number % 2]),),
            classified_by=MODEL,
            translation=translation(f"第{number}篇，损失为 $\\ell_2$ 范数"),
            affiliations=affiliations(paper),
            changed=NOW,
        )
        if number % 3 == 1:
            shown = replace(shown, state=State.UNTRANSLATED, translation=None, reason="gate")
        elif number % 3 == 2:
            shown = replace(shown, state=State.PENDING, translation=None)
        made.append(shown)
    return made


def replacement(paper: Paper) -> Record:
    """A new version of a paper that the edition before showed, with another title and comment."""
    before = PastVersion(BEFORE, 1, f"{paper.title}, Drafted", paper.abstract, "9 pages", NOW)
    return Record(
        sample.EDITION,
        paper,
        State.REVISION,
        NOT_SENT,
        matches=(match(CHANNEL, 80, "diffusion-models"),),
        classified_by=MODEL,
        translation=translation("新版"),
        history=(before,),
        changed=NOW,
    )


def affiliations(paper: Paper) -> Affiliations:
    """Those of the sample, or that nothing could be found."""
    known = sample.affiliations().get(paper.versioned_id, ())
    names = list(dict.fromkeys(name for places in known for name in places))
    block = AuthorBlock(
        tuple(Institution(name, f"Department of Things, {name}") for name in names),
        tuple(tuple(names.index(name) for name in places) for places in known),
    )
    return Affiliations(block, Source.HTML if names else Source.NONE, NOW)


def earlier_records() -> list[Record]:
    """The edition before: the first versions of what the sample day replaces."""
    return [earlier(record) for record in records() if record.is_update]


def earlier(record: Record) -> Record:
    past = record.history[-1]
    paper = replace(
        record.paper,
        version=past.version,
        title=past.title,
        abstract=past.abstract,
        comment=past.comment,
        announce_type=AnnounceType.NEW,
    )
    return Record(
        past.edition,
        paper,
        State.PUBLISHED,
        matches=record.matches,
        classified_by=MODEL,
        translation=translation("旧版"),
        superseded=NextVersion(record.edition, record.paper.version, False),
        changed=past.published,
    )


def write(root: Path) -> None:
    """The published site under `root`: the edition before, then the sample day over it."""
    settings = Settings()
    catalogue = load_catalogue(Path(settings.channels_file))
    before = _edition(BEFORE, NOW - timedelta(days=1), earlier_records(), catalogue)
    newest = _edition(sample.EDITION, NOW, records(), catalogue)
    state = SiteState(
        edition=newest,
        records=records(),
        previous=before,
        following=None,
        recent=((newest, records()), (before, earlier_records())),
        year=(before, newest),
        first=before,
        catalogue=catalogue,
        site_url=SITE_URL,
    )
    older = replace(
        state, edition=before, records=earlier_records(), previous=None, following=newest, recent=()
    )
    publish(root, older)
    publish(root, state)


def publish(root: Path, state: SiteState) -> None:
    """What a render uploads, as files under `root`."""
    for phase in build(state, Path(Settings().templates_dir), notice="样例"):
        for item in phase.objects:
            path = root / item.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(item.body)


def _edition(date: str, created: datetime, made: Sequence[Record], catalogue: Catalogue) -> Edition:
    return Edition(date, created, channel_counts=channel_counts(made, catalogue))
