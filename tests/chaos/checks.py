"""What must hold after every simulation: DESIGN's rules, each read from what is stored and published."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arxivdaily import wiring
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Record, State
from arxivdaily.settings import load_settings
from arxivdaily.site.build import build
from moto.s3.models import s3_backends

from infrastructure.local.sample_server import _within

if TYPE_CHECKING:
    from chaos.day import Day
    from chaos.models import Question
    from chaos.world import World

Items = Mapping[tuple[str, str], Any]
# Hours: longer than the series of tries of a paper, and then of its affiliations, over a long weekend.
REPAIRED_AFTER = 180
LOOKS = (6, 24, 12)  # hours, one after the other: when pages have to agree with the items already
STAYS = 50  # hours: longer than the longest gap in it
_AT_WORK = ("CLAIMS#",)  # items that say who is at work, and no more


def check(world: World) -> None:
    """Leave the world alone, twice, and note whatever promise is broken in `world.outcome.wrong`."""
    before = {day.edition: _records(day) for day in world.days}
    world.outcome.papers = sum(len(_announced(day)) for day in world.days)
    for hours in (*LOOKS, REPAIRED_AFTER - sum(LOOKS)):
        world.leave_alone(hours)
        _check_site(world)
    for day in world.days:
        _check_day(world, day)
        after = _records(day)
        for arxiv_id, record in after.items():
            was = before[day.edition].get(arxiv_id)
            if was is None or (_is_open(was) and not _is_open(record)):
                world.outcome.repaired += 1
    _check_spending(world)
    _check_queues(world)

    with _nothing_changes(world, "a quiet day"):
        world.leave_alone(STAYS)
    # What no answer is good enough for costs again whoever insists on a retry.
    if not any(_is_open(record) for day in world.days for record in _records(day).values()):
        first, second = world.days
        with _nothing_changes(world, "a person's retry"):
            world.settle(
                {"edition": first.edition, "retry": True, "stored": True},
                {"edition": second.edition, "retry": True},
            )


@contextlib.contextmanager
def _nothing_changes(world: World, when: str) -> Iterator[None]:
    items, site, puts = _items(world), published(world), world.readers.puts
    yield
    for key in sorted({*items, *(now := _items(world))}):
        if items.get(key) != now.get(key):
            world.outcome.wrong.append(f"{when} changed {key}: {_changes(items.get(key), now.get(key))}")
    if world.readers.puts != puts or published(world) != site:
        world.outcome.wrong.append(f"{when} uploaded {world.readers.puts - puts} objects")


def published(world: World) -> dict[str, bytes]:
    """Every object of the site by path."""
    keys = s3_backends["123456789012"]["aws"].buckets[world.resources.bucket].keys
    return {name: key.value for name, key in keys.items()}


def _announced(day: Day) -> dict[str, Paper]:
    wanted = ("cs", "stat.ML", "eess.AS", "eess.IV", "eess.SP")
    return {p.arxiv_id: p for p in day.papers if any(_within(c, wanted) for c in p.categories)}


def _records(day: Day) -> dict[str, Record]:
    return {record.paper.arxiv_id: record for record in wiring.store().records(day.edition)}


def _is_open(record: Record) -> bool:
    return record.state in (State.PENDING, State.FAILED, State.UNTRANSLATED)


def _check_day(world: World, day: Day) -> None:
    """Each announced paper in exactly one state, the one that a world without faults would have."""
    wrong = world.outcome.wrong
    announced, stored = _announced(day), _records(day)
    for lost in sorted(announced.keys() - stored.keys()):
        wrong.append(f"lost: {lost} of {day.edition}")
    for strange in sorted(stored.keys() - announced.keys()):
        wrong.append(f"not announced: {strange} in {day.edition}")
    for arxiv_id, record in stored.items():
        paper = announced.get(arxiv_id, record.paper)
        if paper.version != record.paper.version:
            wrong.append(f"{arxiv_id} of {day.edition} has version {record.paper.version}")
        if why := _state_is_wrong(world, paper, record):
            wrong.append(f"{paper.versioned_id} of {day.edition}: {record.state} ({record.reason}), {why}")
        if not record.paper.complete:
            wrong.append(f"{paper.versioned_id} of {day.edition} was never completed by the API")
    edition = wiring.store().edition(day.edition)
    if edition is None or not edition.is_complete:
        wrong.append(f"edition {day.edition} is not complete")


def _state_is_wrong(world: World, paper: Paper, record: Record) -> str:
    matched = bool(world.models.matches(paper))
    if paper.announce_type.is_replacement:
        good = {State.REVISION, State.PUBLISHED if matched else State.UNMATCHED}
        if matched and world.models.is_stubborn(paper):
            good.add(State.UNTRANSLATED)
        return "" if record.state in good else f"which no replacement should be: {sorted(good)}"
    if not matched:
        return "" if record.state is State.UNMATCHED else "though no channel wants it"
    if record.superseded and record.state is State.UNTRANSLATED:
        return ""  # the newer version is translated instead
    if world.models.is_stubborn(paper):
        return "" if record.state is State.UNTRANSLATED else "though no answer passes the gate"
    channels = {m["channel"] for m in world.models.matches(paper)}
    if {m.channel for m in record.matches or ()} != channels:
        return f"in other channels than {sorted(channels)}"
    return "" if record.state is State.PUBLISHED else "though a good answer could be had"


def _check_site(world: World) -> None:
    """Every object is what stored state says, byte for byte; ledger, JSON and hashes agree with it."""
    wrong = world.outcome.wrong
    site = published(world)
    settings = load_settings()
    expected: dict[str, bytes] = {}
    for day in world.days:
        edition = wiring.store().edition(day.edition)
        if edition is None:
            continue
        state = wiring_state(edition)
        for phase in build(
            state, templates_dir=Path(settings.templates_dir), institutions=wiring.institutions()
        ):
            expected |= {item.path: item.body for item in phase.objects}
            noted = _noted(world, phase.scope)
            for item in phase.objects:
                if noted.get(item.path) != item.sha256:
                    wrong.append(f"{item.path}: the noted hash is not that of its bytes")
    for path in sorted({*expected, *site}):
        if path not in site:
            wrong.append(f"{path} is not published")
        elif path in expected and expected[path] != site[path]:
            wrong.append(f"{path} is not what the items say")
    for day in world.days:
        records = _records(day)
        ledger = json.loads(site.get(f"ledger/{day.edition}.json", b'{"papers":[],"announced":0}'))
        told = [(entry["arxiv_id"], entry["state"]) for entry in ledger["papers"]]
        if sorted(told) != sorted((i, r.state.value) for i, r in records.items()):
            wrong.append(f"the ledger of {day.edition} is not what the items say")
        if ledger["announced"] != len(records):
            wrong.append(
                f"the ledger of {day.edition} counts {ledger['announced']} papers, not {len(records)}"
            )
        _check_lists(world, day, records, site)


def _check_lists(world: World, day: Day, records: Mapping[str, Record], site: Mapping[str, bytes]) -> None:
    for channel in wiring.catalogue():
        listed = {i for i, r in records.items() if r.is_listed and r.match_for(channel.slug)}
        path = f"api/{channel.slug}/{day.edition}.json"
        told = {p["arxiv_id"] for p in json.loads(site[path])["papers"]} if path in site else set()
        if told != listed:
            world.outcome.wrong.append(f"{path} lists {sorted(told)}, the items {sorted(listed)}")
        page = site.get(f"{channel.slug}/{day.edition}/index.html", b"")
        for arxiv_id in listed:
            if arxiv_id.encode() not in page:
                world.outcome.wrong.append(f"{arxiv_id} is not on the page of {channel.slug}")
        feed = site.get(f"{channel.slug}/{day.edition}/feed.atom", b"")
        for arxiv_id in listed:
            if arxiv_id.encode() not in feed:
                world.outcome.wrong.append(f"{arxiv_id} is not in the feed of {channel.slug}")


def wiring_state(edition: Any) -> Any:
    """What a render of this edition reads."""
    from arxivdaily.adapters.aws import client
    from arxivdaily.adapters.events import EventBridgeEvents
    from arxivdaily.adapters.s3 import S3SiteStore
    from arxivdaily.use_cases.render import RenderEdition

    settings = load_settings()
    store = wiring.store()
    site = S3SiteStore(client("s3"), settings.site_bucket, settings.table_name)
    render = RenderEdition(
        store,
        wiring.messages(),
        site,
        EventBridgeEvents(client("events"), settings.event_bus_name, settings.site_url),
        wiring.utc_now,
        wiring.catalogue(),
        site_url=settings.site_url,
        build=partial(build, templates_dir=Path(settings.templates_dir)),
    )
    return render._state(edition, store.records(edition.date), site.published)


def _noted(world: World, scope: str) -> Mapping[str, str]:
    from arxivdaily.adapters.aws import client
    from arxivdaily.adapters.s3 import S3SiteStore

    return S3SiteStore(client("s3"), world.resources.bucket, world.resources.table).published(scope)


def _check_spending(world: World) -> None:
    """Records say of a paper what the service has counted: no more, and no less than was told to processes
    that could write it down."""
    noted: Counter[Question] = Counter()
    for day in world.days:
        for record in _records(day).values():
            for spent in record.spent:
                tokens = spent.usage.input_tokens + spent.usage.output_tokens
                noted[spent.stage, record.paper.versioned_id] += tokens
    paid, due = world.ledger.tokens, world.ledger.due()
    for question in sorted({*noted, *paid}):
        said = f"{question}: the record says {noted[question]} tokens"
        if noted[question] > paid[question]:
            world.outcome.wrong.append(f"{said}, the service {paid[question]}")
        elif noted[question] < due[question]:
            world.outcome.wrong.append(f"{said}, those who noted it were told of {due[question]}")


def _check_queues(world: World) -> None:
    """Dead-letter queues hold what nobody can read, and what was killed at each of its attempts."""
    for queue in ("Papers", "Matched", "Enrich", "Render"):
        dead = world._queue(f"{queue}DeadLetterQueue")._messages
        # A function whose time ends after it has put one there puts it there again, under the same id.
        poison = len({_first_id(message) for message in dead if message.body in world.poisonous})
        if poison != world.poison[f"{queue}Queue"]:
            sent = world.poison[f"{queue}Queue"]
            world.outcome.wrong.append(f"{queue}: {sent} poison messages, {poison} in the dead-letter queue")
        world.outcome.events[f"{queue.lower()} dead letters"] += len(dead)


def _first_id(message: Any) -> str:
    """What a dead letter was called in the queue that it comes from."""
    told = message.message_attributes.get("MessageId")
    return str(told["StringValue"] if told else message.id)


def _items(world: World) -> Items:
    import boto3

    found: dict[tuple[str, str], Any] = {}
    for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=world.resources.table):
        for item in page["Items"]:
            if not item["PK"]["S"].startswith(_AT_WORK):
                found[item["PK"]["S"], item["SK"]["S"]] = item
    return found


def _changes(was: Any, now: Any) -> str:
    """The attributes that differ, each with both values, shortened; of a body its fields."""
    if was is None or now is None:
        return "it is new" if was is None else "it is gone"
    was, now = _opened(was), _opened(now)
    return ", ".join(
        f"{name} {_short(was.get(name))} to {_short(now.get(name))}"
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    )


def _opened(item: Any) -> dict[str, Any]:
    body = item.get("body", {}).get("S", "{}")
    return {**item, **{f"body.{name}": value for name, value in json.loads(body).items()}, "body": None}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 200 else text[:200] + "…"
