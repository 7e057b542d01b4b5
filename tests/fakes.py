"""In-memory implementations of the ports, kept honest by the contract tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from arxivdaily.domain.affiliations import AuthorBlock
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType, Paper, PaperKey
from arxivdaily.domain.records import (
    Extent,
    Match,
    Provenance,
    Record,
    Spent,
    State,
    Translation,
    Usage,
)
from arxivdaily.errors import ArxivDailyError, ConflictError, PermanentError, TransientError
from arxivdaily.ports import (
    Answer,
    AnswerKey,
    ClassifyAnswer,
    Draft,
    Feed,
    FeedEntry,
    Lookup,
    Metadata,
    Progress,
    SiteObject,
    TranslateAnswer,
    always,
)

NOW = datetime(2026, 6, 18, 4, 10, tzinfo=UTC)  # ten minutes past midnight in New York
EDITION = "2026-06-18"
MODEL = Provenance("test-model", "1")
FULL = Provenance("test-model", "p1/full")  # of whole translations


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Refusals:
    """Stands in for a method of a store: `tell` is asked with each call's arguments for the error to be
    raised, or None. `first`: only after the call took effect, as if its reply were lost."""

    method: Callable[..., object]
    tell: Callable[..., ArxivDailyError | None]
    first: bool = False
    count: int = 0

    def __call__(self, *words: object) -> object:
        error = self.tell(*words)
        if error is None:
            return self.method(*words)
        self.count += 1
        if self.first:
            self.method(*words)
        raise error


def paper(number: int = 1, **changes: object) -> Paper:
    """A made-up paper `2606.0000n` with plausible fields."""
    made = Paper(
        arxiv_id=f"2606.{number:05d}",
        version=1,
        title=f"A Study of Things, Part {number}",
        abstract=f"We study {number} things and find that they improve by {number}.5%.",
        authors=("Ada Example", "Bo Sample"),
        categories=("cs.CV", "cs.LG"),
        announce_type=AnnounceType.NEW,
        complete=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def by_identifier(papers: Sequence[Paper]) -> Mapping[str, Paper]:
    """Labels for `LlmClassifier` that a test can foretell."""
    return {paper.arxiv_id: paper for paper in papers}


def record(number: int = 1, state: State = State.PENDING, **changes: object) -> Record:
    made = Record(EDITION, paper(number), state, changed=NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


def match(channel: str = "image-generation", score: int = 80, topic: str | None = None) -> Match:
    return Match(channel, topic, score, "标题与摘要接近该频道")


def translation(text: str = "译文") -> Translation:
    return Translation(f"标题：{text}", f"摘要：{text}。", f"总结：{text}。", FULL)


def used(spent: Iterable[Spent]) -> Usage:
    """All tokens, whatever they were for."""
    return sum((entry.usage for entry in spent), Usage())


def entry(number: int = 1, **changes: object) -> FeedEntry:
    source = paper(number)
    made = FeedEntry(
        source.arxiv_id,
        source.version,
        source.title,
        source.abstract,
        source.authors,
        source.categories,
        source.announce_type,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def metadata(number: int = 1, **changes: object) -> Metadata:
    source = paper(number)
    made = Metadata(
        source.arxiv_id,
        1,
        source.title,
        source.abstract,
        source.authors,
        source.categories,
        comment="9 pages",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class MemoryPaperStore:
    """`ports.PaperStore` in dictionaries."""

    def __init__(self) -> None:
        self._editions: dict[str, Edition] = {}
        self._records: dict[tuple[str, str], Record] = {}
        self._answers: dict[AnswerKey, Answer] = {}
        self._claims: dict[AnswerKey, datetime] = {}
        self._renderer: tuple[str, datetime] | None = None
        self._looked_after: dict[str, datetime] = {}

    def create_edition(self, edition: Edition) -> bool:
        if edition.date in self._editions:
            return False
        self._editions[edition.date] = edition
        return True

    def edition(self, date: str) -> Edition | None:
        return self._editions.get(date)

    def complete_edition(self, date: str, now: datetime) -> bool:
        edition = self._editions.get(date)
        if edition is None or edition.is_complete:
            return False
        self._editions[date] = replace(edition, completed=now)
        return True

    def reopen_edition(self, date: str) -> None:
        if date in self._editions:
            self._editions[date] = replace(self._editions[date], completed=None)

    def set_channel_counts(self, date: str, counts: Mapping[str, int]) -> None:
        if date not in self._editions:
            raise ConflictError(f"no edition {date}")
        self._editions[date] = replace(self._editions[date], channel_counts=dict(counts))

    def note_filled(self, date: str, read: Collection[str]) -> None:
        if date not in self._editions:
            raise ConflictError(f"no edition {date}")
        there = self._editions[date]
        self._editions[date] = replace(there, filled=True, unread=there.unread - set(read))

    def look_after(self, date: str, until: datetime) -> None:
        self._looked_after[date] = until

    def looked_after(self, now: datetime) -> Sequence[str]:
        return sorted(date for date, until in self._looked_after.items() if until > now)

    def note_rendered(self, date: str, revisions: int) -> None:
        if date not in self._editions:
            raise ConflictError(f"no edition {date}")
        self._editions[date] = replace(self._editions[date], rendered=revisions)

    def editions(
        self,
        *,
        before: str | None = None,
        after: str | None = None,
        newest_first: bool = True,
        limit: int | None = None,
    ) -> Sequence[Edition]:
        dates = sorted(self._editions, reverse=newest_first)
        found = [d for d in dates if (after is None or d > after) and (before is None or d < before)]
        return [self._editions[d] for d in found[:limit]]

    def add_records(self, records: Iterable[Record]) -> int:
        added = 0
        for new in records:
            if (new.edition, new.paper.arxiv_id) not in self._records:
                self._records[new.edition, new.paper.arxiv_id] = new
                added += 1
        return added

    def save(self, record: Record) -> Record:
        place = (record.edition, record.paper.arxiv_id)
        if place not in self._records or self._records[place].revision != record.revision:
            raise ConflictError(f"{place} moved")
        self._records[place] = replace(record, revision=record.revision + 1)
        return self._records[place]

    def records(self, edition: str) -> Sequence[Record]:
        return [r for place, r in sorted(self._records.items()) if place[0] == edition]

    def last_id(self, edition: str) -> str | None:
        found = [arxiv_id for date, arxiv_id in self._records if date == edition and "/" not in arxiv_id]
        return max(found, default=None)

    def earlier(self, arxiv_ids: Collection[str], before: str) -> Mapping[str, Sequence[Record]]:
        found: dict[str, list[Record]] = {}
        for (edition, arxiv_id), record in sorted(self._records.items()):
            if arxiv_id in arxiv_ids and edition < before:
                found.setdefault(arxiv_id, []).append(record)
        return found

    def find(self, keys: Collection[PaperKey]) -> Mapping[PaperKey, Record]:
        found = {r.key: r for r in self._records.values()}
        return {key: found[key] for key in keys if key in found}

    def answers(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Answer]:
        return {key: self._answers[key] for key in keys if key in self._answers}

    def answers_of(self, arxiv_id: str, version: int) -> Mapping[AnswerKey, ClassifyAnswer | TranslateAnswer]:
        return {
            key: answer
            for key, answer in self._answers.items()
            if (key.arxiv_id, key.version) == (arxiv_id, version) and not isinstance(answer, Draft)
        }

    def put_answers(self, answers: Mapping[AnswerKey, Answer]) -> None:
        self._answers.update(answers)

    def claim(self, key: AnswerKey, now: datetime, until: datetime) -> bool:
        if key in self._claims and self._claims[key] > now:
            return False
        self._claims[key] = until
        return True

    def release(self, keys: Collection[AnswerKey]) -> None:
        for key in keys:
            self._claims.pop(key, None)

    def begin_render(self, owner: str, now: datetime, until: datetime) -> bool:
        if self._renderer and self._renderer[0] != owner and self._renderer[1] > now:
            return False
        self._renderer = (owner, until)
        return True

    def end_render(self, owner: str) -> None:
        if self._renderer and self._renderer[0] == owner:
            self._renderer = None


class MemoryAttempts:
    """`ports.Attempts` in a dictionary."""

    def __init__(self) -> None:
        self.deliveries: dict[str, set[int]] = {}

    def note(self, message: str, delivery: int) -> int:
        noted = self.deliveries.setdefault(message, set())
        noted.add(delivery)
        return len(noted)

    def forget(self, message: str, delivery: int) -> None:
        self.deliveries.get(message, set()).discard(delivery)


@dataclass
class RecordingMessages:
    """`ports.Messages` that remembers what was sent."""

    classify: list[PaperKey] = field(default_factory=list)
    translate: list[PaperKey] = field(default_factory=list)
    renders: list[str] = field(default_factory=list)
    anew: list[str] = field(default_factory=list)
    enrich: list[Lookup] = field(default_factory=list)
    apart: list[PaperKey] = field(default_factory=list)

    def to_classify(self, keys: Sequence[PaperKey], *, apart: bool = False) -> None:
        self.classify += keys
        self.apart += keys if apart else ()

    def to_translate(self, keys: Sequence[PaperKey], *, apart: bool = False) -> None:
        self.translate += keys
        self.apart += keys if apart else ()

    def to_enrich(self, keys: Sequence[PaperKey], *, again: bool = False) -> None:
        self.enrich += [Lookup(key, again) for key in keys]

    def render(self, edition: str, *, anew: bool = False) -> None:
        (self.anew if anew else self.renders).append(edition)


@dataclass
class ScriptedArxiv:
    """`ports.ArxivSource` with answers by spec; an error among them is raised."""

    feeds: dict[str, Feed | ArxivDailyError]
    papers: dict[str, Metadata] = field(default_factory=dict)
    error: ArxivDailyError | None = None
    asked: list[str] = field(default_factory=list)

    def feed(self, spec: str) -> Feed:
        answer = self.feeds[spec]
        if isinstance(answer, ArxivDailyError):
            raise answer
        return answer

    def metadata(self, arxiv_ids: Sequence[str]) -> Mapping[str, Metadata]:
        self.asked += arxiv_ids
        if self.error:
            raise self.error
        return {i: self.papers[i] for i in arxiv_ids if i in self.papers}


@dataclass
class ScriptedPages:
    """`ports.AuthorPages` with blocks or errors by identifier; other papers have no page."""

    blocks: dict[str, AuthorBlock | ArxivDailyError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def author_block(self, paper: Paper) -> AuthorBlock:
        self.asked.append(paper.arxiv_id)
        found = self.blocks.get(paper.arxiv_id, PermanentError("HTTP 404"))
        if isinstance(found, ArxivDailyError):
            raise found
        return found


@dataclass
class ScriptedClassifier:
    """`ports.Classifier` with outcomes by identifier; papers without one match nothing."""

    outcomes: dict[str, tuple[Match, ...] | ArxivDailyError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    made_by: Sequence[Provenance] = (MODEL,)
    is_paid: bool = True
    spent: tuple[Spent, ...] = (Spent("classify", MODEL.model, Usage(10, 0, 1)),)

    calls: list[list[str]] = field(default_factory=list)

    def classify(
        self, papers: Sequence[Paper], time_left: Callable[[], bool] = always
    ) -> Sequence[ClassifyAnswer | ArxivDailyError]:
        self.asked += [p.arxiv_id for p in papers]
        self.calls.append([p.arxiv_id for p in papers])
        outcomes = [self.outcomes.get(p.arxiv_id, ()) for p in papers]
        return [
            o if isinstance(o, ArxivDailyError) else ClassifyAnswer(o, self.made_by[0], self.spent)
            for o in outcomes
        ]


@dataclass
class ScriptedTranslator:
    """`ports.Translator`; errors by identifier, everything else is translated to the extent asked."""

    errors: dict[str, ArxivDailyError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    extents: list[Extent] = field(default_factory=list)
    model: str = MODEL.model
    usage: Mapping[Extent, Usage] = field(
        default_factory=lambda: {
            Extent.FULL: Usage(100, 0, 50),
            Extent.SUMMARY: Usage(100, 0, 10),
            Extent.TITLE: Usage(20, 0, 5),
        }
    )

    def made_by(self, extent: Extent) -> Sequence[Provenance]:
        return (Provenance(self.model, f"p1/{extent}"),)

    def translate(
        self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
    ) -> TranslateAnswer:
        self.asked.append(paper.arxiv_id)
        self.extents.append(extent)
        if paper.arxiv_id in self.errors:
            raise self.errors[paper.arxiv_id]
        whole = translation(paper.arxiv_id)
        made = Translation(
            whole.title,
            whole.abstract if extent is Extent.FULL else "",
            whole.summary if extent is not Extent.TITLE else "",
            self.made_by(extent)[0],
        )
        return TranslateAnswer(made, (Spent("translate", self.model, self.usage[extent]),))


@dataclass
class MemorySite:
    """`ports.SiteStore` in a dictionary; `failing` paths cannot be uploaded."""

    objects: dict[str, SiteObject] = field(default_factory=dict)
    hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    def published(self, scope: str) -> Mapping[str, str]:
        return dict(self.hashes.get(scope, {}))

    def publish(self, scope: str, objects: Sequence[SiteObject], replacing: Collection[str] = ()) -> None:
        self.hashes.setdefault(scope, {}).update(dict.fromkeys(replacing, ""))
        for item in objects:
            if item.path in self.failing:
                continue
            self.uploads.append(item.path)
            self.objects[item.path] = item
            self.hashes.setdefault(scope, {})[item.path] = item.sha256
        failed = [item.path for item in objects if item.path in self.failing]
        if failed:
            raise TransientError(f"{len(failed)} uploads failed")


@dataclass
class RecordingEdge:
    """`ports.Edge` that notes what it was asked to refresh; empty requests are none."""

    refreshed: list[list[str]] = field(default_factory=list)

    def refresh(self, paths: Collection[str]) -> None:
        if paths:
            self.refreshed.append(sorted(paths))


@dataclass
class RecordingEvents:
    published: list[tuple[str, dict[str, int]]] = field(default_factory=list)

    def edition_published(self, edition: str, counts: Mapping[str, int]) -> None:
        self.published.append((edition, dict(counts)))
