"""Each function's role allows what the function calls, and nothing that it does not call."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import Any

import boto3
import botocore.client
import iam
import pipeline as harness
import pytest
from arxivdaily import wiring
from arxivdaily.adapters.arxiv_pages import ArxivPages
from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.domain.affiliations import AuthorBlock
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Record, State
from arxivdaily.errors import ConflictError, PermanentError, TransientError
from arxivdaily.ports import Completion, Prompt
from fakes import ScriptedClassifier, ScriptedTranslator, match
from iam import Grant, Needed
from pipeline import Pipeline, context, sqs_record
from roles import (
    DEPLOYMENTS,
    DISTRIBUTION,
    ENDPOINT,
    FUNCTIONS,
    KEY_PARAMETER,
    MODELS,
    SOMETIMES,
    by_runtime,
    granted,
)
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

from infrastructure.local.deploy import variable_of
from infrastructure.local.sample_server import SampleArxiv

REAL = {"classifier": wiring.classifier, "translator": wiring.translator}  # before fixtures replace them


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[Needed]]:
    """What each function's calls need, noted where boto3 makes them."""
    made: dict[str, set[Needed]] = defaultdict(set)
    current = [""]
    call = botocore.client.BaseClient._make_api_call

    def noting(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        service = self.meta.service_model.service_name
        if current[0]:
            made[current[0]].update(iam.needed(service, operation, parameters))
        return OF_OUR_OWN[service] if service in OF_OUR_OWN else call(self, operation, parameters)

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

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", noting)
    monkeypatch.setattr(harness, "handler", handler)
    return made


# moto knows neither. The model refuses, so that the second one is asked too.
OF_OUR_OWN: dict[str, Any] = {
    "bedrock-runtime": {
        "output": {"message": {"content": []}},
        "stopReason": "content_filtered",
        "usage": {},
    },
    "cloudfront": {},
}


def test_roles_fit_the_calls(
    pipeline: Pipeline,  # noqa: F811
    arxiv: SampleArxiv,  # noqa: F811
    classifier: ScriptedClassifier,  # noqa: F811
    translator: ScriptedTranslator,  # noqa: F811
    calls: dict[str, set[Needed]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    match_all(classifier)
    monkeypatch.setenv("TRANSLATE_LIMIT", "5")
    monkeypatch.setenv("SITE_DISTRIBUTION_ID", DISTRIBUTION)
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

    split_and_put_off(pipeline, monkeypatch, some[:2])
    ask_real_models(pipeline, monkeypatch, failed)
    poison()
    for name, (parameters, services) in DEPLOYMENTS.items():
        for function in FUNCTIONS:
            used = {one for one in calls[function] if is_part(one, services)} | by_runtime(function)
            allowed = granted(function, **parameters)
            missing = [one for one in used if not any(grant.covers(one) for grant in allowed)]
            assert not missing, f"{name}: {function} needs what its role does not allow"
            unused = [g for g in allowed if not any(g.covers(one) for one in used) and not is_of_a_model(g)]
            assert not unused, f"{name}: {function}'s role allows what it does not do"
            assert {one.action.partition(":")[0] for one in used} >= services & ONLY[function]


# Where the services are called that not every deployment has.
ONLY: dict[str, set[str]] = {
    "fetch": set(),
    "classify": {"bedrock", "ssm"},
    "enrich": set(),
    "translate": {"bedrock", "ssm"},
    "render": {"cloudfront"},
}


def is_part(one: Needed, services: set[str]) -> bool:
    service = one.action.partition(":")[0]
    return service not in SOMETIMES or service in services


def is_of_a_model(grant: Grant) -> bool:
    """Whether it is for one configured id. A template cannot know whether an id is a model's or a
    profile's, so it allows both, of which one does not exist."""
    if not grant.pattern.partition("/")[2]:
        return False
    if grant.profiles:
        return all(is_named(profile) for profile in grant.profiles)
    return grant.action == "bedrock:InvokeModel" and is_named(grant.pattern)


def is_named(model_arn: str) -> bool:
    return model_arn.partition("/")[2] in MODELS.values()


def split_and_put_off(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, ids: list[str]) -> None:  # noqa: F811
    """A message of several papers that keeps coming back is replaced by a message each; one that an
    invocation has no time for in its last attempt is sent anew."""
    keys = [records()[i].key for i in ids]
    for queue, function, attempt, send in (
        ("PapersQueue", "classify", "4", wiring.messages().to_classify),
        ("EnrichQueue", "enrich", "5", partial(wiring.messages().to_enrich, again=True)),
    ):
        for record in wiring.store().find(keys).values():
            wiring.store().save(replace(record, affiliations=None))
        send(keys)
        with monkeypatch.context() as patch:
            patch.setattr(harness, "sqs_record", partial(delivered_often, attempt=attempt))
            patch.setattr(harness, "context", no_time)
            assert pipeline.deliver(queue, function)
        pipeline.drain()


def delivered_often(message: Any, *, attempt: str) -> dict[str, Any]:
    found = sqs_record(message)
    for number in range(1, int(attempt)):
        wiring.attempts().note(found["messageId"], number)
    return {**found, "attributes": {**found["attributes"], "ApproximateReceiveCount": attempt}}


def no_time(name: str) -> Any:
    found = context(name)
    found.get_remaining_time_in_millis = lambda: 1_000
    return found


def poison() -> None:
    """A message that nobody can read comes to every function that reads a queue."""
    for function in ("classify", "enrich", "translate", "render"):
        attributes = {"ApproximateReceiveCount": "1", "MessageGroupId": "one"}
        message = {
            "messageId": f"poison-{function}",
            "receiptHandle": "none",
            "body": "{",
            "attributes": attributes,
        }
        harness.handler(function)({"Records": [message]}, context(function))


def refuse(self: OpenAiModel, prompt: Prompt) -> Completion:
    """In the place of a call, for which the key is read and nothing more."""
    self._api_key()
    raise PermanentError("refused")


def ask_real_models(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, arxiv_id: str) -> None:  # noqa: F811
    """Have one paper classified and translated by each kind of model service, none of which succeeds."""
    boto3.client("ssm").put_parameter(Name=KEY_PARAMETER, Value="a-key", Type="SecureString")
    monkeypatch.setattr(OpenAiModel, "complete", refuse)
    for parameters in (MODELS, ENDPOINT | MODELS):
        for name, value in parameters.items():
            monkeypatch.setenv(variable_of(name), value)
        monkeypatch.setenv("TRANSLATE_LIMIT", "0")
        for stage, queue, state in (
            ("classifier", "PapersQueue", State.FAILED),
            ("translator", "MatchedQueue", State.UNTRANSLATED),
        ):
            forget_settings()
            monkeypatch.setattr(wiring, stage, REAL[stage])
            key = records()[arxiv_id].key
            stored = wiring.store().find([key])[key]
            matches = None if state is State.FAILED else (match("image-generation"),)
            wiring.store().save(
                replace(stored, state=state, matches=matches, translation=None, reason="test")
            )
            pipeline.fetch(edition=EDITION, retry=True)
            pipeline.deliver(queue, "classify" if stage == "classifier" else "translate")


@pytest.mark.parametrize(("function", "stage"), [("classify", "Classify"), ("translate", "Translate")])
def test_a_role_allows_the_configured_models_and_no_other(function: str, stage: str) -> None:
    allowed = granted(function, **MODELS)

    def may(model: str, *, profile: str = "") -> bool:
        arns = [replace(one, profile=profile or one.profile) for one in iam.invoke_model(model)]
        return all(any(grant.covers(one) for grant in allowed) for one in arns)

    for name, model in MODELS.items():
        assert may(model) is name.startswith(stage)
    profile = next(iter(iam.invoke_model(MODELS["ClassifyModel"]))).resource
    assert not may("amazon.nova-premier-v1:0")
    assert not may("us.amazon.nova-premier-v1:0")
    assert may("amazon.nova-lite-v1:0", profile=profile) is (stage == "Classify"), "its own profile's model"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_events_are_sent_in_this_applications_name_alone(function: str) -> None:
    """The bus is the whole account's: rules there believe what an event says it comes from."""

    def may(source: str, kind: str) -> bool:
        entry = {"Source": source, "DetailType": kind, "EventBusName": "default"}
        (one,) = iam.needed("events", "PutEvents", {"Entries": [entry]})
        return any(grant.covers(one) for grant in granted(function))

    assert may("arxivdaily", "EditionPublished") is (function == "render")
    for source, kind in (
        ("aws.s3", "EditionPublished"),
        ("aws.ec2", "EC2 Instance State-change Notification"),
        ("another.application", "EditionPublished"),
        ("arxivdaily", "Another"),
        ("", ""),
    ):
        assert not may(source, kind)


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
