"""The emulator's process: ministack, with its table journalled and its site bucket kept.

Started by `Emulator` as `python -m infrastructure.local.ministack_server STATE`; the rest of its
configuration is ministack's own environment. These are added to ministack 1.5:

- before everything else stands a gate (see gate): who has not this run's secret, which is the
  AWS_SECRET_ACCESS_KEY of this process's environment, is refused.
- the keys of model services reach the functions that call models, and no others.
- every change of the attached table goes to the journal before the request that made it is
  answered. ministack calls `dynamodb._emit_stream_event` with the new image for every change,
  whether the table has a stream or not; requests are handled on the event loop one at a time, so
  committing when the response starts makes each request, transactions included, all or nothing.
- `POST /_arxivdaily/attach` with {"table": name, "bucket": name} fills the freshly deployed table
  and bucket with what the last run left. In this process 40,000 items (a month of editions) take
  0.7 s; written through the API one by one they would take two minutes.
- functions' warnings are in this process's log as they come.
- a function waits a moment for a full batch, as Lambda's batching window has it.
- an alarm on an expression of metrics does not fail its stack.
- requests count as encrypted, SQS's batch calls are authorised as AWS does, and an event's source and type
  are keys of conditions: all of which matters where policies are enforced (`Emulator(enforce_iam=True)`).
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from infrastructure.local.errors import LocalError
from infrastructure.local.function_log import is_worth_keeping
from infrastructure.local.gate import App, Message, Receive, Send, gated
from infrastructure.local.journal import Journal
from infrastructure.local.processes import end_with_parent

_GATHERING = 0.2  # seconds without another message
ACCOUNT = "000000000000"
LAST_WORDS = "arxivdaily: "  # begins the line of the log that says why this process ends
ATTACH_PATH = "/_arxivdaily/attach"
# Keys that functions need who call a model; these say so by declaring LLM_PROVIDER.
_MODEL_KEYS = ("LLM_API_KEY", "TRANSLATE_API_KEY", "AWS_BEARER_TOKEN_BEDROCK")
_CALLS_MODELS = "LLM_PROVIDER"
_LEASE = {"S": "claim"}  # the kind of an item that a running function holds: worthless once it is gone


class _Event(msgspec.Struct, rename="pascal"):
    source: str
    detail_type: str


class _Events(msgspec.Struct, rename="pascal"):
    """What a PutEvents request says that conditions may ask for."""

    entries: list[_Event]


class StateFiles:
    """Where things are under `--state`."""

    def __init__(self, state: Path) -> None:
        self.journal = state / "journal.sqlite"
        self.objects = state / "s3"  # ministack's own layout: account/bucket/key
        self.kept_objects = state / "published"  # the site bucket's files between two runs
        self.bucket_name = state / "site-bucket"  # which directory below `objects` they came from
        self.log = state / "emulator.log"
        self.temporary = state / "tmp"


class JournalledTable:
    """Copies one table's changes to a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._table: str | None = None
        self._keys = ("", "")

    def attach(self, name: str) -> int:
        """Fill the empty table from the journal, then follow it; how many items it has now."""
        from ministack.services import dynamodb

        table = dynamodb._tables[name]
        self._keys = (table["pk_name"], table["sk_name"])
        count = 0
        for pk, sk, item in self._journal.items():
            if item.get("kind") != _LEASE:
                dynamodb._set_item(table, pk, sk, item)
                count += 1
        self._table = name
        emit = dynamodb._emit_stream_event

        def journalled(
            table_name: str,
            event_name: str,
            old_item: Mapping[str, Any] | None,
            new_item: Mapping[str, Any] | None,
            replicate: bool = True,
        ) -> None:
            emit(table_name, event_name, old_item, new_item, replicate)
            if table_name == self._table:
                self._note(old_item, new_item)

        dynamodb._emit_stream_event = journalled
        return count

    def _note(self, old_item: Mapping[str, Any] | None, new_item: Mapping[str, Any] | None) -> None:
        item = new_item or old_item or {}
        pk, sk = (item[name]["S"] for name in self._keys)
        if new_item is None:
            self._journal.delete(pk, sk)
        else:
            self._journal.put(pk, sk, new_item)


def keep_bucket(files: StateFiles, bucket: str) -> int:
    """Give the new site bucket the objects of the last run's; how many it has now.

    CloudFormation names the bucket afresh in every deployment, so its files are moved. The name is
    noted before the move: at a kill in between, `kept_objects` is still there and wins.
    """
    from ministack.core.responses import get_account_id
    from ministack.services import s3

    account = get_account_id()
    home = files.objects / account / bucket
    files.bucket_name.write_text(bucket)
    if files.kept_objects.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        if home.is_dir():
            home.rmdir()  # it is empty: nobody has published into a bucket that new
        files.kept_objects.rename(home)
        s3._load_persisted_bucket(account, bucket, str(home))
    return len(s3._buckets[bucket]["objects"])


def authorise_batches() -> None:
    """Have SQS's batch calls authorised as AWS does, by the action of their parts: IAM knows no
    sqs:SendMessageBatch, which ministack 1.5 asks for where it enforces policies."""
    from ministack.core import iam_actions

    extract = iam_actions.extract_iam_action

    def extracted(service: str, *arguments: Any) -> str | None:
        action: str | None = extract(service, *arguments)
        return action.removesuffix("Batch") if action and service == "sqs" else action

    iam_actions.extract_iam_action = extracted


def tell_of_events() -> None:
    """Let conditions see what an event says of itself, as AWS does (Service Authorization Reference,
    PutEvents). ministack 1.5 knows neither key, and what is not known equals nothing; nor does it look at one
    event after the other, so a request's events must agree here."""
    from ministack.core import iam_actions

    of_tags = iam_actions.request_tag_context

    def context(service: str, action: str, body: bytes, parameters: Any) -> dict[str, Any]:
        found: dict[str, Any] = of_tags(service, action, body, parameters)
        if action != "events:PutEvents":
            return found
        try:
            first, *others = msgspec.json.decode(body, type=_Events).entries
        except ValueError:  # no such request, or one without events
            return found
        if any(other != first for other in others):
            return found
        return found | {"events:source": first.source, "events:detail-type": first.detail_type}

    iam_actions.request_tag_context = context


def stand_in_for_sums() -> None:
    """Have an alarm on an expression of several metrics stand as one on the first of them. ministack 1.5
    makes none, and the stack with it; what the expression says is for the template's tests."""
    from ministack.services.cloudformation import provisioners

    record = provisioners._cw_metric_alarm_record

    def recorded(name: str, properties: Mapping[str, Any]) -> Any:
        metrics = [
            part["MetricStat"]["Metric"] for part in properties.get("Metrics", ()) if "MetricStat" in part
        ]
        stood_for = {key: metrics[0][key] for key in ("Namespace", "MetricName")} if metrics else {}
        others = {key: value for key, value in properties.items() if key != "Metrics"}
        return record(name, others | stood_for)

    provisioners._cw_metric_alarm_record = recorded


def hold_back_keys() -> None:
    """Have the keys of model services in the environment of those functions alone that call models. Every
    function inherits this process's environment; ministack adds its credentials function by function."""
    from ministack.core import lambda_runtime

    keys = {name: os.environ.pop(name) for name in _MODEL_KEYS if name in os.environ}
    made = lambda_runtime.execution_credentials

    def credentials(config: Mapping[str, Any]) -> dict[str, str]:
        variables = config.get("Environment", {}).get("Variables", {})
        return {**made(config), **(keys if _CALLS_MODELS in variables else {})}

    lambda_runtime.execution_credentials = credentials


def keep_warnings() -> None:
    """Have functions' warnings in this process's log, as they come. ministack 1.5 gives what a function says
    to CloudWatch Logs, once its invocation has ended: too late for whoever watches."""
    from ministack.core import lambda_runtime

    def read(worker: Any) -> None:
        with suppress(OSError, ValueError):  # the worker's pipe is closed
            for line in worker._proc.stderr:
                text = line.rstrip("\n")
                worker._stderr_queue.put(text)
                if is_worth_keeping(text):
                    sys.stderr.write(text + "\n")

    lambda_runtime.Worker._read_stderr = read


def secret_of(access_key: str, session_token: str) -> str | None:
    """The secret of this run's own key, or of a role's session or a user that ministack has made."""
    from ministack.core import iam_evaluator

    found = iam_evaluator.resolve_credential(access_key, ACCOUNT, session_token)
    return getattr(found, "secret_access_key", None)  # it answers with what is wrong otherwise


def gather_batches() -> None:
    """Have messages wait a moment for others of their batch. ministack 1.5 hands over what is there when it
    looks, whatever window the mapping has; a batch that is not full costs as much waiting for a model as a
    full one. A queue in order has one batch at a time anyway."""
    from ministack.core.concurrency import esm_wake
    from ministack.services import sqs

    receive = sqs._receive_messages_for_esm

    def gathered(queue_url: str, size: int) -> Any:
        queue, now = sqs._queues.get(queue_url), time.time()
        if queue and not queue.get("is_fifo"):
            ready = [m["sent_at"] for m in list(queue["messages"]) if m["visible_at"] <= now]
            if 0 < len(ready) < size and now - max(ready) < _GATHERING:
                timer = threading.Timer(_GATHERING, esm_wake.set)
                timer.daemon = True
                timer.start()
                return []
        found: list[Any] = receive(queue_url, size)
        # ministack hands over ten at most, as a receiver gets them; a mapping's batch may be larger.
        while 0 < len(found) < size and (more := receive(queue_url, size - len(found))):
            found += more
        return found

    sqs._receive_messages_for_esm = gathered


def as_encrypted(scope: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request as something that ended TLS in front of the emulator would pass it on, unless it says
    itself how it came: on loopback there is none, and the bucket's policy refuses what is not encrypted."""
    headers = list(scope["headers"])
    if any(name == b"x-forwarded-proto" for name, _ in headers):
        return scope
    return {**scope, "headers": [*headers, (b"x-forwarded-proto", b"https")]}


def journalled_app(app: App, journal: Journal, files: StateFiles) -> App:
    """The emulator's ASGI application with the journal committed before each response."""
    table = JournalledTable(journal)

    async def attach(receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        try:
            wanted = json.loads(body)
            found: dict[str, int | str] = {
                "items": table.attach(wanted["table"]),
                "objects": keep_bucket(files, wanted["bucket"]),
            }
            status = 200
        except Exception as error:  # whatever ministack raises: the caller shows it
            traceback.print_exc()
            said = str(error) if isinstance(error, LocalError) else f"{type(error).__name__}: {error}"
            found, status = {"error": said}, 500
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(found).encode()})

    async def journalled(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_committed(message: Message) -> None:
            if message["type"] == "http.response.start":
                try:
                    journal.commit()
                except Exception as error:
                    # Memory is ahead of the disk and cannot be taken back: stop before anybody
                    # is told that this is stored.
                    traceback.print_exc()
                    print(f"{LAST_WORDS}{' '.join(str(error).split())}", file=sys.stderr, flush=True)
                    os._exit(70)
            await send(message)

        if scope["path"] == ATTACH_PATH:
            await attach(receive, send)
        else:
            await app(as_encrypted(scope), receive, send_committed)

    return journalled


def main() -> None:
    """Run ministack until it is told to stop, or until the process that started it is gone."""
    end_with_parent()
    files = StateFiles(Path(sys.argv.pop()))
    from ministack import app as ministack

    authorise_batches()
    tell_of_events()
    stand_in_for_sums()
    gather_batches()
    hold_back_keys()
    keep_warnings()
    address = f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"
    with Journal(files.journal) as journal:
        ministack.app = gated(journalled_app(ministack.app, journal, files), address, secret_of)
        ministack.main()


if __name__ == "__main__":
    main()
