"""What the operator's commands need of an application, wherever it runs."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from arxivdaily.domain.editions import Edition
    from arxivdaily.domain.records import Record
    from arxivdaily.ports import Answer, AnswerKey, ClassifyAnswer, TranslateAnswer
    from arxivdaily.settings import Settings


class OperatorError(Exception):
    """Ends a command with exit status 1; the message is one clear line."""


class UsageError(OperatorError):
    """The options ask for something that cannot be; exit status 2."""


DEFAULT_STACK = "arxivdaily"
DEFAULT_STATE = Path(".local")
_ONLY_HERE = ("local run", "local serve")  # commands that need no --local
_WITH_SITE = ("local run", "local serve", "render", "reprocess", "backfill")  # they take --site


@dataclass(frozen=True, slots=True)
class Place:
    """Where the application is: a CloudFormation stack, or a state folder on this computer.

    Of a state, `site` is where it is published, None for its own folder; `classifier` and `translator` are
    what it is made with, empty for the defaults; `limit` is how many papers a run translates at most, None
    for the default.
    """

    stack: str = DEFAULT_STACK
    state: Path | None = None
    site: Path | None = None
    classifier: str = ""
    translator: str = ""
    limit: int | None = None

    @property
    def translating(self) -> Place:
        """The same where the last run was told to translate nothing: with a run's default."""
        return replace(
            self,
            translator="" if self.translator == "none" else self.translator,
            limit=None if self.limit == 0 else self.limit,
        )

    @property
    def is_local(self) -> bool:
        return self.state is not None

    def command(self, name: str, *words: str) -> str:
        """The command that reaches this very place, whole and quoted for a shell, as messages name it:
        `command("render", "--date", "2026-06-18")`."""
        options: list[str] = []
        if self.state is None:
            options += ["--stack", self.stack] if self.stack != DEFAULT_STACK else []
        else:
            is_default = self.state.resolve() == DEFAULT_STATE.resolve()
            if not is_default:
                options += ["--state", str(self.state)]
            elif name not in _ONLY_HERE:
                options.append("--local")
            if self.site is not None and name in _WITH_SITE:
                options += ["--site", str(self.site)]
            if name == "local run":
                options += ["--classifier", self.classifier] if self.classifier else []
                options += ["--translator", self.translator] if self.translator else []
                options += [] if self.limit is None else ["--limit", str(self.limit)]
        return shlex.join([_program(), *name.split(), *words, *options])

    def again(self, date: str) -> str:
        """The command that goes on with an edition: tries again what failed, and takes in what is missing."""
        return self.command("local run" if self.is_local else "retry", "--date", date)

    def first(self) -> str:
        """The command that makes the first edition."""
        return self.command("local run" if self.is_local else "retry")


def state_place(state: Path, site: Path | None = None) -> Place:
    """The place of a state as it knows itself; `site` where it is published now, if that is known better."""
    from infrastructure.local.archive import known, shown, site_of

    record = known(state)
    if site is None and record is not None and record.site:
        site = Path(record.site)
    if site is not None:
        site = None if site.resolve() == site_of(state).resolve() else Path(shown(site.resolve()))
    if record is None:
        return Place(state=state, site=site)
    return Place(
        state=state,
        site=site,
        classifier=record.classifier,
        translator=record.translator,
        limit=record.limit,
    )


_typed: list[str] = ["status"]


def remember(words: Sequence[str]) -> None:
    """Keep what was typed behind the program's name, for a message that suggests it in another form."""
    _typed[:] = words


def typed_for_this_computer() -> str:
    """What was typed, as it looks at this computer instead of at a stack; quoted for a shell."""
    words: list[str] = []
    following = iter(_typed)
    for word in following:
        if word == "--stack":
            next(following, None)
        elif not word.startswith("--stack="):
            words.append(word)
    if not any(word.partition("=")[0] in ("--local", "--state") for word in words):
        words.append("--local")
    return shlex.join([_program(), *words])


def _program() -> str:
    """This program as the person at the terminal can start it: by its name, or as it was started now where
    the shell does not find that."""
    typed = sys.argv[0]
    if Path(typed).name != "arxivdaily":
        return "arxivdaily"
    found = shutil.which("arxivdaily")
    if found and Path(found).exists() and Path(typed).exists() and Path(found).samefile(typed):
        return "arxivdaily"
    return typed


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Messages of one stage: about to be delivered (delayed ones too), being worked on, given up."""

    name: str
    waiting: int
    in_flight: int
    dead: int


class Reader(Protocol):
    """The reading half of `ports.PaperStore`."""

    def edition(self, date: str) -> Edition | None: ...

    def editions(
        self,
        *,
        before: str | None = None,
        after: str | None = None,
        newest_first: bool = True,
        limit: int | None = None,
    ) -> Sequence[Edition]: ...

    def records(self, edition: str) -> Sequence[Record]: ...

    def earlier(self, arxiv_ids: Collection[str], before: str) -> Mapping[str, Sequence[Record]]: ...

    def answers(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Answer]: ...

    def answers_of(
        self, arxiv_id: str, version: int
    ) -> Mapping[AnswerKey, ClassifyAnswer | TranslateAnswer]: ...


class Readable(Protocol):
    """An application that can be looked at."""

    @property
    def name(self) -> str:
        """For people: where it is."""

    @property
    def place(self) -> Place:
        """Where it is, for the commands that messages name."""

    @property
    def store(self) -> Reader: ...

    @property
    def settings(self) -> Settings:
        """As the deployed functions have them."""

    def queues(self) -> Sequence[QueueDepth] | None:
        """None where queues exist only while something is running."""


class Application(Readable, Protocol):
    """An application that can be asked to do something."""

    def fetch(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fetch function's answer; OperatorError with its message if it fails."""

    def pause(self, seconds: float) -> None:
        """Wait; where people can be shown meanwhile how far the work is, they are."""

    def render_anew(self, edition: str) -> None:
        """Ask for an edition to be published, whatever is noted as published already."""
