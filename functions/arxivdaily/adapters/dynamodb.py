"""The store on DynamoDB: one table, one item a thing, conditional writes where two could meet.

| kind    | PK                 | SK                                  | body                          |
|---------|--------------------|-------------------------------------|-------------------------------|
| edition | EDITIONS           | date                                | -                             |
| record  | RECORDS#date       | arXiv identifier                    | the Record as JSON            |
| answer  | ANSWERS#id v n     | stage#prompt version#model          | the answer as JSON            |
| answer  | DRAFTS#id v n      | draft#prompt version#model          | the draft as JSON, for a week |
| claim   | CLAIMS#id v n      | stage#prompt version#model          | -, removed by TTL             |
| claim   | CLAIMS#render      | site                                | -, of who publishes           |
| claim   | CLAIMS#repair      | date                                | -, an edition to look after   |
| claim   | CLAIMS#message id  | deliveries                          | -, those that were worked on  |
| object  | OBJECTS#scope      | path                                | -, the published SHA-256      |

A record's item repeats its state for people who look at the table; the body is what counts.
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    NumberAttribute,
    NumberSetAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import (
    PynamoDBException,
    TransactWriteError,
)
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from arxivdaily.adapters import aws
from arxivdaily.adapters.pace import LARGEST, UNITS_A_SECOND, Pace
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Provenance, Record
from arxivdaily.errors import ArxivDailyError, ConflictError, PermanentError, ThrottledError, TransientError
from arxivdaily.ports import Answer, AnswerKey, ClassifyAnswer, Clock, Draft, Tell, TranslateAnswer, untold

_TRANSACTION_ITEMS = 50  # DynamoDB allows 100 and 4 MB; an announced paper is 2.2 KB, a few are 6
_BATCH_ITEMS = 25  # DynamoDB's limit
_DAY_PATIENCE = 120.0  # seconds of throttling while a day is recorded: fetch has a quarter of an hour for all
_BATCH_PATIENCE = 5.0  # the same for a batch, whose caller knows how late it is
_EDITIONS = "EDITIONS"
_RENDER = ("CLAIMS#render", "site")
_REPAIR = "CLAIMS#repair"
_KEPT = timedelta(days=15)  # longer than a queue keeps a message
_QUERIES = 8  # at once, where each is for one paper

# What DynamoDB says when trying again later can help (its developer guide, "Error handling").
_TRANSIENT_CODES = frozenset(
    {
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "LimitExceededException",
        "ServiceUnavailable",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
# Why a transaction was cancelled (API reference, TransactWriteItems). Nothing of it was written; what has the
# first reasons may be written later, what has the second never will be.
_PASSING_REASONS = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"})
_LASTING_REASONS = frozenset({"ValidationError", "ItemCollectionSizeLimitExceeded", "DuplicateItem"})


class Models:
    """The item classes of one table (pynamodb binds a class to its table, and a discriminator's values
    to the classes of one base)."""

    def __init__(self, table: str) -> None:
        self.table = table

        class TableItem(Model):
            class Meta:
                table_name = table
                max_retry_attempts = 3
                connect_timeout_seconds = 3
                read_timeout_seconds = 10
                max_pool_connections = (
                    100  # threads of an invocation: twice LlmConcurrency, which is 50 at most
                )

            PK = UnicodeAttribute(hash_key=True)
            SK = UnicodeAttribute(range_key=True)
            kind = DiscriminatorAttribute()

        class EditionItem(TableItem, discriminator="edition"):
            created = UnicodeAttribute()
            completed = UnicodeAttribute(null=True)
            channel_counts = JSONAttribute(null=True)
            rendered = NumberAttribute(null=True)
            filled = BooleanAttribute(null=True)
            unread = UnicodeSetAttribute(null=True)

        class ByPaper(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
            class Meta:
                index_name = "by_paper"
                projection = KeysOnlyProjection()

            arxiv_id = UnicodeAttribute(hash_key=True)
            edition = UnicodeAttribute(range_key=True)

        class RecordPlace(Model):
            """What the index has of a record: keys alone, so no `kind` to filter by."""

            class Meta(TableItem.Meta):
                pass

            PK = UnicodeAttribute(hash_key=True)
            SK = UnicodeAttribute(range_key=True)
            arxiv_id = UnicodeAttribute()
            edition = UnicodeAttribute()
            by_paper = ByPaper()

        class RecordItem(TableItem, discriminator="record"):
            edition = UnicodeAttribute()
            arxiv_id = UnicodeAttribute()
            version = NumberAttribute()
            state = UnicodeAttribute()
            reason = UnicodeAttribute(null=True)
            revision = NumberAttribute()
            body = UnicodeAttribute()

        class AnswerItem(TableItem, discriminator="answer"):
            body = UnicodeAttribute()
            expires = NumberAttribute(null=True)  # of a draft

        class ClaimItem(TableItem, discriminator="claim"):
            expires = NumberAttribute()  # epoch seconds; also the table's TTL attribute
            owner = UnicodeAttribute(null=True)
            deliveries = NumberSetAttribute(null=True)

        class ObjectItem(TableItem, discriminator="object"):
            sha256 = UnicodeAttribute()

        # One client for all of them: pynamodb makes one a class, each a tenth of a second and five megabytes,
        # and classes inherit it. This one's schema has the index.
        TableItem._connection = RecordPlace._get_connection()
        self.connection: Connection = TableItem._connection.connection

        self._is_connected = False
        self.base = TableItem
        self.edition = EditionItem
        self.record = RecordItem
        self.place = RecordPlace
        self.answer = AnswerItem
        self.claim = ClaimItem
        self.object = ObjectItem

    @property
    def is_emulated(self) -> bool:
        """Whether the table is an emulator's on this computer, which has no partitions to spare."""
        host = urlsplit(self.connection.client.meta.endpoint_url).hostname or ""
        return host in ("localhost", "127.0.0.1", "::1")

    def connect(self) -> Models:
        """Have the client made, which who only reads items from elsewhere (a journal) has no need of.

        From everybody's session: one of its own would read all that botocore knows of endpoints once more.
        """
        with aws.creating:
            if not self._is_connected:
                self.connection._local.session = aws.session()
                self.connection.client  # noqa: B018 - made here, by one thread
                self._is_connected = True
        return self


@lru_cache(maxsize=8)
def models(table: str) -> Models:
    return Models(table)


@contextlib.contextmanager
def translated_errors(doing: str) -> Iterator[None]:
    """Turn pynamodb's and botocore's errors into ours; `doing` completes "cannot …"."""
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except PynamoDBException as error:
        details = _response(error).get("Error", {})
        code = details.get("Code")
        message = f"cannot {doing}: {code or type(error).__name__}: {details.get('Message') or error}"
        reasons = _cancellation_reasons(error)
        if code in aws.THROTTLED_CODES or (reasons & _PASSING_REASONS and not reasons & _LASTING_REASONS):
            raise ThrottledError(message) from error
        if reasons & _LASTING_REASONS:
            raise PermanentError(message) from error
        if code == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in reasons:
            raise ConflictError(message) from error
        if code is None or code in _TRANSIENT_CODES or _is_server_error(error):
            raise TransientError(message) from error
        raise PermanentError(message) from error
    except BotoCoreError as error:
        raise TransientError(f"cannot {doing}: {type(error).__name__}: {error}") from error


def _cancellation_reasons(error: PynamoDBException) -> set[str]:
    """Why a transaction was cancelled, for any of its items; empty for every other error."""
    found = error.cancellation_reasons if isinstance(error, TransactWriteError) else ()
    return {reason.code for reason in found if reason is not None}


def _is_server_error(error: PynamoDBException) -> bool:
    status = _response(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return isinstance(status, int) and status >= 500


def _response(error: PynamoDBException) -> Mapping[str, Any]:
    """What DynamoDB answered; empty where it did not. (`cause_response_code` fails for a connection that was
    reset: botocore's error has a response, which is None.)"""
    response: Mapping[str, Any] = getattr(error.cause, "response", None) or {}
    return response


class DynamoPaperStore:
    """`ports.PaperStore` on one DynamoDB table."""

    def __init__(self, table_name: str, tell: Tell = untold, *, pace: Pace | None = None) -> None:
        """`tell` is told of every record that was stored, when it has been. `pace` None: what a partition
        takes, or as fast as can be where the table is an emulator's on this computer."""
        self._models = models(table_name).connect()
        self._pace = pace or Pace(None if self._models.is_emulated else UNITS_A_SECOND)
        # Made here: threads that need it first would each make one.
        _ = self._models.connection.client
        self._tell = tell

    # --- editions --------------------------------------------------------------------------

    def create_edition(self, edition: Edition) -> bool:
        item = self._models.edition(
            _EDITIONS,
            edition.date,
            created=_to_text(edition.created),
            filled=edition.filled,
            unread=set(edition.unread) or None,
        )
        try:
            with translated_errors(f"create edition {edition.date}"):
                item.save(condition=self._models.edition.PK.does_not_exist())
        except ConflictError:
            return False
        return True

    def edition(self, date: str) -> Edition | None:
        with translated_errors(f"read edition {date}"):
            try:
                item = self._models.edition.get(_EDITIONS, date, consistent_read=True)
            except self._models.edition.DoesNotExist:
                return None
        return _edition(item)

    def complete_edition(self, date: str, now: datetime) -> bool:
        model = self._models.edition
        try:
            with translated_errors(f"complete edition {date}"):
                model(_EDITIONS, date).update(
                    actions=[model.completed.set(_to_text(now))],
                    condition=model.PK.exists() & model.completed.does_not_exist(),
                )
        except ConflictError:
            return False
        return True

    def reopen_edition(self, date: str) -> None:
        model = self._models.edition
        with contextlib.suppress(ConflictError), translated_errors(f"reopen edition {date}"):
            model(_EDITIONS, date).update(actions=[model.completed.remove()], condition=model.PK.exists())

    def set_channel_counts(self, date: str, counts: Mapping[str, int]) -> None:
        model = self._models.edition
        with translated_errors(f"note the counts of edition {date}"):
            model(_EDITIONS, date).update(
                actions=[model.channel_counts.set(dict(sorted(counts.items())))],
                condition=model.PK.exists(),
            )

    def note_filled(self, date: str, read: Collection[str]) -> None:
        model = self._models.edition
        actions: list[Action] = [model.filled.set(True)]
        if read:
            # From the set as it stands: two runs that have read a feed each take away both.
            actions.append(model.unread.delete(set(read)))
        with translated_errors(f"note that edition {date} is recorded"):
            model(_EDITIONS, date).update(actions=actions, condition=model.PK.exists())

    def note_rendered(self, date: str, revisions: int) -> None:
        model = self._models.edition
        with translated_errors(f"note that edition {date} is published"):
            model(_EDITIONS, date).update(
                actions=[model.rendered.set(revisions)], condition=model.PK.exists()
            )

    def editions(
        self,
        *,
        before: str | None = None,
        after: str | None = None,
        newest_first: bool = True,
        limit: int | None = None,
    ) -> Sequence[Edition]:
        # "\x00" is the least character: it makes DynamoDB's inclusive BETWEEN exclusive below.
        low = f"{after}\x00" if after else "0000"
        high = before or "9999"
        model = self._models.edition
        with translated_errors("list editions"):
            items = model.query(
                _EDITIONS,
                model.SK.between(low, high),
                scan_index_forward=not newest_first,
                consistent_read=True,
                limit=None if limit is None else limit + 1,
            )
            found = [_edition(item) for item in items if before != item.SK]
        return found[:limit]

    def look_after(self, date: str, until: datetime) -> None:
        with translated_errors(f"have edition {date} looked after"):
            self._models.claim(_REPAIR, date, expires=int(until.timestamp())).save()

    def looked_after(self, now: datetime) -> Sequence[str]:
        model = self._models.claim
        with translated_errors("list the editions to look after"):
            items = list(model.query(_REPAIR, consistent_read=True))
        # TTL removes them within days only.
        return [str(item.SK) for item in items if item.expires > int(now.timestamp())]

    # --- records ---------------------------------------------------------------------------

    def add_records(self, records: Iterable[Record]) -> int:
        added = 0
        by_edition: dict[str, list[Record]] = {}
        for record in records:
            by_edition.setdefault(record.edition, []).append(record)
        for edition, wanted in by_edition.items():
            known = self._known_ids(edition)
            new = [r for r in wanted if r.paper.arxiv_id not in known]
            end = self._pace.until(_DAY_PATIENCE)
            for some in _transactions(new):
                added += self._add(some, end)
        return added

    def _known_ids(self, edition: str) -> set[str]:
        model = self._models.record
        with translated_errors(f"list the papers of {edition}"):
            # Not the body: what is read is still charged, but what is sent and parsed is small.
            items = model.query(
                f"RECORDS#{edition}", consistent_read=True, attributes_to_get=["PK", "SK", "kind"]
            )
            return {item.SK for item in items}

    def _add(self, records: Sequence[Record], end: float) -> int:
        """All in one transaction, which is tried again as a whole while it is throttled; one by one if some
        are there by now, or nobody knows whether they are. `end`: until when."""

        def transact() -> None:
            with (
                translated_errors(f"add {len(records)} papers"),
                TransactWrite(connection=self._models.connection) as transaction,
            ):
                for record in records:
                    transaction.save(self._item(record), condition=self._models.record.PK.does_not_exist())

        try:
            self._pace.patiently(transact, end, 2 * sum(map(_units, records)))
        except (ThrottledError, PermanentError):
            raise  # nothing of it was written
        except TransientError:
            return sum(self._add_one(record, end) for record in records)
        for record in records:
            self._tell("paper recorded", record)
        return len(records)

    def _add_one(self, record: Record, end: float) -> bool:
        """Whether it was not there."""

        def save() -> None:
            with translated_errors(f"add {record.paper.versioned_id}"):
                self._item(record).save(condition=self._models.record.PK.does_not_exist())

        try:
            self._pace.patiently(save, end, _units(record))
        except ConflictError:
            if not self._is_stored(record):
                return False
        self._tell("paper recorded", record)
        return True

    def _is_stored(self, record: Record) -> bool:
        """Whether exactly this record is there. The answer to a write may be lost: its client sends it
        again, and meets itself."""
        return self.find([record.key]).get(record.key) == record

    def save(self, record: Record) -> Record:
        new = dataclasses.replace(record, revision=record.revision + 1)
        model = self._models.record
        item = self._item(new)
        try:
            with translated_errors(f"save {record.paper.versioned_id} in {record.edition}"):
                item.save(condition=model.revision == record.revision)
        except ConflictError:
            if not self._is_stored(new):
                raise
        self._tell("paper changed", new)
        return new

    def records(self, edition: str) -> Sequence[Record]:
        with translated_errors(f"read the papers of {edition}"):
            items = self._models.record.query(f"RECORDS#{edition}", consistent_read=True)
            return [_record(item) for item in items]

    def last_id(self, edition: str) -> str | None:
        model = self._models.record
        with translated_errors(f"read the last paper of {edition}"):
            # New-scheme identifiers begin with a digit, old-scheme ones (cs/0112017) with a letter.
            newest = model.query(f"RECORDS#{edition}", model.SK < ":", scan_index_forward=False, limit=1)
            return next((str(item.SK) for item in newest), None)

    def earlier(self, arxiv_ids: Collection[str], before: str) -> Mapping[str, Sequence[Record]]:
        model = self._models.place

        def found_places(arxiv_id: str) -> list[tuple[str, str]]:
            return [(item.PK, item.SK) for item in model.by_paper.query(arxiv_id, model.edition < before)]

        wanted = dict.fromkeys(arxiv_ids)
        with (
            translated_errors("look for earlier versions"),
            # An index is asked for one paper at a time: a thousand of them, one after the other, take long.
            ThreadPoolExecutor(_QUERIES, thread_name_prefix="earlier") as pool,
        ):
            places = [place for places in pool.map(found_places, wanted) for place in places]
            items = list(self._models.record.batch_get(places, consistent_read=True))
        found: dict[str, list[Record]] = {}
        for record in sorted(map(_record, items), key=attrgetter("edition")):
            found.setdefault(record.paper.arxiv_id, []).append(record)
        return found

    def find(self, keys: Collection[PaperKey]) -> Mapping[PaperKey, Record]:
        wanted = {(f"RECORDS#{key.edition}", key.arxiv_id) for key in keys}
        with translated_errors("read papers"):
            items = self._models.record.batch_get(sorted(wanted), consistent_read=True)
            found = {record.key: record for record in map(_record, items)}
        return {key: found[key] for key in keys if key in found}

    # --- answers ---------------------------------------------------------------------------

    def answers(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Answer]:
        wanted = {_answer_key(_place(key), key): key for key in keys}
        with translated_errors("read model answers"):
            items = list(self._models.answer.batch_get(sorted(wanted), consistent_read=True))
        found: dict[AnswerKey, Answer] = {}
        for item in items:
            key = wanted[item.PK, item.SK]
            found[key] = (
                msgspec.json.decode(item.body, type=Draft)
                if key.stage == "draft"
                else _answer(key, item.body)
            )
        return found

    def answers_of(self, arxiv_id: str, version: int) -> Mapping[AnswerKey, ClassifyAnswer | TranslateAnswer]:
        with translated_errors(f"read the model answers of {arxiv_id}v{version}"):
            items = list(self._models.answer.query(f"ANSWERS#{arxiv_id}v{version}", consistent_read=True))
        return dict(answer_of(arxiv_id, version, item.SK, item.body) for item in items)

    def put_answers(self, answers: Mapping[AnswerKey, Answer]) -> None:
        model = self._models.answer
        items = [
            model(
                *_answer_key(_place(key), key),
                body=msgspec.json.encode(answer).decode(),
                expires=answer.expires if isinstance(answer, Draft) else None,
            )
            for key, answer in answers.items()
        ]
        with translated_errors("store model answers"):
            write_batches(model, put=items)

    def claim(self, key: AnswerKey, now: datetime, until: datetime) -> bool:
        model = self._models.claim
        # The client sends a request again when its answer is lost: it must find its own claim free.
        owner = uuid.uuid4().hex
        item = model(*_answer_key("CLAIMS", key), expires=int(until.timestamp()), owner=owner)
        free = model.PK.does_not_exist() | (model.expires <= int(now.timestamp())) | (model.owner == owner)
        try:
            with translated_errors(f"claim {key.arxiv_id}"):
                item.save(condition=free)
        except ConflictError:
            return False
        except TransientError:
            # Perhaps it was made, and every reply lost. Whoever made it does not know, and would wait for it.
            item.expires = int(now.timestamp())
            with contextlib.suppress(ArxivDailyError), translated_errors("give a claim back"):
                item.save(condition=model.owner == owner)
            raise
        return True

    def release(self, keys: Collection[AnswerKey]) -> None:
        model = self._models.claim
        with translated_errors("release claims"):
            write_batches(model, delete=[model(*_answer_key("CLAIMS", key)) for key in keys])

    def begin_render(self, owner: str, now: datetime, until: datetime) -> bool:
        model = self._models.claim
        item = model(*_RENDER, expires=int(until.timestamp()), owner=owner)
        free = model.PK.does_not_exist() | (model.expires <= int(now.timestamp())) | (model.owner == owner)
        try:
            with translated_errors("begin to publish"):
                item.save(condition=free)
        except ConflictError:
            return False
        return True

    def end_render(self, owner: str) -> None:
        model = self._models.claim
        with contextlib.suppress(ConflictError), translated_errors("end publishing"):
            model(*_RENDER, expires=0, owner=owner).save(condition=model.owner == owner)

    def _item(self, record: Record) -> Any:
        return self._models.record(
            f"RECORDS#{record.edition}",
            record.paper.arxiv_id,
            edition=record.edition,
            arxiv_id=record.paper.arxiv_id,
            version=record.paper.version,
            state=record.state.value,
            reason=record.reason or None,
            revision=record.revision,
            body=msgspec.json.encode(record).decode(),
        )


class DynamoAttempts:
    """`ports.Attempts` in the same table. The deliveries are a set, so that a write whose reply was lost
    counts once; TTL removes it when the message is gone as well."""

    def __init__(self, table_name: str, clock: Clock) -> None:
        self._model = models(table_name).connect().claim
        self._clock = clock

    def note(self, message: str, delivery: int) -> int:
        model = self._model
        with translated_errors(f"note that message {message} is worked on"):
            item = model(f"CLAIMS#{message}", "deliveries")
            item.update(
                actions=[
                    model.kind.set(model),
                    model.deliveries.add({delivery}),
                    model.expires.set(int((self._clock() + _KEPT).timestamp())),
                ]
            )
        return len(item.deliveries or ())

    def forget(self, message: str, delivery: int) -> None:
        model = self._model
        with (
            contextlib.suppress(ConflictError),  # it is not there
            translated_errors(f"note that message {message} was not worked on"),
        ):
            model(f"CLAIMS#{message}", "deliveries").update(
                actions=[model.deliveries.delete({delivery})], condition=model.PK.exists()
            )


def _units(record: Record) -> int:
    """Write units of a record: a kilobyte each, begun ones too. Its item repeats a few fields of the body."""
    return 1 + (len(msgspec.json.encode(record)) + len(record.reason.encode()) + 200) // 1024


def _transactions(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """As many at once as a transaction, and a partition's second, has room for."""
    some: list[Record] = []
    units = 0
    for record in records:
        needed = 2 * _units(record)
        if some and (len(some) == _TRANSACTION_ITEMS or units + needed > LARGEST):
            yield some
            some, units = [], 0
        some.append(record)
        units += needed
    if some:
        yield some


def write_batches(
    model: Any, *, put: Sequence[Any] = (), delete: Sequence[Any] = (), pace: Pace | None = None
) -> None:
    """Put and delete items, each once, in any order; what DynamoDB leaves out of a batch is sent again, after
    a pause that grows. (pynamodb's own batches send it again at once, twice.) Raises what the client raises,
    and ThrottledError for what was left out to the end."""
    calls = [("put_items", item.serialize()) for item in put]
    calls += [("delete_items", item._get_keys()) for item in delete]
    pace = pace or Pace(None)
    for start in range(0, len(calls), _BATCH_ITEMS):
        left = calls[start : start + _BATCH_ITEMS]

        def send() -> None:
            nonlocal left
            kinds = {
                kind: [item for its, item in left if its == kind] for kind in ("put_items", "delete_items")
            }
            answer = model._get_connection().batch_write_item(**kinds) or {}
            refused = answer.get("UnprocessedItems", {}).get(model.Meta.table_name, [])
            left = [
                ("put_items", one["PutRequest"]["Item"])
                if "PutRequest" in one
                else ("delete_items", one["DeleteRequest"]["Key"])
                for one in refused
            ]
            if left:
                raise ThrottledError(f"{len(left)} of a batch's items were left out")

        pace.patiently(send, pace.until(_BATCH_PATIENCE))


def _place(key: AnswerKey) -> str:
    return "DRAFTS" if key.stage == "draft" else "ANSWERS"


def _answer_key(prefix: str, key: AnswerKey) -> tuple[str, str]:
    return (
        f"{prefix}#{key.arxiv_id}v{key.version}",
        f"{key.stage}#{key.made_by.prompt_version}#{key.made_by.model}",
    )


def answer_of(
    arxiv_id: str, version: int, sort_key: str, body: str
) -> tuple[AnswerKey, ClassifyAnswer | TranslateAnswer]:
    """A stored answer from its item's sort key and body."""
    stage, prompt_version, model = sort_key.split("#", 2)
    kind: Literal["classify", "translate"] = "classify" if stage == "classify" else "translate"
    key = AnswerKey(arxiv_id, version, kind, Provenance(model, prompt_version))
    return key, _answer(key, body)


def _answer(key: AnswerKey, body: str) -> ClassifyAnswer | TranslateAnswer:
    if key.stage == "classify":
        return msgspec.json.decode(body, type=ClassifyAnswer)
    return msgspec.json.decode(body, type=TranslateAnswer)


def record_of(body: str) -> Record:
    """A record from its item's body."""
    return msgspec.json.decode(body, type=Record)


def edition_of(raw: Mapping[str, Any]) -> Edition:
    """An edition from its item as DynamoDB's JSON has it, for a reader that has no table."""
    return _edition(models("").edition.from_raw_data(dict(raw)))


def _record(item: Any) -> Record:
    return record_of(item.body)


def _edition(item: Any) -> Edition:
    return Edition(
        date=item.SK,
        created=datetime.fromisoformat(item.created),
        completed=datetime.fromisoformat(item.completed) if item.completed else None,
        channel_counts=item.channel_counts or {},
        rendered=None if item.rendered is None else int(item.rendered),
        # Items of a time before the mark.
        filled=item.rendered is not None if item.filled is None else bool(item.filled),
        unread=frozenset(item.unread or ()),
    )


def _to_text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")
