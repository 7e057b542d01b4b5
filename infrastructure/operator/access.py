"""What the operator's commands need of an application, wherever it runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from arxivdaily.domain.editions import Edition
    from arxivdaily.domain.records import Record
    from arxivdaily.ports import AnswerKey, ClassifyAnswer, TranslateAnswer
    from arxivdaily.settings import Settings


class OperatorError(Exception):
    """Ends a command with exit status 1; the message is one clear line."""


class UsageError(OperatorError):
    """The options ask for something that cannot be; exit status 2."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the application is: a CloudFormation stack, or a state folder on this computer."""

    stack: str
    state: Path | None = None

    @property
    def is_local(self) -> bool:
        return self.state is not None

    @property
    def options(self) -> str:
        """What reaches the same place again, for the commands that messages name."""
        if self.state is not None:
            return self.state_option or " --local"
        return "" if self.stack == "arxivdaily" else f" --stack {self.stack}"

    @property
    def state_option(self) -> str:
        """The same for `local run`, which is on this computer anyway."""
        return f" --state {self.state}" if self.state not in (None, Path(".local")) else ""


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

    def answers(
        self, keys: Collection[AnswerKey]
    ) -> Mapping[AnswerKey, ClassifyAnswer | TranslateAnswer]: ...

    def answers_of(
        self, arxiv_id: str, version: int
    ) -> Mapping[AnswerKey, ClassifyAnswer | TranslateAnswer]: ...


class Readable(Protocol):
    """An application that can be looked at."""

    @property
    def name(self) -> str:
        """For people: where it is."""

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

    def render_anew(self, edition: str) -> None:
        """Ask for an edition to be published, whatever is noted as published already."""
