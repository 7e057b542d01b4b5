"""`arxivdaily show`: everything that is known of a paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from arxivdaily.domain.papers import parse_arxiv_id
from arxivdaily.domain.records import Record, State
from arxivdaily.domain.repairs import next_try
from arxivdaily.ports import AnswerKey, ClassifyAnswer, TranslateAnswer
from arxivdaily.site import urls
from rich.console import RenderableType
from rich.text import Text

from infrastructure.operator.access import OperatorError, Readable, UsageError
from infrastructure.operator.report import row, table
from infrastructure.reasons import in_english

_EVER = "9999-12-31"

Answers = Mapping[AnswerKey, ClassifyAnswer | TranslateAnswer]


@dataclass(frozen=True)
class Paper:
    """A paper's records, oldest first, and the stored answers of models about its versions."""

    arxiv_id: str
    records: Sequence[Record]
    answers: Answers
    links: urls.Urls
    problems: Sequence[str] = ()

    def data(self) -> Mapping[str, Any]:
        return {
            "arxiv_id": self.arxiv_id,
            "editions": [
                {**msgspec.to_builtins(record), "published_at": self.addresses(record)}
                for record in self.records
            ],
            "answers": [
                {
                    "version": key.version,
                    "stage": key.stage,
                    "model": key.made_by.model,
                    "prompt_version": key.made_by.prompt_version,
                    "answer": msgspec.to_builtins(answer),
                }
                for key, answer in self._sorted_answers()
            ],
        }

    def _sorted_answers(self) -> list[tuple[AnswerKey, ClassifyAnswer | TranslateAnswer]]:
        return sorted(
            self.answers.items(),
            key=lambda item: (item[0].version, item[0].stage, item[0].made_by.model, str(item[0].made_by)),
        )

    def addresses(self, record: Record) -> list[str]:
        """Where an edition shows the paper, besides the ledger."""
        found = [urls.ledger(record.edition)]
        found += [urls.channel_edition(match.channel, record.edition) for match in record.matches or ()]
        if record.is_shown and record.superseded is None:
            found.append(urls.paper(self.arxiv_id))
        return [self.links.absolute(path) for path in found]

    def shown(self) -> Iterator[RenderableType]:
        newest = self.records[-1].paper
        yield Text(f"{newest.versioned_id}  {newest.title}", style="bold")
        yield Text(f"{', '.join(newest.authors[:8])}{' …' if len(newest.authors) > 8 else ''}")
        yield Text(" ".join(newest.categories) + (f"  ({newest.comment})" if newest.comment else ""))
        for record in self.records:
            yield Text("")
            yield from self._record(record)
        if self.answers:
            yield Text("")
            made = table("stored answers", "version", "stage", "model", "prompt", "tokens in", "out", "says",
                         right=("tokens in", "out"))  # fmt: skip
            for key, answer in self._sorted_answers():
                row(
                    made,
                    f"v{key.version}",
                    key.stage,
                    key.made_by.model,
                    key.made_by.prompt_version,
                    sum(entry.usage.input_tokens for entry in answer.spent),
                    sum(entry.usage.output_tokens for entry in answer.spent),
                    _gist(answer),
                )
            yield made

    def _record(self, record: Record) -> Iterator[RenderableType]:
        made = table(f"edition {record.edition}", "", "")
        made.show_header = False
        row(made, "version", f"v{record.paper.version} ({record.paper.announce_type.value})")
        row(made, "state", record.state.value + (f": {in_english(record.reason)}" if record.reason else ""))
        if record.repair and record.state is not State.PUBLISHED:
            due = next_try(record)
            following = f"next from {due.isoformat(timespec='minutes')}" if due else "no more by itself"
            row(made, "repair", f"sent on again {record.repair.tries} times, {following}")
        for match in record.matches or ():
            topic = f"/{match.topic}" if match.topic else ""
            row(made, f"{match.channel}{topic}", f"{match.score}  {match.reason}")
        if record.matches == ():
            row(made, "channels", "none")
        if by := record.classified_by:
            row(made, "classified by", f"{by.model} ({by.prompt_version})")
        if translation := record.translation:
            repaired = ", second answer" if translation.repaired else ""
            row(made, "标题", translation.title)
            row(made, "AI总结", translation.summary or None)
            row(made, "translated by", f"{translation.made_by.model} "
                f"({translation.made_by.prompt_version}), {translation.extent.value}{repaired}")  # fmt: skip
        for entry in record.spent:
            usage = entry.usage
            row(made, f"{entry.stage} tokens", f"{entry.model}: {usage.input_tokens:,} read "
                f"({usage.cached_tokens:,} cached), {usage.output_tokens:,} written")  # fmt: skip
        if known := record.affiliations:
            names = "; ".join(place.name for place in known.block.institutions) or "none stated"
            trouble = f" (tried {known.tries} times, last: {known.problem})" if known.problem else ""
            row(made, "affiliations", f"{known.source.value}: {names}{trouble}")
        elif record.is_shown:
            row(made, "affiliations", "not looked for yet")
        for past in record.history:
            row(made, "updates", f"v{past.version} of {past.edition}")
        if newer := record.superseded:
            withdrawn = ", withdrawn" if newer.withdrawn else ""
            row(made, "superseded by", f"v{newer.version} of {newer.edition}{withdrawn}")
        yield made
        for address in self.addresses(record):
            yield Text(f"  {address}")


def _gist(answer: ClassifyAnswer | TranslateAnswer) -> str:
    if isinstance(answer, ClassifyAnswer):
        return ", ".join(f"{match.channel} {match.score}" for match in answer.matches) or "no channel"
    return answer.translation.title


def bare_id(text: str) -> str:
    """An identifier as the ledger has it, from one with a version or the address of its page."""
    return named_paper(text)[0]


def named_paper(text: str) -> tuple[str, int | None]:
    """The identifier and, where it is given, the version. Raises UsageError for what names no paper."""
    last = text.strip().rstrip("/").removesuffix(".pdf")
    for prefix in ("/abs/", "/pdf/", "/html/", "/papers/", "arXiv:"):
        last = last.rpartition(prefix)[2]
    try:
        return parse_arxiv_id(last)
    except ValueError as error:
        raise UsageError(str(error)) from error


def show(application: Readable, text: str) -> Paper:
    """Raises OperatorError for a paper, or a version of it, that no edition has."""
    arxiv_id, records = _known(application, text)
    answers: dict[AnswerKey, ClassifyAnswer | TranslateAnswer] = {}
    for version in dict.fromkeys(record.paper.version for record in records):
        answers |= application.store.answers_of(arxiv_id, version)
    return Paper(arxiv_id, records, answers, urls.Urls(application.settings.site_url))


def edition_of(application: Readable, text: str) -> str:
    """The newest edition that has a paper, or the version of it that is named. Raises as `show`."""
    version = named_paper(text)[1]
    _, records = _known(application, text)
    return next(r.edition for r in reversed(records) if version in (None, r.paper.version))


def _known(application: Readable, text: str) -> tuple[str, Sequence[Record]]:
    arxiv_id, version = named_paper(text)
    records = application.store.earlier([arxiv_id], _EVER).get(arxiv_id, ())
    if not records:
        raise OperatorError(f"{arxiv_id} is in no edition on {application.name}")
    versions = sorted({record.paper.version for record in records})
    if version is not None and version not in versions:
        found = " and ".join(f"v{number}" for number in versions)
        raise OperatorError(f"{arxiv_id} has no v{version} on {application.name}: its editions have {found}")
    return arxiv_id, records
