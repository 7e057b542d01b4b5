"""Years of arXiv's days through the real fetch: no edition twice, none skipped, every paper once.

A simulated arXiv renews its feeds when a drawn day says so: at midnight, hours late, each feed at its own
minute, with a batch that is corrected afterwards. Before, and on days without an announcement, a feed is
empty, shows the last batch as it was, or shows it under the new date. Fetch runs when the template's
schedules say, in New York's time.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest
from arxivdaily.domain.calendar import EASTERN, is_edition_day, why_no_edition
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import State
from arxivdaily.errors import TransientError
from arxivdaily.ports import Feed, FeedEntry, Metadata
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.fetch import FetchEdition, FetchRequest, Outcome
from aws_resources import load_template
from fakes import Clock, MemoryPaperStore, RecordingMessages
from hypothesis import given, settings
from hypothesis import strategies as st

SPECS = ("cs", "stat.ML")
DAY = timedelta(days=1)

# --- when fetch runs -------------------------------------------------------------------------


def cron_field(text: str, first: int, last: int) -> set[int]:
    """The values of a field of a schedule: `*`, `5`, `0-3`, `5/15`."""
    if "/" in text:
        start, step = text.split("/")
        return set(range(int(start), last + 1, int(step)))
    if text in ("*", "?"):
        return set(range(first, last + 1))
    begin, _, end = text.partition("-")
    return set(range(int(begin), int(end or begin) + 1))


def fetch_runs(day: date) -> list[datetime]:
    """The UTC instants of a day of New York's at which the template's schedules ask fetch for an edition.

    EventBridge Scheduler leaves out a time that the clock skips and runs once in one that comes twice.
    """
    found: set[datetime] = set()
    for event in load_schedules():
        assert event["ScheduleExpressionTimezone"] == "America/New_York"
        expression = event["ScheduleExpression"].removeprefix("cron(").removesuffix(")")
        minutes, hours, _, _, weekdays, _ = expression.split()
        assert weekdays == "MON-FRI"
        if day.weekday() > 4:
            continue
        for hour in cron_field(hours, 0, 23):
            for minute in cron_field(minutes, 0, 59):
                here = datetime.combine(day, time(hour, minute), EASTERN)
                utc = here.astimezone(UTC)
                if utc.astimezone(EASTERN).time() == here.time():
                    found.add(utc)
    return sorted(found)


@cache
def load_schedules() -> list[Mapping[str, str]]:
    events = load_template()["Resources"]["FetchFunction"]["Properties"]["Events"]
    return [event["Properties"] for event in events.values() if "Input" not in event["Properties"]]


# --- arXiv -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """What one feed shows from an instant on."""

    since: datetime
    edition: date
    entries: tuple[FeedEntry, ...]


@dataclass
class SimulatedArxiv:
    """`ports.ArxivSource` by the clock. `idle` says what a feed shows while it has nothing new."""

    clock: Clock
    batches: dict[str, list[Batch]] = field(default_factory=lambda: {spec: [] for spec in SPECS})
    idle: dict[date, str] = field(default_factory=dict)
    broken: set[tuple[date, int, str]] = field(default_factory=set)  # day, hour, spec
    shown: dict[str, dict[str, int]] = field(
        default_factory=dict
    )  # what was read: versions by edition and id

    def feed(self, spec: str) -> Feed:
        now = self.clock()
        here = now.astimezone(EASTERN)
        if (here.date(), here.hour, spec) in self.broken:
            raise TransientError(f"{spec}: HTTP 503")
        batch = next((b for b in reversed(self.batches[spec]) if b.since <= now), None)
        idle = self.idle.get(here.date(), "empty")
        if batch is None or (batch.edition < here.date() and idle == "empty"):
            return Feed(spec, None, ())
        for entry in batch.entries:
            self.shown.setdefault(batch.edition.isoformat(), {}).setdefault(entry.arxiv_id, entry.version)
        stamp = batch.edition if idle == "as it was" else max(batch.edition, here.date())
        return Feed(spec, stamp.isoformat(), batch.entries)

    def metadata(self, arxiv_ids: Sequence[str]) -> Mapping[str, Metadata]:
        return {}


@dataclass(frozen=True)
class Plan:
    """How a day goes. `late`: minutes after midnight at which each feed turns; `corrected`: minutes after
    that, None for never; `idle`: what feeds show meanwhile, and on a day without announcement."""

    late: tuple[int, int] = (2, 3)
    corrected: int | None = None
    idle: str = "empty"
    closed: bool = False  # arXiv announces nothing, and no calendar said so
    broken_hours: tuple[int, ...] = ()
    papers: int = 2


class World:
    def __init__(self) -> None:
        self.clock = Clock()
        self.store = MemoryPaperStore()
        self.messages = RecordingMessages()
        self.arxiv = SimulatedArxiv(self.clock)
        self.fetch = FetchEdition(
            self.arxiv,
            self.store,
            self.messages,
            Dispatcher(self.store, self.messages, translates=True, limit=0),
            self.clock,
            categories=SPECS,
            process_revisions=False,
            translates=True,
            translate_limit=0,
        )
        self.announced: dict[str, dict[str, int]] = {}  # by edition: versions by identifier
        self.outcomes: Counter[Outcome] = Counter()
        self._last = 0
        self._yesterday: tuple[FeedEntry, ...] = ()

    def entry(self, kind: AnnounceType, arxiv_id: str, version: int, primary: str) -> FeedEntry:
        other = "stat.ML" if primary.startswith("cs") else "cs.LG"
        text = f"{arxiv_id} v{version}"
        return FeedEntry(arxiv_id, version, text, f"Of {text}.", ("A. Author",), (primary, other), kind)

    def announce(self, day: date, plan: Plan) -> None:
        """Both feeds turn; most papers stand in both, as new in one and as a cross-list in the other."""
        midnight = datetime.combine(day, time(0), EASTERN).astimezone(UTC)
        both: dict[str, list[FeedEntry]] = {spec: [] for spec in SPECS}
        fresh: list[FeedEntry] = []
        for number in range(plan.papers):
            self._last += 1
            primary = ("cs.CV", "stat.ML")[number % 2]
            paper = self.entry(AnnounceType.NEW, f"2601.{self._last:05d}", 1, primary)
            fresh.append(paper)
            for spec in SPECS:
                kind = AnnounceType.NEW if primary.startswith(spec) else AnnounceType.CROSS
                both[spec].append(replace(paper, announce_type=kind))
        for old in self._yesterday[:1]:  # a replacement, and a cross-list that comes a day later
            both["cs"].append(replace(old, version=old.version + 1, announce_type=AnnounceType.REPLACE))
        for old in self._yesterday[1:2]:
            both["stat.ML"].append(replace(old, announce_type=AnnounceType.CROSS))
        self._yesterday = tuple(fresh)
        for spec, late in zip(SPECS, plan.late, strict=True):
            since = midnight + timedelta(minutes=late)
            for last in self.arxiv.batches[spec][-1:]:  # each stands for an hour at least
                since = max(since, last.since + timedelta(minutes=70))
            self.arxiv.batches[spec].append(Batch(since, day, tuple(both[spec])))
            if plan.corrected is not None:
                self._last += 1
                added = self.entry(
                    AnnounceType.NEW, f"2601.{self._last:05d}", 1, spec if "." in spec else "cs.AI"
                )
                corrected = (replace(both[spec][0], title="Corrected"), *both[spec][2:], added)
                again = min(
                    since + timedelta(minutes=plan.corrected), midnight + timedelta(hours=22, minutes=50)
                )
                self.arxiv.batches[spec].append(Batch(again, day, corrected))
        self.announced[day.isoformat()] = {
            entry.arxiv_id: entry.version
            for spec in SPECS
            for entry in [b for b in self.arxiv.batches[spec] if b.edition == day][-1].entries
        }

    def live(self, days: Mapping[date, Plan], runs: Callable[[date], Sequence[datetime]]) -> None:
        """All that arXiv does on these days, then fetch through them, one run after the other."""
        for day, plan in days.items():
            self.arxiv.idle[day] = plan.idle
            self.arxiv.broken |= {(day, hour, SPECS[0]) for hour in plan.broken_hours}
            if is_edition_day(day) and not plan.closed:
                self.announce(day, plan)
        for day in days:
            for now in runs(day):
                self.clock.now = now
                try:
                    self.outcomes[self.fetch(FetchRequest()).outcome] += 1
                except TransientError:
                    assert now.astimezone(EASTERN).hour in days[day].broken_hours
            for edition in self.store.editions(limit=2):
                self.store.complete_edition(edition.date, self.clock())

    def check(self) -> None:
        """No edition twice, none skipped, no empty one, every paper once and sent to the models once."""
        stored = [edition.date for edition in self.store.editions(newest_first=False)]
        assert stored == sorted(self.announced)
        for day, wanted in self.announced.items():
            records = {r.paper.arxiv_id: r for r in self.store.records(day)}
            assert records, f"{day} is empty"
            assert records.keys() >= wanted.keys(), f"{day} lacks {wanted.keys() - records.keys()}"
            assert records.keys() == self.arxiv.shown[day].keys(), f"{day} has what was never announced"
            assert {i: r.paper.version for i, r in records.items()} == self.arxiv.shown[day]
        sent = Counter(self.messages.classify)
        assert not [key for key, times in sent.items() if times > 1], "sent twice"
        pending = {r.key for day in stored for r in self.store.records(day) if r.state is State.PENDING}
        assert pending == sent.keys()


IDLE = ("empty", "as it was", "under the new date")
LATEST = 22 * 60 + 30

plans = st.builds(
    Plan,
    late=st.one_of(
        st.just((2, 3)),
        st.tuples(st.integers(-180, 200), st.integers(-180, 200)),
        st.tuples(st.integers(0, LATEST), st.integers(0, LATEST)),
    ),
    corrected=st.one_of(st.none(), st.integers(1, 600)),
    idle=st.sampled_from(IDLE),
    closed=st.sampled_from((False,) * 9 + (True,)),
    broken_hours=st.one_of(st.just(()), st.lists(st.integers(0, 19), max_size=4).map(tuple)),
    papers=st.integers(2, 5),
)

# Around holidays, the turn of the year, and the days on which the clock changes.
STARTS = (
    date(2026, 6, 16),
    date(2026, 11, 24),
    date(2026, 12, 22),
    date(2025, 12, 22),
    date(2025, 7, 1),
    date(2026, 3, 5),
    date(2026, 10, 29),
    date(2026, 1, 15),
)


@given(st.sampled_from(STARTS), st.lists(plans, min_size=8, max_size=8))
@settings(max_examples=40, deadline=None)
def test_no_edition_twice_and_none_skipped(start: date, days: list[Plan]) -> None:
    world = World()
    world.live({start + number * DAY: plan for number, plan in enumerate(days)}, fetch_runs)
    world.check()


@pytest.mark.parametrize("seed", [2025, 2026])
def test_a_year(seed: int) -> None:
    """Every day of a year of the calendar, asked a few times each: as soon as may be, and at the end."""
    choose = random.Random(seed)
    days: dict[date, Plan] = {}
    day = date(seed, 1, 1)
    while day.year == seed:
        late = choose.choice([2, 2, 2, choose.randrange(-180, 240), choose.randrange(0, LATEST)])
        days[day] = Plan(
            (late, late + choose.randrange(-30, 30)),
            choose.choice([None, None, choose.randrange(1, 600)]),
            choose.choice(IDLE),
        )
        day += DAY

    def some(day: date) -> list[datetime]:
        runs = fetch_runs(day)
        return sorted([*choose.sample(runs[:-4], 4), *runs[-4:]]) if runs else []

    world = World()
    world.live(days, some)
    world.check()
    assert len(world.announced) == world.outcomes[Outcome.CREATED] == 253


def quiet(since: str, until: str) -> Iterator[date]:
    day = date.fromisoformat(since)
    while day <= date.fromisoformat(until):
        yield day
        day += DAY


@pytest.mark.parametrize("idle", IDLE)
def test_the_list_that_stayed_up_from_a_holiday_to_a_double_tuesday(idle: str) -> None:
    """Friday 2026-06-19 was a holiday: its list stayed until Monday the 22nd, Tuesday's was twice as long."""
    world = World()
    days = quiet("2026-06-18", "2026-06-23")
    double = date(2026, 6, 23)
    world.live({day: Plan(idle=idle, papers=10 if day == double else 5) for day in days}, fetch_runs)
    world.check()
    assert list(world.announced) == ["2026-06-18", "2026-06-19", "2026-06-23"]
    assert why_no_edition(date(2026, 6, 22)) is not None
    assert len(world.store.records("2026-06-23")) == 12, "ten new, a replacement and a cross-list"


def test_runs_follow_new_yorks_clock() -> None:
    winter, summer = fetch_runs(date(2026, 3, 6)), fetch_runs(date(2026, 3, 9))
    assert winter[0] == datetime(2026, 3, 6, 5, 5, tzinfo=UTC)
    assert summer[0] == datetime(2026, 3, 9, 4, 5, tzinfo=UTC)
    assert (winter[-1], len(winter)) == (datetime(2026, 3, 7, 4, 5, tzinfo=UTC), 36)
    assert fetch_runs(date(2026, 3, 8)) == []


# --- dates that are wrong --------------------------------------------------------------------


def test_a_feed_of_the_future_is_not_believed() -> None:
    """It would be the newest edition, and hide all others until its day."""
    world = World()
    world.live({date(2026, 6, 17): Plan()}, fetch_runs)
    day = date(2026, 6, 18)
    world.announce(day, Plan())
    (wrong,) = [b for b in world.arxiv.batches["stat.ML"] if b.edition == day]
    world.arxiv.batches["stat.ML"][-1] = replace(wrong, edition=date(2026, 8, 16))
    world.clock.now = fetch_runs(day)[0]
    result = world.fetch(FetchRequest())
    assert (result.outcome, result.edition) == (Outcome.CREATED, "2026-06-18")
    assert any("dated 2026-08-16" in problem for problem in result.problems)
    assert [e.date for e in world.store.editions()] == ["2026-06-18", "2026-06-17"]


def test_one_feed_that_shows_the_last_batch_under_the_new_date_is_named_and_read_when_it_turns() -> None:
    world = World()
    for day in quiet("2026-06-17", "2026-06-18"):
        world.arxiv.idle[day] = "under the new date"
        world.announce(day, Plan(late=(2, 60)))
    world.clock.now = fetch_runs(date(2026, 6, 17))[-1]
    world.fetch(FetchRequest())
    first, *_, last = fetch_runs(date(2026, 6, 18))
    world.clock.now = first
    result = world.fetch(FetchRequest())
    assert result.outcome is Outcome.CREATED
    assert any("stat.ML: the feed still shows an earlier edition" in problem for problem in result.problems)
    world.clock.now = last
    assert world.fetch(FetchRequest()).problems == ()
    world.check()


def test_what_a_late_feed_adds_is_read_though_another_shows_the_next_edition_already() -> None:
    """Found by the property above: one feed was corrected at 22:06, the other turned at 23:05."""
    world = World()
    days = {
        date(2026, 3, 9): Plan(),
        date(2026, 3, 10): Plan(late=(726, 0), corrected=600),
        date(2026, 3, 11): Plan(late=(0, -55)),
    }
    world.live(days, fetch_runs)
    world.check()


def test_a_new_deployment_does_not_begin_with_a_part_of_an_edition() -> None:
    world = World()
    for day in quiet("2026-06-17", "2026-06-18"):
        world.arxiv.idle[day] = "as it was"
        world.announce(day, Plan(late=(60, 2)))
    world.clock.now = fetch_runs(date(2026, 6, 18))[0]
    world.fetch(FetchRequest())
    assert [edition.date for edition in world.store.editions()] == ["2026-06-18"]
