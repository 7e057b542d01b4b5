"""Each function's role allows what the function calls, and nothing that it does not call."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

import botocore.endpoint
import pytest
from arxivdaily import wiring
from arxivdaily.adapters.arxiv_pages import ArxivPages
from arxivdaily.domain.affiliations import AuthorBlock
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Record, State
from arxivdaily.errors import ConflictError, PermanentError, TransientError
from aws_resources import load_template
from fakes import ScriptedClassifier, ScriptedTranslator
from pipeline import Pipeline
from test_pipeline import (  # noqa: F401 - fixtures
    EDITION,
    arxiv,
    classifier,
    match_all,
    pipeline,
    records,
    translator,
)
from test_updates import replaced_day

from infrastructure.local.sample_server import SampleArxiv

ROLES = {
    "fetch": "FetchRole",
    "classify": "ClassifyRole",
    "enrich": "EnrichRole",
    "translate": "TranslateRole",
    "render": "RenderRole",
}
# Transactions and batches of SQS are authorised by the action of their parts.
AUTHORISED_BY = {
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "eventbridge:PutEvents": "events:PutEvents",
}
# Called by Lambda's event source mapping in the function's name, or by the runtime.
BY_LAMBDA = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
SERVICES = ("dynamodb:", "sqs:", "s3:", "events:")


def allowed(role: str) -> set[str]:
    actions: set[str] = set()
    for policy in load_template()["Resources"][role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            found = statement.get("Action", [])
            actions.update([found] if isinstance(found, str) else found)
    return {action for action in actions if action.startswith(SERVICES)}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Actions by function, noted where botocore sends its requests."""
    import pipeline as harness

    made: dict[str, set[str]] = defaultdict(set)
    current = [""]
    send = botocore.endpoint.Endpoint.make_request

    def noting(self: Any, operation: Any, request: Any) -> Any:
        action = f"{operation.service_model.service_name}:{operation.name}"
        if current[0]:
            made[current[0]].add(AUTHORISED_BY.get(action, action))
        return send(self, operation, request)

    found = harness.handler

    def handler(name: str) -> harness.Handler:
        inner = found(name)

        def run(event: dict[str, Any], context: Any) -> Any:
            current[0] = name
            try:
                return inner(event, context)
            finally:
                current[0] = ""

        return run

    monkeypatch.setattr(botocore.endpoint.Endpoint, "make_request", noting)
    monkeypatch.setattr(harness, "handler", handler)
    return made


def test_roles_fit_the_calls(
    pipeline: Pipeline,  # noqa: F811
    arxiv: SampleArxiv,  # noqa: F811
    classifier: ScriptedClassifier,  # noqa: F811
    translator: ScriptedTranslator,  # noqa: F811
    calls: dict[str, set[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    match_all(classifier)
    monkeypatch.setenv("TRANSLATE_LIMIT", "5")
    pipeline.fetch()
    some = sorted(i for i in records() if i in classifier.outcomes)
    good = classifier.outcomes[some[0]]
    classifier.outcomes[some[0]] = TransientError("throttled")  # a delay, and a claim given back
    translator.errors[some[-1]] = PermanentError("refused")
    pipeline.deliver("PapersQueue", "classify")
    classifier.outcomes[some[0]] = good
    pipeline.drain()
    translator.errors = {i: TransientError("throttled") for i in some}
    monkeypatch.setenv("TRANSLATE_LIMIT", "6")
    forget_settings()
    pipeline.fetch(edition=EDITION, retry=True)
    pipeline.deliver("MatchedQueue", "translate")
    translator.errors = {}
    monkeypatch.setenv("DAILY_BUDGET", "1000000000 tokens")  # it takes the edition's records to know the rest
    forget_settings()
    pipeline.drain()
    conflict_once(monkeypatch)  # a lost race makes fetch read the paper again
    failed = some[0]
    stored = wiring.store().find([records()[failed].key])[records()[failed].key]
    wiring.store().save(as_failed(stored))
    pipeline.fetch(edition=EDITION, retry=True)
    with monkeypatch.context() as patch:
        patch.setattr(wiring, "render_edition", lambda: failing_render)
        wait_for_render(pipeline)
    pipeline.drain()
    busy_once(monkeypatch)  # arXiv asks to wait, so the message comes back later
    replaced_day(arxiv)  # a complete edition with updates has the earlier one rendered
    pipeline.fetch()
    pipeline.drain()

    for name, role in ROLES.items():
        used, granted = calls[name], allowed(role)
        assert used <= granted, f"{name} calls what {role} does not allow"
        assert granted <= used | BY_LAMBDA, f"{role} allows what {name} does not call"


def test_classify_may_split_a_message_of_its_own_queue() -> None:
    """Actions are compared above; a queue that is missing among the resources would not show."""
    (policy,) = load_template()["Resources"]["ClassifyRole"]["Properties"]["Policies"]
    (queue,) = [s for s in policy["PolicyDocument"]["Statement"] if s.get("Sid") == "Queue"]
    targets = {str(resource) for resource in queue["Resource"]}
    assert any("PapersQueue" in target for target in targets)
    assert any("MatchedQueue" in target for target in targets)


def busy_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """arXiv's next page is refused with a short wait."""
    read = ArxivPages.author_block
    pending = [True]

    def refusing(self: ArxivPages, paper: Paper) -> AuthorBlock:
        if pending:
            pending.clear()
            raise TransientError("HTTP 429", retry_after=1)
        return read(self, paper)

    monkeypatch.setattr(ArxivPages, "author_block", refusing)


def failing_render(edition: str, *, anew: bool = False) -> None:
    raise TransientError(f"{edition}: an upload failed")


def wait_for_render(pipeline: Pipeline) -> None:  # noqa: F811
    """Deliver one render request, when its delay has passed."""
    for _ in range(100):
        if pipeline.deliver("RenderQueue", "render"):
            return
        time.sleep(0.05)
    raise AssertionError("no render was asked for")


def as_failed(record: Record) -> Record:
    from dataclasses import replace

    return replace(record, state=State.FAILED, matches=None, translation=None, reason="for the test")


def forget_settings() -> None:
    from arxivdaily import settings

    settings.load_settings.cache_clear()
    for made in vars(wiring).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


def conflict_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next save of the deployed store finds that somebody else was first."""
    store = wiring.store()
    save = store.save
    pending = [True]

    def losing(record: Record) -> Record:
        if pending and record.state is State.PENDING:
            pending.clear()
            raise ConflictError("lost the race")
        return save(record)

    monkeypatch.setattr(store, "save", losing)
