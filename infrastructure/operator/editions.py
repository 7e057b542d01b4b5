"""`arxivdaily status` and `arxivdaily editions`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from arxivdaily.domain.completion import failed_too_many
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.governor import Tariff, spent_on
from arxivdaily.domain.records import Record, State, revisions
from arxivdaily.errors import ConfigurationError
from arxivdaily.pricing import parse_budget, parse_prices, tariff
from arxivdaily.settings import Settings
from rich.console import RenderableType
from rich.text import Text

from infrastructure.local.progress import is_failure
from infrastructure.operator.access import OperatorError, Place, QueueDepth, Readable
from infrastructure.operator.report import row, table
from infrastructure.reasons import in_english
from infrastructure.words import ARE, counted


def tariff_of(settings: Settings) -> Tariff | None:
    """How the application counts money; None where it knows no prices (or none that can be read)."""
    try:
        prices = parse_prices(settings.model_prices)
        return tariff(parse_budget(settings.daily_budget, prices), prices)
    except ConfigurationError:
        return None


def nothing_stored(application: Readable) -> OperatorError:
    first = application.place.first()
    return OperatorError(f"no edition is stored on {application.name}: `{first}` makes the first")


def wanted_edition(application: Readable, date: str | None) -> Edition:
    """The edition of a date, or the newest; OperatorError where there is none."""
    if date is None:
        newest = application.store.editions(limit=1)
        if not newest:
            raise nothing_stored(application)
        return newest[0]
    edition = application.store.edition(date)
    if edition is None:
        listed = application.place.command("editions")
        raise OperatorError(f"edition {date} is not stored on {application.name}: `{listed}` lists what is")
    return edition


@dataclass(frozen=True)
class Status:
    """An edition, and what is under way."""

    place: Place
    name: str
    edition: Edition
    records: Sequence[Record]
    queues: Sequence[QueueDepth] | None
    tariff: Tariff | None

    @property
    def is_published(self) -> bool:
        """Whether the pages show what is stored now."""
        return self.edition.rendered == revisions(self.records)

    @property
    def problems(self) -> list[str]:
        found = list(self._incomplete)
        date = self.edition.date
        again = f"`{self.place.again(date)}`"
        for state, words in ((State.FAILED, "failed"), (State.UNTRANSLATED, "could not be translated")):
            failed = [record for record in self.records if record.state is state and is_failure(record)]
            if failed:
                reason = in_english(Counter(record.reason for record in failed).most_common(1)[0][0])
                found.append(
                    f"{counted(len(failed), 'paper')} {words}, most often: {reason[:200]}. Then: {again}"
                )
        found += [
            f"{counted(queue.dead, 'message')} of {queue.name} given up: "
            f"`{self.place.command('redrive', '--dry-run')}` shows them"
            for queue in self.queues or ()
            if queue.dead
        ]
        if not self._busy and not self.edition.is_complete:
            found.append(f"the edition is not complete and nothing is under way: {again}")
            if failed_too_many(self.records):
                asks = self.place.command("doctor", "--model")
                found.append(
                    f"too many papers failed for it to be complete: `{asks}` says whether the models answer"
                )
        elif not self._busy and not self.is_published:
            render = self.place.command("render", "--date", date)
            found.append(f"pages are older than what is stored: `{render}`")
        return found

    @property
    def _incomplete(self) -> Iterator[str]:
        """What was announced and may be in no record."""
        date = self.edition.date
        tries_again = "fetch tries again every hour of its day"
        if self.place.is_local:
            tries_again = f"on its day `{self.place.again(date)}` tries again"
        afterwards = f"afterwards `{self.place.command('backfill', '--from', date)}`"
        if not self.edition.filled:
            yield f"not all announced papers are recorded, and none is published: {tries_again}, {afterwards}"
        elif self.edition.unread:
            specs = ", ".join(sorted(self.edition.unread))
            yield f"papers may be missing, a feed was not read whole ({specs}): {tries_again}, {afterwards}"

    @property
    def _busy(self) -> bool:
        return any(queue.waiting + queue.in_flight for queue in self.queues or ())

    def data(self) -> Mapping[str, Any]:
        spent = spent_on(self.records)
        return {
            "edition": self.edition.date,
            "place": self.name,
            "created": self.edition.created.isoformat(),
            "completed": self.edition.completed.isoformat() if self.edition.completed else None,
            "published": self.is_published,
            "filled": self.edition.filled,
            "unread": sorted(self.edition.unread),
            "announced": len(self.records),
            "states": {state.value: self._of(state) for state in State},
            "affiliations_missing": sum(record.awaits_affiliations for record in self.records),
            "queues": None if self.queues is None else [asdict(queue) for queue in self.queues],
            "cost": {
                "input_tokens": sum(entry.usage.input_tokens for entry in spent),
                "cached_tokens": sum(entry.usage.cached_tokens for entry in spent),
                "output_tokens": sum(entry.usage.output_tokens for entry in spent),
                "currency": self.tariff.currency if self.tariff else None,
                "total": round(self.tariff.cost(spent), 6) if self.tariff else None,
            },
        }

    def _of(self, state: State) -> int:
        return sum(record.state is state for record in self.records)

    def shown(self) -> Iterator[RenderableType]:
        data = self.data()
        done = f"complete since {data['completed']}" if data["completed"] else "not complete"
        yield Text(f"edition {self.edition.date} on {self.name}: {len(self.records)} papers, {done}")
        states = table("papers", "state", "papers", "most frequent reason", right=("papers",))
        for state in State:
            reasons = Counter(record.reason for record in self.records if record.state is state)
            if reasons:
                reason = max(reasons, key=lambda text: (bool(text), reasons[text]))
                row(states, state.value, reasons.total(), in_english(reason)[:160])
        yield states
        if self.queues is None:
            yield Text("Queues exist only while a run is at work.")
        else:
            numbers = ("waiting", "in flight", "given up")
            queues = table("messages", "queue", *numbers, right=numbers)
            for queue in self.queues:
                row(queues, queue.name, queue.waiting, queue.in_flight, queue.dead)
            yield queues
        cost = data["cost"]
        money = f", {cost['total']:.4f} {cost['currency']}" if self.tariff else ""
        yield Text(
            f"models: {cost['input_tokens']:,} tokens read ({cost['cached_tokens']:,} from a cache), "
            f"{cost['output_tokens']:,} written{money}"
        )


def status(application: Readable, date: str | None) -> Status:
    """Raises OperatorError where there is no such edition."""
    edition = wanted_edition(application, date)
    return Status(
        application.place,
        application.name,
        edition,
        application.store.records(edition.date),
        application.queues(),
        tariff_of(application.settings),
    )


def made(application: Readable, dates: Sequence[str], site: Path) -> Iterator[str]:
    """What has become of editions that were asked for, a line each, and where they are."""
    english: list[str] = []
    there = 0
    for date in dates:
        if application.store.edition(date) is None:
            continue
        there += 1
        records = application.store.records(date)
        in_channels = sum(record.is_shown for record in records)
        untranslated = sum(record.state is State.UNTRANSLATED for record in records)
        yield (
            f"edition {date}: {counted(len(records), 'paper')}, {in_channels} in channels, "
            f"{untranslated} of them in English"
        )
        english += [date] if untranslated else []
    if there:
        place = application.place.translating
        translates = f"; `{place.again(english[-1])}` translates the last one" if english else ""
        yield f"{counted(there, 'edition', ARE)} in {site}{translates}."


@dataclass(frozen=True)
class Listing:
    """The newest editions, with what became of their papers."""

    name: str
    entries: Sequence[tuple[Edition, Mapping[State, int]]]
    problems: Sequence[str] = ()

    def data(self) -> Mapping[str, Any]:
        return {
            "place": self.name,
            "editions": [
                {
                    "edition": edition.date,
                    "created": edition.created.isoformat(),
                    "completed": edition.completed.isoformat() if edition.completed else None,
                    "filled": edition.filled,
                    "unread": sorted(edition.unread),
                    "announced": sum(counts.values()),
                    "states": {state.value: counts.get(state, 0) for state in State},
                }
                for edition, counts in self.entries
            ],
        }

    def shown(self) -> Iterator[RenderableType]:
        made = table(
            f"editions on {self.name}", "edition", "complete", "papers", "of these", right=("papers",)
        )
        for edition, counts in self.entries:
            states = ", ".join(f"{counts[state]:,} {state.value}" for state in State if counts.get(state))
            row(made, edition.date, "yes" if edition.is_complete else "no", sum(counts.values()), states)
        yield made


def editions(application: Readable, limit: int) -> Listing:
    """The newest `limit` editions, newest first."""
    entries = [
        (edition, Counter(record.state for record in application.store.records(edition.date)))
        for edition in application.store.editions(limit=limit)
    ]
    return Listing(application.name, entries)
