"""The application of `template.yaml` in the emulator: deployed, asked to fetch, looked at."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infrastructure.local.background import in_background
from infrastructure.local.deploy import Stack
from infrastructure.local.emulator import Emulator
from infrastructure.local.errors import GoneByError, LocalError
from infrastructure.local.progress import Progress, one_line
from infrastructure.local.site_sync import SiteSync

if TYPE_CHECKING:
    from arxivdaily.ports import PaperStore

MODEL_QUEUES = ("PapersQueueUrl", "MatchedQueueUrl")
ENRICH_QUEUE = ("EnrichQueueUrl",)
RENDER_QUEUE = ("RenderQueueUrl",)
DEAD_LETTER_QUEUES = (
    "PapersDeadLetterQueueUrl",
    "MatchedDeadLetterQueueUrl",
    "EnrichDeadLetterQueueUrl",
    "RenderDeadLetterQueueUrl",
)
_FETCH_TIMEOUT = 960.0  # seconds; the function's own limit is 900


class Application:
    """`store` has its records, `sync` writes its site's files, `stack` deploys it again."""

    def __init__(
        self, emulator: Emulator, stack: Stack, store: PaperStore, sync: SiteSync, progress: Progress
    ) -> None:
        self.emulator = emulator
        self.stack = stack
        self.store = store
        self.sync = sync
        self._progress = progress
        self._sqs = emulator.client("sqs")

    def fetch(
        self, edition: str | None, *, stored: bool = False, papers: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Invoke the fetch function; LocalError with its message if it fails, GoneByError for an edition
        that arXiv's feeds do not show any more.

        `stored`: for what an edition has left, without asking arXiv again; of `papers`, if any are named.
        """
        self._progress.step("queueing what is left" if stored else "reading arXiv's announcement")
        request: dict[str, Any] = {"edition": edition, "retry": True, "stored": stored}
        if papers:
            request["papers"] = list(papers)
        return self._invoke(request)

    def backfill(self, edition: str) -> dict[str, Any]:
        """Have a day that has gone by made from arXiv's OAI-PMH; LocalError if that fails."""
        self._progress.step(f"reading {edition} from arXiv's archive (OAI-PMH)")
        return self._invoke({"edition": edition, "backfill": True})

    def _invoke(self, request: Mapping[str, Any]) -> dict[str, Any]:
        client = self.emulator.client("lambda", read_timeout=_FETCH_TIMEOUT)
        answer = in_background(
            lambda: client.invoke(
                FunctionName=self.stack.outputs["FetchFunctionName"],
                Payload=json.dumps(request).encode(),
            )
        )
        while not answer.done():
            self.emulator.check()
            time.sleep(0.1)
        response = answer.result()
        body = json.loads(response["Payload"].read() or b"null")
        if response.get("FunctionError"):
            raise LocalError(f"fetching failed: {_message(body)}")
        if body.get("outcome") == "gone_by":
            raise GoneByError(one_line(str(body.get("message"))))
        for problem in body.get("problems", ()):
            self._progress.note(f"could not be read: {problem}")
        return dict(body)

    def waiting(self, queues: Sequence[str]) -> int:
        """Messages in these queues: visible, delayed or being worked on."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        total = 0
        for queue in queues:
            answer = self._sqs.get_queue_attributes(QueueUrl=self.stack.outputs[queue], AttributeNames=names)
            total += sum(int(answer["Attributes"].get(name, 0)) for name in names)
        return total


def deployed(
    emulator: Emulator, root: Path, site: Path, environment: Mapping[str, str], progress: Progress
) -> Application:
    """Deploy the template of `root`, and bring back what is stored; its site is written to `site`.

    This process has the emulator's AWS in its environment from then on.
    """
    progress.step("deploying template.yaml")
    stack = Stack(emulator, root)
    stack.create(environment)
    progress.step("restoring what is stored")
    table, bucket = stack.outputs["TableName"], stack.outputs["SiteBucketName"]
    restored = emulator.attach(table, bucket)
    if restored.items:
        progress.note(f"{restored.items:,} stored items and {restored.objects:,} published files are back.")
    emulator.adopt()
    from arxivdaily.adapters.dynamodb import DynamoPaperStore

    sync = SiteSync(emulator.client("s3"), bucket, site.resolve())
    application = Application(emulator, stack, DynamoPaperStore(table), sync, progress)
    sync()
    return application


def _message(body: object) -> str:
    """What a function that failed says of it."""
    return one_line(str(body.get("errorMessage") or body) if isinstance(body, dict) else str(body))
