"""A day through the real handlers: arXiv's formats on loopback, moto for AWS, scripted models."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import boto3
import pytest
from arxivdaily import wiring
from arxivdaily.domain.records import Record, State
from arxivdaily.errors import PermanentError, TransientError
from aws_resources import Resources
from fakes import ScriptedClassifier, ScriptedTranslator, match
from pipeline import Pipeline

from infrastructure.local.sample_server import SampleArxiv

EDITION = "2026-01-15"


@pytest.fixture
def classifier(monkeypatch: pytest.MonkeyPatch) -> ScriptedClassifier:
    made = ScriptedClassifier()
    monkeypatch.setattr(wiring, "classifier", lambda: made)
    return made


@pytest.fixture
def translator(monkeypatch: pytest.MonkeyPatch) -> ScriptedTranslator:
    made = ScriptedTranslator()
    monkeypatch.setattr(wiring, "translator", lambda: made)
    return made


@pytest.fixture
def arxiv() -> Iterator[SampleArxiv]:
    with SampleArxiv() as server:
        yield server


@pytest.fixture
def pipeline(
    aws: Resources,
    arxiv: SampleArxiv,
    classifier: ScriptedClassifier,
    translator: ScriptedTranslator,
    monkeypatch: pytest.MonkeyPatch,
) -> Pipeline:
    for name, value in {
        **aws.environment(),
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
        "ARXIV_REQUEST_INTERVAL": "0",
        "RENDER_WINDOW": "1",
        "RETRY_DELAY": "1",
        "SITE_URL": "https://daily.example.org",
        "AWS_LAMBDA_FUNCTION_NAME": "test",
    }.items():
        monkeypatch.setenv(name, value)
    return Pipeline(aws)


def match_all(classifier: ScriptedClassifier, channel: str = "image-generation") -> None:
    """Every paper whose number is even goes into a channel."""
    ids = [f"2601.{n:05d}" for n in range(90000, 100000, 2)]
    classifier.outcomes = {i: (match(channel, 60 + int(i[-2:]) % 40),) for i in ids}


def records() -> dict[str, Record]:
    return {r.paper.arxiv_id: r for r in wiring.store().records(EDITION)}


def ledger(site: dict[str, bytes]) -> dict[str, str]:
    data = json.loads(site[f"ledger/{EDITION}.json"])
    assert data["announced"] == len(data["papers"])
    return {entry["arxiv_id"]: entry["state"] for entry in data["papers"]}


def test_a_day_from_announcement_to_site(
    pipeline: Pipeline,
    classifier: ScriptedClassifier,
    translator: ScriptedTranslator,
    capsys: pytest.CaptureFixture[str],
) -> None:
    match_all(classifier)
    result = pipeline.fetch(edition=None)
    assert result["outcome"] == "created"
    pipeline.drain()

    stored = records()
    site = pipeline.published()
    assert len(stored) == result["announced"] >= 35
    assert ledger(site) == {i: r.state.value for i, r in stored.items()}
    assert {r.state for r in stored.values()} == {State.PUBLISHED, State.UNMATCHED, State.REVISION}
    shown = json.loads(site[f"api/image-generation/{EDITION}.json"])["papers"]
    assert {p["arxiv_id"] for p in shown} == {i for i, r in stored.items() if r.state is State.PUBLISHED}
    assert [p["score"] for p in shown] == sorted((p["score"] for p in shown), reverse=True)
    for paper in shown:
        assert f"papers/{paper['arxiv_id']}/index.html" in site
    page = site[f"image-generation/{EDITION}/index.html"].decode()
    assert all(paper["arxiv_id"] in page for paper in shown)
    edition = wiring.store().edition(EDITION)
    assert edition is not None
    assert edition.is_complete

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    last = [line for line in told if "EditionComplete" in line][-1]
    assert (last["EditionComplete"], last["edition"]) == ([1.0], EDITION)
    assert last["Announced"] == [len(stored)]
    assert last["Published"] == [len(shown)]
    assert [line["outcome"] for line in told if "FetchFailed" in line] == ["created"]
    assert {line["RenderFailed"][0] for line in told if "RenderFailed" in line} == {0.0}


def test_the_same_day_again_sends_uploads_and_asks_nothing(
    pipeline: Pipeline, classifier: ScriptedClassifier, translator: ScriptedTranslator
) -> None:
    match_all(classifier)
    pipeline.fetch()
    pipeline.drain()
    asked = len(classifier.asked), len(translator.asked)
    before = uploads(pipeline)
    pipeline.handled.clear()
    time.sleep(1)  # past the render window: all requests of one are one
    result = pipeline.fetch(edition=EDITION, retry=True)
    pipeline.drain()
    assert (result["outcome"], result["queued"]) == ("unchanged", 0)
    # Pages that were missing are looked for again, and what pages are made with may have changed.
    assert sorted(pipeline.handled) == ["EnrichQueue", "RenderQueue"]
    assert (len(classifier.asked), len(translator.asked)) == asked
    wiring.messages().render(EDITION)
    pipeline.drain()
    assert uploads(pipeline) == before


def uploads(pipeline: Pipeline) -> dict[str, str]:
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=pipeline.resources.bucket)
    return {item["Key"]: str(item["LastModified"]) for page in pages for item in page.get("Contents", [])}


def test_failures_are_labelled_and_repaired_by_a_retry(
    pipeline: Pipeline, classifier: ScriptedClassifier, translator: ScriptedTranslator
) -> None:
    match_all(classifier)
    pipeline.fetch()
    matched = sorted(i for i in records() if i in classifier.outcomes)
    refused, unclassified = matched[0], matched[1]
    translator.errors[refused] = PermanentError("formula $x$ is missing")
    good = classifier.outcomes[unclassified]
    classifier.outcomes[unclassified] = PermanentError("no valid answer")
    pipeline.drain()
    states = ledger(pipeline.published())
    assert (states[refused], states[unclassified]) == ("untranslated", "failed")
    assert "译文待补" in pipeline.published()[f"papers/{refused}/index.html"].decode()

    translator.errors.clear()
    classifier.outcomes[unclassified] = good
    pipeline.fetch(edition=EDITION, retry=True)
    pipeline.drain()
    states = ledger(pipeline.published())
    assert (states[refused], states[unclassified]) == ("published", "published")
    assert translator.asked.count(matched[2]) == 1, "what had succeeded is not paid for again"


def test_a_passing_failure_heals_by_itself(
    pipeline: Pipeline, classifier: ScriptedClassifier, translator: ScriptedTranslator
) -> None:
    match_all(classifier)
    pipeline.fetch()
    paper = next(i for i in records() if i in classifier.outcomes)
    translator.errors[paper] = TransientError("throttled", retry_after=1)
    pipeline.deliver("PapersQueue", "classify")
    while pipeline.deliver("PapersQueue", "classify"):
        pass
    while pipeline.deliver("MatchedQueue", "translate"):
        pass
    translator.errors.clear()
    pipeline.drain()
    assert records()[paper].state is State.PUBLISHED


def test_poison_reaches_the_dead_letter_queues_with_the_reason_and_nothing_else_does(
    pipeline: Pipeline, classifier: ScriptedClassifier, translator: ScriptedTranslator
) -> None:
    sqs = boto3.client("sqs")
    url = pipeline.resources.queues["PapersQueue"]
    sqs.send_message(QueueUrl=url, MessageBody='{"not": "a paper"}')
    for queue in ("EnrichQueue", "RenderQueue"):
        fields = {"MessageGroupId": "one", "MessageDeduplicationId": "one"}
        sqs.send_message(QueueUrl=pipeline.resources.queues[queue], MessageBody="{", **fields)
    sqs.send_message(QueueUrl=pipeline.resources.queues["MatchedQueue"], MessageBody="{")
    pipeline.fetch()
    pipeline.drain()
    for stage, reason in {
        "Papers": "not a message about papers",
        "Matched": "not a message about papers",
        "Enrich": "not a message about papers",
        "Render": "not a render request",
    }.items():
        answer = sqs.receive_message(
            QueueUrl=pipeline.resources.queues[f"{stage}DeadLetterQueue"], MessageAttributeNames=["All"]
        )
        (dead,) = answer["Messages"]
        assert dead["MessageAttributes"]["Reason"]["StringValue"].startswith(reason)
    assert not any(r.state is State.PENDING for r in records().values())


def test_a_paper_that_crashes_its_function_is_seen_and_comes_back_when_the_cause_is_mended(
    pipeline: Pipeline,
    classifier: ScriptedClassifier,
    translator: ScriptedTranslator,
    monkeypatch: pytest.MonkeyPatch,
    two_papers: None,
) -> None:
    """Classified by a function that dies, six times; then redriven after a mended deployment."""
    match_all(classifier)
    sqs = boto3.client("sqs")
    url = pipeline.resources.queues["PapersQueue"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    monkeypatch.setenv("CLASSIFY_GROUP", "1")
    pipeline.fetch()
    crashes = 0
    with monkeypatch.context() as patch:
        patch.setattr(wiring, "classify_papers", lambda: crash)
        while pipeline.waiting("PapersQueue"):
            try:
                pipeline.deliver("PapersQueue", "classify")
            except MemoryError:
                crashes += 1
    assert crashes >= 5
    pipeline.drain()
    waiting = {i: r for i, r in records().items() if r.state is not State.REVISION}
    assert {r.state for r in waiting.values()} == {State.FAILED}
    page = pipeline.published()[f"ledger/{EDITION}/index.html"].decode()
    assert "每次处理都中断，暂且放弃" in page
    assert pipeline.waiting("PapersDeadLetterQueue") == len(waiting)

    dead = pipeline.resources.queues["PapersDeadLetterQueue"]
    while found := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages"):
        for letter in found:  # what a redrive does
            sqs.send_message(QueueUrl=url, MessageBody=letter["Body"])
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
    pipeline.drain()
    assert {r.state for r in records().values()} <= {State.PUBLISHED, State.UNMATCHED, State.REVISION}
    states = set(ledger(pipeline.published()).values())
    assert states <= {"published", "unmatched", "revision"}


def crash(_keys: object, _last: object, time_left: object) -> None:
    raise MemoryError


@pytest.fixture
def two_papers(arxiv: SampleArxiv) -> None:
    arxiv.papers = arxiv.papers[:3]


def test_the_hourly_repair_sends_on_what_failed_and_the_site_follows(
    pipeline: Pipeline,
    classifier: ScriptedClassifier,
    translator: ScriptedTranslator,
    monkeypatch: pytest.MonkeyPatch,
    two_papers: None,
) -> None:
    match_all(classifier)
    pipeline.fetch()
    refused = sorted(i for i in records() if i in classifier.outcomes)[0]
    translator.errors[refused] = PermanentError("formula $x$ is missing")
    pipeline.drain()
    translator.errors.clear()
    told = json.loads(pipeline.published()[f"ledger/{EDITION}.json"])
    assert told["repairs"][refused]["tries"] == 0
    assert pipeline.fetch(repair=True)["sent"] == 0, "it is not time yet"
    due = datetime.fromisoformat(told["repairs"][refused]["next"]) + timedelta(seconds=1)
    monkeypatch.setattr(wiring.repair_editions(), "_clock", lambda: due)
    assert pipeline.fetch(repair=True)["sent"] == 1
    pipeline.drain()
    told = json.loads(pipeline.published()[f"ledger/{EDITION}.json"])
    assert (ledger(pipeline.published())[refused], told["repairs"]) == ("published", {})
