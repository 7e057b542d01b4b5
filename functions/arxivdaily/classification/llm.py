"""The classifier behind a language model: a batch in one call, doubtful papers once more alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from threading import BoundedSemaphore
from typing import Final

from arxivdaily.classification.prompt import (
    MAX_MATCHES,
    PROMPT_VERSION,
    ClassificationPrompt,
    random_labels,
)
from arxivdaily.domain import injection
from arxivdaily.domain.additions import additions
from arxivdaily.domain.channels import Catalogue, Channel
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Match, Provenance, Spent, Usage
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    OutOfTimeError,
    PermanentError,
    ThrottledError,
    TransientError,
    UnavailableError,
)
from arxivdaily.model_calls import Patience, UnusableAnswerError, ask
from arxivdaily.ports import ClassifyAnswer, LanguageModel, always
from arxivdaily.translation.normalise import normalise

MIN_SCORE: Final = 60  # below it a match does not count
MAX_PLAUSIBLE: Final = 8  # channels of one paper: twice what is asked for; more is no classification
MAX_REASON: Final = 80  # characters
_MAX_LISTED = 200  # matches of one paper that are looked at; more is a loop, not an answer
_ADDED = re.compile(r"\A\s*(?:arXiv:)?|(?:v\d+)?\s*\Z")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_IMPLAUSIBLE_CALL = "a paper in the same call was put into more channels than a paper can be in"
_SORRY = re.compile(r"^(?:非常|很|十分)?(?:抱歉|对不起)|我(?:无法|不能)(?:协助|处理|提供|完成)")


Label = Callable[[Sequence[Paper]], Mapping[str, Paper]]


class ImplausibleAnswerError(ValueError):
    """A paper is in more channels than any paper can be: the model did what a text told it."""


class LlmClassifier:
    """Implements `ports.Classifier` over any language model."""

    def __init__(
        self,
        model: LanguageModel,
        catalogue: Catalogue,
        *,
        min_score: int = MIN_SCORE,
        concurrency: int = 5,
        patience: Patience | None = None,
        label: Label = random_labels,
    ) -> None:
        """At most `concurrency` calls are in flight, however many threads ask. `label` names the papers
        of a call.
        """
        self._model = model
        self._catalogue = catalogue
        self._prompt = ClassificationPrompt(catalogue)
        self._min_score = min_score
        self._concurrency = concurrency
        self._in_flight = BoundedSemaphore(concurrency)
        self._patience = patience or Patience()
        self._label = label

    is_paid = True

    @property
    def made_by(self) -> Sequence[Provenance]:
        return (Provenance(self._model.model, f"{PROMPT_VERSION}+{self._catalogue.version}"),)

    def classify(
        self, papers: Sequence[Paper], time_left: Callable[[], bool] = always
    ) -> Sequence[ClassifyAnswer | ArxivDailyError]:
        """One outcome a paper, in order; nothing is raised. The papers share one call, without those
        that seem to speak to the model (`domain.injection`): each of them has a call of its own, so that
        it cannot change what is said of others.

        Papers in whose answer nothing is right are asked about once more as they are, because the
        channel list is most of the price of a call. Papers that are then still in doubt are asked
        alone, once. What is bad even so is a PermanentError, what could not be asked a
        TransientError.
        """
        readings: dict[str, _Reading] = {}
        apart = [paper for paper in papers if injection.signs(paper)]
        together = [paper for paper in papers if paper not in apart]
        self._round([*([together] if together else []), *([paper] for paper in apart)], readings, time_left)
        if len(together) > 1 and all(readings[p.arxiv_id].worth_repeating for p in together):
            self._round([together], readings, time_left)
        doubtful = [paper for paper in papers if readings[paper.arxiv_id].in_doubt]
        self._round([[paper] for paper in doubtful], readings, time_left, final=True)
        return [self._outcome(readings[paper.arxiv_id]) for paper in papers]

    def _outcome(self, reading: _Reading) -> ClassifyAnswer | ArxivDailyError:
        spent = (Spent("classify", self._model.model, reading.usage),)
        if reading.error is None:
            return ClassifyAnswer(reading.matches, self.made_by[0], spent)
        error = _same(reading.error)  # a call's error is that of several papers, their shares differ
        error.spent = spent
        return error

    def _round(
        self,
        groups: Sequence[Sequence[Paper]],
        readings: dict[str, _Reading],
        time_left: Callable[[], bool],
        *,
        final: bool = False,
    ) -> None:
        """Ask about each group in a call of its own; newer readings replace older, usage adds up."""
        if not groups:
            return
        ask_group = partial(self._ask, time_left=time_left, final=final)
        with ThreadPoolExecutor(min(self._concurrency, len(groups))) as pool:
            for answers in pool.map(ask_group, groups):
                for arxiv_id, reading in answers.items():
                    paid = readings[arxiv_id].usage if arxiv_id in readings else Usage()
                    readings[arxiv_id] = replace(reading, usage=paid + reading.usage)

    def _ask(
        self, papers: Sequence[Paper], time_left: Callable[[], bool], *, final: bool
    ) -> dict[str, _Reading]:
        labelled = self._label(papers)
        prompt = self._prompt.ask_about(labelled)
        try:
            with self._in_flight:
                if not time_left():
                    raise OutOfTimeError
                value, usage = ask(self._model, prompt, self._patience)
        except UnusableAnswerError as error:
            # What was cut off once would be again, with as many papers; alone each has room.
            doubt = _Reading(error=error, in_doubt=True, worth_repeating=not error.truncated)
            return _share(error.usage, {paper.arxiv_id: doubt for paper in papers})
        except (TransientError, ConfigurationError) as error:
            return {paper.arxiv_id: _Reading(error=error) for paper in papers}
        except PermanentError as error:
            # A service may refuse a batch for one paper in it (a content filter, a length).
            return {paper.arxiv_id: _Reading(error=error, in_doubt=len(papers) > 1) for paper in papers}
        entries = entries_of(value, labelled)
        found = {
            paper.arxiv_id: self._read(paper, entries.get(label), final) for label, paper in labelled.items()
        }
        if len(papers) > 1 and any(reading.is_implausible for reading in found.values()):
            # Whatever made the model say that may have made it say the rest.
            doubt = _Reading(error=PermanentError(_IMPLAUSIBLE_CALL), in_doubt=True)
            found = dict.fromkeys(found, doubt)
        return _share(usage, found)

    def _read(self, paper: Paper, entry: object, final: bool) -> _Reading:
        source = f"{paper.title}\n{paper.abstract}"
        try:
            matches = matches_of(entry, self._catalogue, self._min_score, lenient=final, source=source)
        except ValueError as error:
            problem = PermanentError(f"the model's classification was not valid: {error}")
            implausible = isinstance(error, ImplausibleAnswerError)
            return _Reading(
                error=problem, in_doubt=True, worth_repeating=not implausible, is_implausible=implausible
            )
        return _Reading(matches=matches)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one call said about one paper: matches, or why not and whether asking again may help."""

    matches: tuple[Match, ...] = ()
    error: ArxivDailyError | None = None
    in_doubt: bool = False
    worth_repeating: bool = False  # in the same words
    is_implausible: bool = False
    usage: Usage = field(default_factory=Usage)


def entries_of(value: Mapping[str, object], labels: Collection[str]) -> Mapping[str, object]:
    """The entry for each of the papers asked about, by label.

    What is no label is ignored (an abstract may mention identifiers). A paper with two entries that
    differ has none, for which of them counts nobody can tell.
    """
    papers = value.get("papers")
    found: dict[str, object] = {}
    contradicted = set()
    for entry in papers if isinstance(papers, list) else ():
        label = _label(entry)
        if label not in labels:
            continue
        if label in found and found[label] != entry:
            contradicted.add(label)
        found[label] = entry
    return {label: entry for label, entry in found.items() if label not in contradicted}


def matches_of(
    entry: object, catalogue: Catalogue, min_score: int, *, lenient: bool = False, source: str = ""
) -> tuple[Match, ...]:
    """The matches of one paper's entry: at most four, best first, none below `min_score`. `source` is the
    text that was asked about.

    Raises ValueError for a missing entry, a channel that does not exist, a score that is no whole
    number from 0 to 100, ImplausibleAnswerError for more than `MAX_PLAUSIBLE` channels. A number without
    a topic is no topic. A reason that is not Chinese is an error too, as is one with tags or links that
    `source` does not have, unless `lenient`: then the match counts without a reason.
    """
    if not isinstance(entry, Mapping):
        raise ValueError("the paper is missing from the answer")
    listed = entry.get("matches")
    if not isinstance(listed, list) or len(listed) > _MAX_LISTED:
        raise ValueError("matches is not a list of sensible length")
    best: dict[str, Match] = {}
    for item in listed:
        match = _match(item, catalogue)
        if match.score < min_score:
            continue
        if fault := _fault(match.reason, source):
            if not lenient:
                raise ValueError(fault)
            match = replace(match, reason="")
        if match.channel not in best or match.score > best[match.channel].score:
            best[match.channel] = match
    if len(best) > MAX_PLAUSIBLE:
        raise ImplausibleAnswerError(f"{len(best)} channels for one paper")
    ordered = sorted(best.values(), key=lambda m: (-m.score, m.channel))
    return tuple(ordered[:MAX_MATCHES])


def _fault(reason: str, source: str) -> str | None:
    """Why a reason cannot be shown."""
    if not _HAN.search(reason) or _SORRY.search(reason):
        return "a reason is not a Chinese sentence"
    if added := additions(source, reason):
        return f"a reason has tags or links that the paper does not have: {added[0][:60]}"
    return None


def _match(item: object, catalogue: Catalogue) -> Match:
    if not isinstance(item, Mapping):
        raise ValueError("a match is not an object")
    slug, score, reason = item.get("channel"), item.get("score"), item.get("reason")
    channel = catalogue.get(slug) if isinstance(slug, str) else None
    if channel is None:
        raise ValueError(f"there is no channel {str(slug)[:60]!r}")
    if not isinstance(score, int) or isinstance(score, bool) or not 0 <= score <= 100:
        raise ValueError(f"{str(score)[:20]!r} is not a score")
    if not isinstance(reason, str):
        raise ValueError("a reason is not text")
    return Match(channel.slug, _topic(item.get("topic"), channel), score, _plain(reason))


def _topic(value: object, channel: Channel) -> str | None:
    """The topic with this number in the channel's list; None for NO_TOPIC or any other value."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= len(channel.topics):
        return None
    return channel.topics[value - 1].slug


def _plain(reason: str) -> str:
    """One line in the typography of all stored Chinese, at most MAX_REASON characters."""
    line = normalise(reason[: 10 * MAX_REASON])
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 1] + "…"


def _label(entry: object) -> str:
    """What an entry says it is about, without what models add to identifiers; empty for nothing."""
    text = entry.get("arxiv_id") if isinstance(entry, Mapping) else None
    return _ADDED.sub("", text[:MAX_REASON]) if isinstance(text, str) else ""


def _same(error: ArxivDailyError) -> ArxivDailyError:
    """Another error that says the same and is of the same kind."""
    if isinstance(error, OutOfTimeError):
        return OutOfTimeError()
    if isinstance(error, TransientError):
        kinds = (ThrottledError, UnavailableError, TransientError)
        kind = next(kind for kind in kinds if isinstance(error, kind))
        return kind(str(error), retry_after=error.retry_after)
    lasting = ConfigurationError if isinstance(error, ConfigurationError) else PermanentError
    return lasting(str(error))


def _share(usage: Usage, readings: dict[str, _Reading]) -> dict[str, _Reading]:
    """Usage divided among the papers of a call in whole tokens, so that the shares add up to it."""
    count = len(readings)

    def part(total: int, place: int) -> int:
        return total * (place + 1) // count - total * place // count

    return {
        arxiv_id: replace(
            reading,
            usage=Usage(
                part(usage.input_tokens, place),
                part(usage.cached_tokens, place),
                part(usage.output_tokens, place),
            ),
        )
        for place, (arxiv_id, reading) in enumerate(readings.items())
    }
