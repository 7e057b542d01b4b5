"""`arxivdaily channels`: is a channel file right, and what would it have caught."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.channels import Catalogue
from arxivdaily.errors import ConfigurationError
from arxivdaily.use_cases.compare import Change, Comparison, classifiable, compare
from rich.console import RenderableType
from rich.text import Text

from infrastructure.operator.access import OperatorError, Readable
from infrastructure.operator.editions import wanted_edition
from infrastructure.operator.report import row, table
from infrastructure.words import counted

if TYPE_CHECKING:
    import numpy as np
    from arxivdaily.adapters.minilm import MiniLmEncoder
    from numpy.typing import NDArray

_TOLD_EVERY = 5.0  # seconds
_SHOWN = 8  # papers of a channel that are named to people; --json has all


@dataclass(frozen=True)
class Checked:
    """A channel file that was read, or its mistakes."""

    file: Path
    catalogue: Catalogue | None
    problems: Sequence[str] = ()

    def data(self) -> Mapping[str, Any]:
        found = self.catalogue
        return {
            "file": str(self.file),
            "valid": found is not None,
            "version": found.version if found else None,
            "groups": [
                {"group": group.slug, "channels": [channel.slug for channel in group.channels]}
                for group in (found.groups if found else ())
            ],
        }

    def shown(self) -> Iterator[RenderableType]:
        if self.catalogue is None:
            return
        made = table(f"{self.file}: {len(self.catalogue)} channels, version {self.catalogue.version}",
                     "group", "channels", right=("channels",))  # fmt: skip
        for group in self.catalogue.groups:
            row(made, f"{group.slug} {group.zh}", len(group.channels))
        yield made


def check(file: Path) -> Checked:
    try:
        return Checked(file, load_catalogue(file))
    except ConfigurationError as error:
        return Checked(file, None, str(error).splitlines())


@dataclass(frozen=True)
class Tried:
    edition: str
    against: Path
    comparison: Comparison
    problems: Sequence[str] = ()

    def data(self) -> Mapping[str, Any]:
        found = self.comparison
        return {
            "edition": self.edition,
            "against": str(self.against),
            "papers": found.papers,
            "matched": {"before": found.matched_before, "after": found.matched_after},
            "channels": [
                {
                    "channel": channel.channel,
                    "before": channel.before,
                    "after": channel.after,
                    "gained": [_data(change) for change in channel.gained],
                    "lost": [_data(change) for change in channel.lost],
                }
                for channel in found.channels
            ],
        }

    def shown(self) -> Iterator[RenderableType]:
        found = self.comparison
        yield Text(
            f"edition {self.edition}: {found.papers} papers, {found.matched_before} of them in a channel "
            f"before ({self.against}), {found.matched_after} after"
        )
        changed = [channel for channel in found.channels if channel.gained or channel.lost]
        if not changed:
            yield Text("No channel gains or loses a paper.")
        for channel in changed:
            title = f"{channel.channel}: {channel.before} → {channel.after}"
            made = table(title, "", "paper", "score", "title", right=("score",))
            for sign, changes in (("+", channel.gained), ("-", channel.lost)):
                for change in changes[:_SHOWN]:
                    row(made, sign, change.paper.arxiv_id, change.match.score, change.paper.title)
                if len(changes) > _SHOWN:
                    row(made, sign, f"and {len(changes) - _SHOWN} more", None, None)
            yield made


def _data(change: Change) -> dict[str, Any]:
    match = change.match
    return {
        "arxiv_id": change.paper.arxiv_id,
        "title": change.paper.title,
        "score": match.score,
        "topic": match.topic,
        "reason": match.reason,
    }


class _Remembering:
    """An encoder that works once on what both classifiers ask: a paper's title and abstract."""

    def __init__(self, encoder: MiniLmEncoder, tell: Callable[[int], None]) -> None:
        """`tell` is told how many papers have been read."""
        self._encoder = encoder
        self._tell = tell
        self._known: dict[tuple[str, ...], NDArray[np.float32]] = {}

    @property
    def model(self) -> str:
        return self._encoder.model

    def encode(self, texts: Sequence[str], *, remember: bool = False) -> NDArray[np.float32]:
        if remember:
            return self._encoder.encode(texts, remember=True)
        key = tuple(texts)
        if key not in self._known:
            self._known[key] = self._encoder.encode(texts)
            self._tell(len(self._known))
        return self._known[key]


def _counting(total: int, say: Callable[[str], None]) -> Callable[[int], None]:
    """Says every few seconds how many papers have been read."""
    told = time.monotonic()

    def tell(number: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _TOLD_EVERY:
            told = time.monotonic()
            say(f"{number} of {total} papers read")

    return tell


def try_out(
    application: Readable,
    file: Path,
    date: str | None,
    against: Path | None,
    say: Callable[[str], None] = lambda _: None,
) -> Tried:
    """Both files by the embedded classifier, whatever the application uses: differences between two
    classifiers would hide those between the files. `say` is told how far it is.

    Raises ConfigurationError for a file that is not valid, OperatorError for an edition that is not
    stored.
    """
    from arxivdaily.adapters.minilm import MiniLmEncoder
    from arxivdaily.classification.embedded import EmbeddedClassifier

    before = against or Path(application.settings.channels_file)
    catalogues = [load_catalogue(before), load_catalogue(file)]
    if catalogues[0].version == catalogues[1].version:
        raise OperatorError(f"{file} says the same as {before}: name the file to compare with by --against")
    edition = wanted_edition(application, date)
    papers = classifiable(application.store.records(edition.date))
    say(f"sorting {counted(len(papers), 'paper')} of edition {edition.date} by both files")
    encoder = _Remembering(MiniLmEncoder(), _counting(len(papers), say))
    old, new = (EmbeddedClassifier(encoder, catalogue) for catalogue in catalogues)
    return Tried(edition.date, before, compare(old, new, papers))
