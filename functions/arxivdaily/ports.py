"""What the use cases need from the world outside, and what each port promises.

Every implementation turns its library's errors into `TransientError` or `PermanentError`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from arxivdaily.domain.affiliations import AuthorBlock
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType, Paper, PaperKey
from arxivdaily.domain.records import Extent, Match, Provenance, Record, Spent, Translation, Usage
from arxivdaily.errors import ArxivDailyError, TransientError

Clock = Callable[[], datetime]  # an aware UTC instant
Meter = Callable[[Iterable[Spent]], None]  # where what was paid is counted for the operator
Report = Callable[[str, Sequence[Record]], None]  # who is told what an edition's records say
Tell = Callable[[str, Record], None]  # who is told what became of a paper, and its record now

# --- arXiv ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of an announcement feed; `abstract` is empty where the feed had none."""

    arxiv_id: str
    version: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    announce_type: AnnounceType


@dataclass(frozen=True, slots=True)
class Feed:
    """An announcement feed for one spec (`cs`, `cs.AI+cs.LG`, `stat.ML`).

    `edition` is the announcement's ISO date in US Eastern time, None for a feed without entries (weekends,
    holidays); `made` is the date on which the feed was written, where it tells. `problems` has one line for
    every entry that could not be read. A feed is not `whole` if announced papers may be missing among its
    entries.
    """

    spec: str
    edition: str | None
    entries: tuple[FeedEntry, ...]
    problems: tuple[str, ...] = ()
    whole: bool = True
    made: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the metadata API says of a paper; `version` is its newest."""

    arxiv_id: str
    version: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]  # primary first
    comment: str | None = None
    doi: str | None = None
    journal_ref: str | None = None
    affiliations: tuple[tuple[str, ...], ...] = ()  # of each author; empty where nobody's is given
    submitted: str | None = None  # ISO date of the first version
    withdrawn: bool = False  # the newest version, by arXiv's own mark, which only OAI-PMH has


class PartialMetadataError(TransientError):
    """arXiv could not be asked for everything; `found` is what was learned until then.

    The message and `retry_after` are those of the error that ended it.
    """

    def __init__(self, error: ArxivDailyError, found: Mapping[str, Metadata]) -> None:
        super().__init__(str(error), retry_after=getattr(error, "retry_after", None))
        self.found = dict(found)


class ArxivSource(Protocol):
    def feed(self, spec: str) -> Feed:
        """The announcement feed as it stands now. Asked once: the caller decides on another try.

        Raises TransientError for network and server trouble and for a body that is not a whole
        feed; PermanentError for a spec that arXiv does not know.
        """

    def metadata(self, arxiv_ids: Sequence[str]) -> Mapping[str, Metadata]:
        """Metadata by identifier; identifiers that arXiv does not know are left out.

        Politely: one connection, the configured gap between requests, Retry-After obeyed.
        Raises PartialMetadataError, with what was learned until then, when arXiv cannot be asked.
        """


@dataclass(frozen=True, slots=True)
class ArchivedPaper:
    """A paper as the archive has it now: its newest version, and when each version was submitted (UTC)."""

    metadata: Metadata
    versions: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What the archive tells of a day; `problems` has a line for every record that cannot be read."""

    papers: tuple[ArchivedPaper, ...]
    problems: tuple[str, ...] = ()


class ArxivHistory(Protocol):
    def changed_on(self, day: str, categories: Sequence[str]) -> History:
        """Papers in these archives and categories whose record changed last on an ISO day (UTC).

        Politely: one connection, the configured gap between requests, Retry-After obeyed. Raises
        TransientError or PermanentError where the list cannot be had whole.
        """


class AuthorPages(Protocol):
    def author_block(self, paper: Paper) -> AuthorBlock:
        """What the paper's HTML page on arXiv says of its authors; it may say nothing.

        One connection, the configured gap between requests, across processes too. Raises
        PermanentError where there is no readable page by now, TransientError for a page that is
        slow or broken on the way; with `retry_after` where arXiv asks everybody to wait.
        """


# --- models --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to a model. `system` is the unchanging part, first, so that it can be cached.

    `schema` is the JSON schema of the answer, `name` a short identifier for it.
    """

    name: str
    system: str
    user: str
    schema: Mapping[str, Any]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer as text (JSON if it kept to the schema); `truncated` if it ran out of room."""

    text: str
    usage: Usage
    truncated: bool = False


class LanguageModel(Protocol):
    @property
    def model(self) -> str:
        """The model id that answers are attributed to."""

    def complete(self, prompt: Prompt) -> Completion:
        """One call. Raises TransientError (throttled, unavailable, timed out) or PermanentError."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A request for a paper's affiliations; `again` although it was tried a short time ago."""

    key: PaperKey
    again: bool = False


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """A request to publish an edition; `anew`: whatever is noted as published already."""

    edition: str
    anew: bool = False


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """Rule 2: what a paid answer is stored under. `draft` is of the translation by the same maker."""

    arxiv_id: str
    version: int
    stage: Literal["classify", "translate", "draft"]
    made_by: Provenance


@dataclass(frozen=True, slots=True)
class ClassifyAnswer:
    """`spent` includes calls whose answers could not be used."""

    matches: tuple[Match, ...]
    made_by: Provenance
    spent: tuple[Spent, ...] = ()


@dataclass(frozen=True, slots=True)
class TranslateAnswer:
    """`spent` includes calls whose answers could not be used."""

    translation: Translation
    spent: tuple[Spent, ...] = ()

    @property
    def made_by(self) -> Provenance:
        return self.translation.made_by


@dataclass(frozen=True, slots=True)
class Draft:
    """What models have answered for a translation that is not finished, by question. It may be forgotten
    after `expires` (epoch seconds)."""

    answered: Mapping[str, Completion]
    expires: int


Answer = ClassifyAnswer | TranslateAnswer | Draft


class Progress(Protocol):
    """How far the calls for one translation have come, over several attempts at it."""

    def known(self, question: str, /) -> Completion | None:
        """What a model has answered to this question already."""

    def keep(self, question: str, answer: Completion, /) -> None:
        """Remember an answer that has just been paid for."""

    def save(self) -> None:
        """Have what is new survive this process, if possible. Raises nothing."""


class NoProgress:
    """`Progress` that knows and keeps nothing."""

    def known(self, _question: str, /) -> Completion | None:
        return None

    def keep(self, _question: str, _answer: Completion, /) -> None:
        """Forgotten."""

    def save(self) -> None:
        """There is nothing."""


def unmetered(_spent: Iterable[Spent]) -> None:
    """Nobody counts."""


def unreported(_edition: str, _records: Sequence[Record]) -> None:
    """Nobody asks how an edition does."""


def untold(_event: str, _record: Record) -> None:
    """Nobody follows a paper."""


def always() -> bool:
    """There is time left."""
    return True


class Classifier(Protocol):
    @property
    def made_by(self) -> Sequence[Provenance]:
        """Who may have made an answer, the preferred one first: stored answers are looked for under
        each of them."""

    @property
    def is_paid(self) -> bool:
        """Whether asking costs money, so that no question may be asked twice at the same time."""

    def classify(
        self, papers: Sequence[Paper], time_left: Callable[[], bool] = always
    ) -> Sequence[ClassifyAnswer | ArxivDailyError]:
        """One outcome a paper, in order. An error concerns its own paper only; nothing is raised.

        The papers share a model call. `time_left` says whether another one may be begun; a paper
        that would have needed it has a TransientError. Safe to call from several threads.
        """


class Translator(Protocol):
    def made_by(self, extent: Extent) -> Sequence[Provenance]:
        """Who may have made a translation of this extent, the preferred one first."""

    def translate(
        self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
    ) -> TranslateAnswer:
        """A translation that passed the gate. Raises TransientError, or PermanentError with the
        gate's reasons when no acceptable translation came. Safe to call from several threads.

        What `progress` knows is not asked again, and what is asked is kept there. Answer and errors tell
        what was spent by this call alone."""


# --- state ---------------------------------------------------------------------------------


class PaperStore(Protocol):
    """Editions, their records and the paid answers. All reads see all earlier writes."""

    def create_edition(self, edition: Edition) -> bool:
        """Store a new edition; False (and nothing written) if it is there already."""

    def edition(self, date: str) -> Edition | None: ...

    def complete_edition(self, date: str, now: datetime) -> bool:
        """Mark complete; True for the one caller that did it first."""

    def reopen_edition(self, date: str) -> None:
        """Undo completion: records were added or are being retried."""

    def set_channel_counts(self, date: str, counts: Mapping[str, int]) -> None:
        """Replace the derived counts of an edition that exists."""

    def note_filled(self, date: str, read: Collection[str]) -> None:
        """Of an edition that exists: every paper of a run is recorded, and these feeds need not be read any
        more."""

    def note_rendered(self, date: str, revisions: int) -> None:
        """Of an edition that exists: what its records' revisions came to when it was published."""

    def editions(
        self,
        *,
        before: str | None = None,
        after: str | None = None,
        newest_first: bool = True,
        limit: int | None = None,
    ) -> Sequence[Edition]:
        """Editions with `after` < date < `before` (exclusive), in the order asked for."""

    def look_after(self, date: str, until: datetime) -> None:
        """Have the repair look after an edition until then, new or not; until now: no longer."""

    def looked_after(self, now: datetime) -> Sequence[str]:
        """Dates of the editions that are to be looked after now, oldest first; they may not exist yet."""

    def add_records(self, records: Iterable[Record]) -> int:
        """Store those that are not there yet (by edition and identifier); how many were added."""

    def save(self, record: Record) -> Record:
        """Replace a stored record if its revision is still `record.revision`; the stored record.

        Raises ConflictError when it moved meanwhile.
        """

    def records(self, edition: str) -> Sequence[Record]:
        """Every record of an edition, by identifier."""

    def last_id(self, edition: str) -> str | None:
        """The greatest identifier among an edition's records, old-scheme ones left out; None without any."""

    def earlier(self, arxiv_ids: Collection[str], before: str) -> Mapping[str, Sequence[Record]]:
        """Records of these papers in editions before a date, oldest first; papers without any are
        left out. The newest edition's may be missing for a moment after they were stored."""

    def find(self, keys: Collection[PaperKey]) -> Mapping[PaperKey, Record]:
        """Those that exist; a record of another version than its key's is left out."""

    def answers(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Answer]:
        """Stored answers and drafts, those that exist."""

    def answers_of(self, arxiv_id: str, version: int) -> Mapping[AnswerKey, ClassifyAnswer | TranslateAnswer]:
        """Every stored answer about a version of a paper, whoever made it; no drafts."""

    def put_answers(self, answers: Mapping[AnswerKey, Answer]) -> None: ...

    def claim(self, key: AnswerKey, now: datetime, until: datetime) -> bool:
        """Reserve the right to ask a model for this answer; False while somebody else holds it.

        A claim ends at `until` or when it is released, so a crash cannot hold it for ever. One that seemed
        to fail, TransientError, is given back if possible.
        """

    def release(self, keys: Collection[AnswerKey]) -> None:
        """Give claims back after a call that brought no answer."""

    def begin_render(self, owner: str, now: datetime, until: datetime) -> bool:
        """Reserve the right to publish; False while somebody else holds it. It ends at `until`, or with
        `end_render`."""

    def end_render(self, owner: str) -> None:
        """Give the right to publish back, if `owner` still holds it."""


class Attempts(Protocol):
    """In which of its deliveries a message was worked on. A queue counts deliveries that reached no function,
    too: those that Lambda throttled."""

    def note(self, message: str, delivery: int) -> int:
        """A function works on this delivery of a message (by its id and receive count); how many of its
        deliveries are noted now. Noting one twice is noting it once."""

    def forget(self, message: str, delivery: int) -> None:
        """This delivery was no attempt after all: its work was not begun."""


class Messages(Protocol):
    """The queues between the stages."""

    def to_classify(self, keys: Sequence[PaperKey], *, apart: bool = False) -> None:
        """Several papers a message, to share a model call; `apart`: each in a message of its own, one after
        the other, so that one that kills its function does not take others of the same batch along."""

    def to_translate(self, keys: Sequence[PaperKey], *, apart: bool = False) -> None:
        """A paper a message; `apart` as above."""

    def to_enrich(self, keys: Sequence[PaperKey], *, again: bool = False) -> None:
        """Have affiliations looked for, one page after the other, in the order of the calls;
        `again`: also where they were looked for a short time ago."""

    def render(self, edition: str, *, anew: bool = False) -> None:
        """Ask for a render of an edition, at most once a window however often it is called; `anew`:
        for one that uploads everything, whatever is noted as published."""


class Events(Protocol):
    def edition_published(self, edition: str, counts: Mapping[str, int]) -> None:
        """Tell whoever listens (EventBridge) that an edition is complete; counts by state."""


# --- the site ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SiteObject:
    """A published object. `path` is relative to the site's root without a leading slash."""

    path: str
    body: bytes
    content_type: str
    cache_control: str

    @property
    def sha256(self) -> str:
        """Hash of the body, in hexadecimal: what tells a changed object from the published one."""
        return hashlib.sha256(self.body).hexdigest()


class SiteStore(Protocol):
    """Where the site is published, and what is known to be there."""

    def published(self, scope: str) -> Mapping[str, str]:
        """SHA-256 (hex) by path of the objects published under a scope (an edition, or `site`)."""

    def publish(self, scope: str, objects: Sequence[SiteObject], replacing: Collection[str] = ()) -> None:
        """Upload the objects, all of them, then note their hashes under the scope.

        `replacing` are the paths of those that are noted already: their notes say no hash until the new ones
        are written, or a run that ends in between would leave a note of bytes that are not there any more.

        Raises TransientError when any upload failed; hashes are noted only for those that went up.
        """


class Edge(Protocol):
    """Whoever stands between the site's store and its readers, and keeps copies for a while."""

    def refresh(self, paths: Collection[str]) -> None:
        """Give up copies of these objects (named by `SiteObject.path`), and of others if need be.

        Best effort, and never an error: a copy that stays expires within minutes.
        """
