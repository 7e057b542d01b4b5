"""Builders of made-up editions for the tests of the published site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.channels import Catalogue, Channel, Group, Topic
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.institution_names import Institutions
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Match, PastVersion, Provenance, Record, State, Translation
from arxivdaily.domain.revisions import NOT_SENT
from arxivdaily.ports import SiteObject
from arxivdaily.site.build import build, channel_counts
from arxivdaily.site.state import Phase, SiteState

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "site"
INSTITUTIONS = Institutions({"Université de Kettle": "水壶大学"})
SITE_URL = "https://daily.example.org"
DATE = "2026-03-05"  # a Thursday
MADE_BY = Provenance("made-up-model", "1")
CHANGED = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)


def channel(slug: str, group: str, zh: str, *topics: str) -> Channel:
    return Channel(
        slug=slug,
        group=group,
        zh=zh,
        en=slug.replace("-", " ").title(),
        description=f"{zh}的新方法、数据与评测。",
        description_en=f"Work on {slug}.",
        sources=("cs.CV", "cs.LG"),
        topics=tuple(Topic(f"{slug}-{n}", name, f"Topic {n}") for n, name in enumerate(topics)),
        phrases=(slug,),
    )


CATALOGUE = Catalogue(
    groups=(
        Group(
            "vision",
            "视觉与机器人",
            "Vision",
            (
                channel("image-generation", "vision", "图像生成", "扩散模型", "可控生成", "图像编辑"),
                channel("robotics", "vision", "机器人", "操作", "导航", "仿真"),
            ),
        ),
        Group(
            "learning",
            "机器学习",
            "Learning",
            (
                channel("optimization", "learning", "优化", "随机优化", "收敛", "分布式"),
                channel("time-series", "learning", "时间序列", "预测", "异常", "填补"),
            ),
        ),
    ),
    version="1",
)


def paper(arxiv_id: str, **changes: object) -> Paper:
    made = Paper(
        arxiv_id=arxiv_id,
        version=1,
        title=f"A Made-Up Study of Kettles, Part {arxiv_id[-2:]}",
        abstract="We study kettles. Ours boils $3\\times$ faster with $\\ell_2$ noise, and costs 5\\% less.",
        authors=("Ada Example", "Bo Sample"),
        categories=("cs.CV", "cs.LG"),
        announce_type=AnnounceType.NEW,
        complete=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def translation(**changes: object) -> Translation:
    made = Translation(
        title="水壶的虚构研究",
        abstract="我们研究水壶。该方法快$3\\times$，带$\\ell_2$噪声，成本低5%。",
        summary="提出一种更快烧水的方法。",
        made_by=MADE_BY,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def match(channel_slug: str, score: int, topic: int | None = 0, reason: str = "研究水壶的生成") -> Match:
    return Match(channel_slug, None if topic is None else f"{channel_slug}-{topic}", score, reason)


def record(
    made: Paper,
    *matches: Match,
    state: State | None = None,
    words: Translation | None = None,
    edition: str = DATE,
    reason: str = "",
) -> Record:
    """A record in the state that its matches and words imply, or in the one given."""
    if state is None:
        state = State.PUBLISHED if matches else State.UNMATCHED
    if state is State.PUBLISHED and words is None:
        words = translation()
    decided = state not in (State.REVISION, State.FAILED) and not (state is State.PENDING and not matches)
    return Record(
        edition=edition,
        paper=made,
        state=state,
        reason=reason,
        matches=tuple(sorted(matches, key=lambda m: -m.score)) if decided else None,
        translation=words,
        changed=CHANGED,
    )


def day() -> tuple[Record, ...]:
    """One of everything: states, types, old identifiers, several channels, LaTeX, many authors."""
    many = tuple(f"Author {n}" for n in range(40))
    block = AuthorBlock(
        (
            Institution(
                "Université de Kettle", "Département du Thé, Université de Kettle, 1 rue du Thé, Teaville"
            ),
            Institution("Kettle Labs", "Kettle Labs"),
        ),
        ((0, 1), (1,)),
    )
    places = Affiliations(block, Source.HTML, CHANGED)
    nowhere = Affiliations(AuthorBlock(), Source.NONE, CHANGED, 1, "HTTP 404")
    return (
        record(paper("cs/0601001", announce_type=AnnounceType.REPLACE, version=3), match("optimization", 55)),
        replace(record(paper("2603.00001"), match("image-generation", 85)), affiliations=places),
        replace(
            record(paper("2603.00002"), match("image-generation", 85, 1), match("robotics", 60, 2)),
            affiliations=nowhere,
        ),
        record(
            paper("2603.00003", announce_type=AnnounceType.CROSS, comment="Accepted to CVPR 2026, 12 pages"),
            match("image-generation", 92),
            match("optimization", 92, None),
        ),
        record(
            paper("2603.00004", authors=many),
            match("robotics", 40),
            state=State.UNTRANSLATED,
            reason="译文缺少公式",
        ),
        record(paper("2603.00005"), match("robotics", 70), state=State.PENDING),
        record(paper("2603.00006")),
        record(paper("2603.00007", categories=("eess.IV",)), state=State.FAILED, reason="模型没有回答"),
        record(paper("2603.00008", announce_type=AnnounceType.REPLACE, version=2), state=State.REVISION),
        record(
            paper("2603.00009", announce_type=AnnounceType.REPLACE_CROSS, version=2),
            state=State.REVISION,
        ),
        record(
            paper("2603.00010", comment="This paper has been withdrawn by the authors"),
            match("image-generation", 50, None),
        ),
        record(
            paper("2603.00011", title="Na\\\"ive ``Kettles'' -- $O(n\\log n)$ \\emph{Fast}"),
            match("image-generation", 10),
            state=State.UNTRANSLATED,
        ),
    )


def update(
    arxiv_id: str, *, state: State = State.REVISION, has_words: bool = True, **changes: object
) -> Record:
    """A new version of a paper that the edition before showed in two channels."""
    before = paper(arxiv_id)
    past = PastVersion(
        "2026-03-04", 1, before.title, before.abstract, before.comment, CHANGED - timedelta(days=1)
    )
    new = replace(before, version=2, announce_type=AnnounceType.REPLACE, **changes)  # type: ignore[arg-type]
    made = record(new, match("image-generation", 70), match("robotics", 50), state=State.PUBLISHED)
    return replace(
        made,
        state=state,
        translation=translation() if has_words else None,
        history=(past,),
        reason=NOT_SENT if state is State.REVISION else "",
    )


def updates() -> tuple[Record, ...]:
    """One of every kind: newly accepted, with a new title that waits for its translation, withdrawn."""
    return (
        update("2603.00012", comment="Accepted to ICCV 2027. Code: https://github.com/kettle/labs"),
        update("2603.00013", title="A Made-Up Study of Teapots", has_words=False, state=State.PENDING),
        update("2603.00014", comment="This paper has been withdrawn by the author due to a leak"),
    )


def edition(date: str = DATE, *, complete: bool = True, counts: Mapping[str, int] | None = None) -> Edition:
    created = datetime.fromisoformat(f"{date}T05:00:00+00:00")
    return Edition(date, created, created.replace(hour=7) if complete else None, dict(counts or {}))


def state(
    records: Sequence[Record] | None = None,
    *,
    following: Edition | None = None,
    complete: bool = True,
    site_url: str = SITE_URL,
    previous: Edition | None = None,
) -> SiteState:
    records = day() if records is None else records
    this = edition(complete=complete, counts=channel_counts(records, CATALOGUE))
    previous = previous or edition("2026-03-04", counts={"image-generation": 7, "robotics": 2})
    return SiteState(
        edition=this,
        records=records,
        previous=previous,
        following=following,
        recent=() if following else ((this, records),),
        year=(previous, this),
        first=edition("2025-11-03"),
        catalogue=CATALOGUE,
        site_url=site_url,
    )


def objects(phases: Sequence[Phase]) -> dict[str, SiteObject]:
    """Every object by its path; a path is built once."""
    found: dict[str, SiteObject] = {}
    for phase in phases:
        for item in phase.objects:
            assert item.path not in found, item.path
            found[item.path] = item
    return found


def site(made: SiteState | None = None) -> dict[str, SiteObject]:
    return objects(build(made or state(), TEMPLATES, INSTITUTIONS))
