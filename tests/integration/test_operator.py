"""The operator's command on a deployment: what it shows, what it does, and its exit status."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import json
import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from arxivdaily import wiring
from arxivdaily.adapters import dynamodb
from arxivdaily.adapters.dynamodb import DynamoPaperStore
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import Provenance, State
from arxivdaily.errors import PermanentError
from arxivdaily.settings import Settings
from botocore.exceptions import ClientError
from fakes import ScriptedClassifier, ScriptedTranslator, match
from operator_stack import FakeStack, run, run_json
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
from test_updates import NEXT, replaced_day
from typer.testing import CliRunner

from infrastructure.cli import app
from infrastructure.local.journal import Journal
from infrastructure.local.sample_server import SampleArxiv
from infrastructure.operator import reprocess, stack
from infrastructure.operator.access import OperatorError
from infrastructure.operator.local_state import JournalReader, environment_of, settle

CHANNELS = Path(Settings().channels_file)


@pytest.fixture
def two_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A channel file with two of the project's channels: pages of the others only take time."""
    (vision,) = (g for g in CHANNELS.read_text("utf-8").split("[[groups]]") if 'slug = "vision"' in g)
    group, *found = vision.split("[[groups.channels]]")
    kept = [c for c in found if c.lstrip().startswith(('slug = "image-', 'slug = "robotics-'))]
    assert len(kept) == 2
    path = tmp_path / "two-channels.toml"
    path.write_text("[[groups.channels]]".join(["[[groups]]" + group, *kept]), "utf-8")
    monkeypatch.setenv("CHANNELS_FILE", str(path))
    return path


@pytest.fixture
def deployed(
    pipeline: Pipeline, arxiv: SampleArxiv, two_channels: Path, monkeypatch: pytest.MonkeyPatch
) -> FakeStack:
    parameters = {
        "SiteUrl": "",  # the default: the distribution's own address
        "ArxivFeedUrl": arxiv.url,
        "ArxivContact": "me@example.org",
        "LlmProvider": "bedrock",
        "ClassifyModel": "test-model",
        "TranslateModel": "test-model",
        "ModelPrices": '{"test-model": [1, 0.1, 2]}',
        "DailyBudget": "5 USD",
        "RenderWindow": "1",
    }
    arxiv.papers = arxiv.papers[:16]
    made = FakeStack(pipeline, parameters)
    monkeypatch.setattr(stack, "aws_clients", made)
    return made


@pytest.fixture
def day(deployed: FakeStack, classifier: ScriptedClassifier, translator: ScriptedTranslator) -> FakeStack:
    """A day that went well."""
    match_all(classifier)
    deployed.pipeline.fetch()
    deployed.pipeline.drain()
    return deployed


# --- looking ---------------------------------------------------------------------------------


def test_the_status_of_a_day_that_went_well(day: FakeStack) -> None:
    status, found = run_json("status")
    assert (status, found["problems"]) == (0, [])
    states = Counter(record.state.value for record in records().values())
    assert {name: n for name, n in found["states"].items() if n} == dict(states)
    assert (found["edition"], found["announced"], found["published"]) == (EDITION, len(records()), True)
    assert [queue["name"] for queue in found["queues"]] == [
        "papers", "matched", "enrich", "render", "schedule",
    ]  # fmt: skip
    paid = [entry for record in records().values() for entry in record.spent]
    tokens = sum(entry.usage.input_tokens for entry in paid)
    assert found["cost"]["input_tokens"] == tokens > 0
    written = sum(entry.usage.output_tokens for entry in paid)
    assert found["cost"]["total"] == pytest.approx((tokens + 2 * written) / 1e6)
    status, output = run("status", "--date", EDITION)
    assert status == 0
    for words in (EDITION, "published", "unmatched", "render", "USD"):
        assert words in output


def test_the_status_names_each_trouble_with_the_command_that_helps(
    deployed: FakeStack,
    classifier: ScriptedClassifier,
    translator: ScriptedTranslator,
) -> None:
    match_all(classifier)
    deployed.pipeline.fetch()
    refused, unsorted = sorted(i for i in records() if i in classifier.outcomes)[:2]
    translator.errors[refused] = PermanentError("formula $x$ is missing [sic]")
    classifier.outcomes[unsorted] = PermanentError("no valid answer")
    deployed.pipeline.drain()
    give_up("PapersDeadLetterQueue", deployed, '{"not": "a paper"}')
    status, output = run("status")
    assert status == 1
    assert "1 paper failed, most often: no valid answer" in output
    assert "1 paper could not be translated, most often: formula $x$ is missing [sic]" in output
    assert f"arxivdaily retry --date {EDITION}" in output
    assert "1 message of papers given up" in output


def test_too_many_failed_papers_are_said_to_be_why_a_day_is_not_complete(
    deployed: FakeStack, classifier: ScriptedClassifier
) -> None:
    match_all(classifier)
    deployed.pipeline.fetch()
    classifier.outcomes.update(dict.fromkeys(classifier.outcomes, PermanentError("Bedrock AccessDenied")))
    deployed.pipeline.drain()
    status, found = run_json("status")
    assert status == 1
    assert any("too many papers failed" in one and "arxivdaily doctor --model" in one
               for one in found["problems"])  # fmt: skip


def give_up(queue: str, deployed: FakeStack, body: str, **fields: Any) -> None:
    url = deployed.pipeline.resources.queues[queue]
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=body, **fields)


def test_an_edition_that_has_stopped_is_a_trouble(
    deployed: FakeStack,
    classifier: ScriptedClassifier,
) -> None:
    deployed.pipeline.fetch()
    assert run_json("status")[0] == 0, "work is under way"
    for name in ("PapersQueue", "RenderQueue"):
        boto3.client("sqs").purge_queue(QueueUrl=deployed.pipeline.resources.queues[name])
    status, found = run_json("status")
    assert status == 1
    assert "nothing is under way" in found["problems"][0]


def test_what_was_not_read_is_a_trouble(day: FakeStack) -> None:
    table = dynamodb.models(day.pipeline.resources.table).edition
    item = table.get("EDITIONS", EDITION)
    item.update(actions=[table.unread.set({"stat.ML"})])
    status, found = run_json("status")
    assert (status, found["unread"], found["filled"]) == (1, ["stat.ML"], True)
    (problem,) = found["problems"]
    assert "not read whole (stat.ML)" in problem
    assert f"`arxivdaily backfill --from {EDITION}`" in problem
    assert run_json("editions")[1]["editions"][0]["unread"] == ["stat.ML"]
    assert run("backfill", "--from", EDITION, "--dry-run") == (0, f"missing: {EDITION}\n")

    item.update(actions=[table.filled.set(False)])
    (problem,) = run_json("status")[1]["problems"]
    assert "not all announced papers are recorded" in problem


def test_the_first_edition_need_not_be_waited_for(deployed: FakeStack) -> None:
    status, output = run("retry")
    assert (status, deployed.invoked) == (0, [{}])
    assert "on the way" in output
    assert [edition.date for edition in wiring.store().editions()] == [EDITION]


def test_there_is_nothing_to_show_yet(deployed: FakeStack) -> None:
    for command in (("status",), ("cost",), ("render", "--all")):
        status, output = run(*command)
        assert (status, "no edition is stored on stack arxivdaily: `arxivdaily retry`" in output) == (1, True)
    assert run_json("editions") == (0, {"place": "stack arxivdaily", "editions": [], "problems": []})


def test_editions_are_listed(day: FakeStack, arxiv: SampleArxiv) -> None:
    replaced_day(arxiv)
    day.pipeline.fetch()
    day.pipeline.drain()
    _, found = run_json("editions")
    assert [edition["edition"] for edition in found["editions"]] == [NEXT, EDITION]
    assert found["editions"][1]["announced"] == len(records())
    assert len(run_json("editions", "--limit", "1")[1]["editions"]) == 1
    assert NEXT in run("editions")[1]


def test_everything_about_a_paper(day: FakeStack, arxiv: SampleArxiv) -> None:
    ids = replaced_day(arxiv)
    day.pipeline.fetch()
    day.pipeline.drain()
    paper = ids["abstract"]
    status, found = run_json("show", f"https://arxiv.org/abs/{paper}v2")
    assert status == 0
    old, new = found["editions"]
    assert (old["edition"], old["state"], new["edition"]) == (EDITION, "published", NEXT)
    assert old["superseded"]["edition"] == NEXT
    assert new["history"][0]["edition"] == EDITION
    assert f"https://daily.example.org/papers/{paper}/" in new["published_at"]
    assert f"https://daily.example.org/papers/{paper}/" not in old["published_at"]
    assert f"https://daily.example.org/image-generation/{EDITION}/" in old["published_at"]
    said = {(answer["version"], answer["stage"]): answer for answer in found["answers"]}
    assert said[1, "classify"]["model"] == "test-model"
    assert said[1, "classify"]["answer"]["spent"][0]["usage"]["input_tokens"] == 10
    assert (1, "translate") in said
    _, output = run("show", paper)
    for words in (
        "image-generation",
        "superseded by",
        "test-model",
        "标题",
        "affiliations",
        "stored answers",
    ):
        assert words in output


def test_a_paper_that_nobody_knows(day: FakeStack) -> None:
    assert run("show", "2601.00001")[0] == 1
    status, output = run("show", "kettles")
    assert (status, "not an arXiv identifier" in output) == (2, True)


def test_resources_are_found_in_nested_stacks_too(day: FakeStack) -> None:
    day.nested = True
    status, found = run_json("status")
    assert (status, found["edition"]) == (0, EDITION)


def test_a_stack_that_is_not_there(deployed: FakeStack) -> None:
    status, output = run("status", "--stack", "another")
    assert status == 1
    assert output.startswith("arxivdaily: there is no stack another here")


def test_an_operator_without_a_region_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    for command in ("status", "redrive", "editions"):
        status, output = run(command)
        assert (status, "Set AWS_DEFAULT_REGION" in output) == (1, True), output
    status, found = run_json("doctor")
    assert status == 1
    assert [check["name"] for check in found["checks"] if check["level"] == "fail"] == ["credentials"]


def test_errors_are_no_part_of_the_answer(deployed: FakeStack) -> None:
    result = CliRunner().invoke(app, ["status", "--stack", "another", "--json"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("arxivdaily: there is no stack another")


def test_what_a_day_has_cost(day: FakeStack, tmp_path: Path) -> None:
    """From the table and from the published ledger the same."""
    ledger = tmp_path / "ledger"
    ledger.mkdir()
    (ledger / f"{EDITION}.json").write_bytes(day.pipeline.published()[f"ledger/{EDITION}.json"])
    status, found = run_json("cost")
    published = run_json("cost", "--date", EDITION, "--site", str(tmp_path))
    assert (status, found["edition"], found["announced"]) == (0, EDITION, len(records()))
    assert (found["cost"]["currency"], found["cost"]["total"] > 0) == ("USD", True)
    assert [stage["stage"] for stage in found["cost"]["stages"]] == ["classify", "translate"]
    assert published[0] == 0
    tokens = [  # money is shown by the prices of who asks, and by those of whoever made the ledger
        [(stage["stage"], stage["papers"], stage["input_tokens"]) for stage in answer["cost"]["stages"]]
        for answer in (found, published[1])
    ]
    assert tokens[0] == tokens[1]
    assert run("cost", "--date", "2026-01-14")[0] == 1
    for wrong in (("--site", "x"), ("--site", "x", "--date", EDITION, "--local"), ("--date", "2026-99-99")):
        assert run("cost", *wrong)[0] == 2
    status, output = run("cost", "--date", EDITION, "--site", "http://a b")
    assert (status, output.count("\n")) == (1, 1)


# --- what was given up -----------------------------------------------------------------------


def test_what_was_given_up_is_shown_with_reasons_and_sent_on(
    deployed: FakeStack,
    classifier: ScriptedClassifier,
    translator: ScriptedTranslator,
) -> None:
    match_all(classifier)
    deployed.pipeline.fetch()
    paper = next(i for i, r in records().items() if r.state is State.PENDING)
    lost = json.dumps({"edition": EDITION, "papers": [[paper, records()[paper].paper.version]]})
    give_up("PapersDeadLetterQueue", deployed, lost)
    give_up("PapersDeadLetterQueue", deployed, "poison")
    for number in range(2):
        give_up("RenderDeadLetterQueue", deployed, json.dumps({"edition": EDITION}),
                MessageGroupId="site", MessageDeduplicationId=str(number))  # fmt: skip
    give_up("ScheduleDeadLetterQueue", deployed, "{}", MessageAttributes={
        "ERROR_MESSAGE": {"DataType": "String", "StringValue": "Rate exceeded"},
        "ERROR_CODE": {"DataType": "String", "StringValue": "ThrottlingException"},
    })  # fmt: skip

    status, found = run_json("redrive", "--dry-run")
    assert status == 1
    shown = {queue["stage"]: queue for queue in found["queues"]}
    assert {name: queue["count"] for name, queue in shown.items()} == {
        "papers": 2, "matched": 0, "enrich": 0, "render": 2, "schedule": 1,
    }  # fmt: skip
    reasons = {letter["about"]: letter["reason"] for letter in shown["papers"]["shown"]}
    assert reasons["poison"].startswith("not a message about papers")
    assert any(paper in about and reason == "pending" for about, reason in reasons.items())
    assert shown["schedule"]["shown"][0]["reason"] == "ThrottlingException: Rate exceeded"
    assert deployed.pipeline.waiting("PapersDeadLetterQueue") == 2, "it only looked"
    assert deployed.invoked == []

    before = deployed.pipeline.waiting("PapersQueue"), deployed.pipeline.waiting("RenderQueue")
    without_move_tasks(deployed)
    status, output = run("redrive", "--queue", "papers", "--queue", "render", "--queue", "schedule")
    assert status == 0
    assert "papers: 2 messages are on the way again." in output
    after = deployed.pipeline.waiting("PapersQueue"), deployed.pipeline.waiting("RenderQueue")
    assert after >= (before[0] + 2, before[1] + 2)
    for queue in ("Papers", "Render", "Schedule"):
        assert deployed.pipeline.waiting(f"{queue}DeadLetterQueue") == 0
    assert deployed.invoked == [{}], "what the schedule could not start is asked for once"
    assert run("redrive") == (0, "No message was given up.\n")


class Sqs:
    """moto's SQS with an answer of SQS to requests to move messages."""

    def __init__(self, code: str = "", tasks: tuple[dict[str, Any], ...] = ()) -> None:
        self._client = boto3.client("sqs")
        self._code = code
        self._tasks = list(tasks)
        self.moved: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def start_message_move_task(self, SourceArn: str, DestinationArn: str) -> None:  # noqa: N803
        if self._code:
            raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, "StartMessageMoveTask")
        self.moved += [SourceArn, DestinationArn]

    def list_message_move_tasks(self, SourceArn: str, MaxResults: int) -> dict[str, Any]:  # noqa: N803
        return {"Results": [found for found in [self._tasks.pop(0)] if found]}


def without_move_tasks(deployed: FakeStack) -> None:
    deployed.sqs = Sqs("InvalidAction", ({},) * 9)


def test_sqs_moves_messages_itself_where_it_can(day: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.operator.queues.time.sleep", lambda _seconds: None)
    give_up("MatchedDeadLetterQueue", day, "poison")
    before, running, done = (
        {"Status": status, "StartedTimestamp": started, "ApproximateNumberOfMessagesMoved": moved}
        for status, started, moved in (("COMPLETED", 1, 7), ("RUNNING", 2, 0), ("COMPLETED", 2, 1))
    )
    day.sqs = Sqs(tasks=(before, before, running, done))  # the list is told of ours a moment later
    status, output = run("redrive")
    assert (status, "matched: 1 message is on the way again." in output) == (0, True)
    assert [arn.rpartition(":")[2] for arn in day.sqs.moved] == ["MatchedDeadLetterQueue", "MatchedQueue"]


def test_messages_that_sqs_is_moving_already_are_left_to_it(
    day: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.operator.queues.time.sleep", lambda _seconds: None)
    give_up("MatchedDeadLetterQueue", day, "poison")
    running = {"Status": "RUNNING", "StartedTimestamp": 1}
    done = {"Status": "COMPLETED", "StartedTimestamp": 1, "ApproximateNumberOfMessagesMoved": 2}
    day.sqs = Sqs(tasks=(running, done))
    status, output = run("redrive")
    assert (status, "matched: 2 messages are on the way again." in output) == (0, True)
    assert day.sqs.moved == [], "nothing was started"


def test_a_group_in_order_is_moved_whole_where_sqs_cannot(day: FakeStack) -> None:
    """SQS hands out ten of a group, and no more until those are gone."""
    bodies = [json.dumps({"edition": EDITION, "number": number}) for number in range(23)]
    for number, body in enumerate(bodies):
        give_up("RenderDeadLetterQueue", day, body, MessageGroupId="site", MessageDeduplicationId=str(number))
    without_move_tasks(day)
    before = day.pipeline.waiting("RenderQueue")
    assert "render: 23 messages are on the way again." in run("redrive")[1]
    assert day.pipeline.waiting("RenderDeadLetterQueue") == 0
    assert day.pipeline.waiting("RenderQueue") == before + 23


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Sqs, "AccessDenied"),
        (dict, "SQS stopped after 0 messages: KmsThrottled"),
    ],
)
def test_messages_that_cannot_be_moved(day: FakeStack, answer: type, words: str) -> None:
    give_up("MatchedDeadLetterQueue", day, "poison")
    failed = {"Status": "FAILED", "StartedTimestamp": 1, "FailureReason": "KmsThrottled"}
    day.sqs = Sqs("AccessDenied", ({},)) if answer is Sqs else Sqs(tasks=({}, failed))
    status, output = run("redrive")
    assert (status, words in output) == (1, True)
    assert day.pipeline.waiting("MatchedDeadLetterQueue") == 1


# --- again -----------------------------------------------------------------------------------


def test_single_papers_are_tried_again(
    deployed: FakeStack,
    classifier: ScriptedClassifier,
    translator: ScriptedTranslator,
) -> None:
    match_all(classifier)
    deployed.pipeline.fetch()
    first, second = sorted(i for i in records() if i in classifier.outcomes)[:2]
    translator.errors |= {paper: PermanentError("refused") for paper in (first, second)}
    deployed.pipeline.drain()
    translator.errors.clear()
    status, output = run("retry", f"{first}v1")
    assert (status, "1 paper is on the way" in output) == (0, True)
    deployed.pipeline.drain()
    assert (records()[first].state, records()[second].state) == (State.PUBLISHED, State.UNTRANSLATED)
    assert "nothing had to be sent on" in run("retry", "--failed")[1]
    assert run("retry", "--untranslated")[1].count("1 paper is on the way") == 1
    deployed.pipeline.drain()
    assert records()[second].state is State.PUBLISHED
    status, found = run_json("retry", "--date", EDITION)
    assert (status, found["problems"]) == (0, [])
    assert found["answers"][0]["edition"] == EDITION
    assert deployed.invoked[-1] == {"edition": EDITION, "retry": True}


def test_retries_that_cannot_be(day: FakeStack) -> None:
    assert run("retry", "--failed", "--untranslated")[0] == 2
    assert run("retry", "kettles")[0] == 2
    status, output = run("retry", "--local")  # nothing is stored on this computer
    assert status == 1
    assert "local run` makes the first edition" in output
    assert run("retry", "2601.00001")[0] == 1
    status, output = run("retry", "2601.00001", "--date", EDITION)
    assert (status, output) == (1, f"arxivdaily: fetch: not in the ledger of {EDITION}: 2601.00001\n")


def test_a_bucket_that_was_emptied_comes_back_byte_for_byte(day: FakeStack, arxiv: SampleArxiv) -> None:
    replaced_day(arxiv)
    day.pipeline.fetch()
    day.pipeline.drain()
    before = day.pipeline.published()
    s3 = boto3.client("s3")
    for key in before:
        s3.delete_object(Bucket=day.pipeline.resources.bucket, Key=key)
    assert day.pipeline.published() == {}
    status, output = run("render", "--all")
    assert (status, output) == (0, "2 editions are on the way to the site.\n")
    day.pipeline.drain()
    assert day.pipeline.published() == before


def test_one_edition_is_published_again(day: FakeStack) -> None:
    before = day.pipeline.published()
    page = f"image-generation/{EDITION}/index.html"
    boto3.client("s3").put_object(Bucket=day.pipeline.resources.bucket, Key=page, Body=b"broken")
    assert run_json("render", "--date", EDITION) == (0, {"editions": [EDITION], "problems": []})
    day.pipeline.drain()
    assert day.pipeline.published() == before
    assert run("render")[0] == 2
    assert run("render", "--all", "--date", EDITION)[0] == 2
    assert run("render", "--date", "2026-01-14")[0] == 1


def test_papers_are_sorted_again_after_the_price_was_shown(
    day: FakeStack, classifier: ScriptedClassifier, translator: ScriptedTranslator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    newer = Provenance("test-model", "2")
    monkeypatch.setattr(reprocess, "made_by", lambda settings, stage: (newer,))
    before = records()
    sorted_ = [i for i, r in before.items() if r.matches is not None]
    status, found = run_json("reprocess")
    (planned,) = found["plans"]
    assert (status, found["queued"]) == (0, None)
    assert sorted(planned["papers"]) == sorted(sorted_)
    assert (planned["stored"], planned["currency"]) == (0, "USD")
    assert planned["cost"] == pytest.approx(len(sorted_) * (10 + 2) / 1e6)
    assert records() == before, "nothing was changed"

    classifier.made_by = (newer,)
    kept, gone = sorted(i for i, r in before.items() if r.state is State.PUBLISHED)[:2]
    classifier.outcomes = {kept: (match("robotics-embodied"),), gone: ()}
    asked = len(translator.asked)
    status, output = run("reprocess", "--yes")
    assert (status, f"{len(sorted_)} papers are on the way." in output) == (0, True)
    day.pipeline.drain()
    after = records()
    assert [m.channel for m in after[kept].matches or ()] == ["robotics-embodied"]
    assert (after[kept].state, after[gone].state) == (State.PUBLISHED, State.UNMATCHED)
    assert len(translator.asked) == asked, "what is translated is not paid for again"
    assert run_json("reprocess")[1]["plans"][0]["papers"] == []


def test_reprocessing_that_cannot_be(day: FakeStack) -> None:
    assert run("reprocess", "--all", "--date", EDITION)[0] == 2
    day.parameters["Translator"] = "none"
    status, output = run("reprocess", "--stage", "translate")
    assert (status, "no model is configured to translate" in output) == (1, True)


def test_who_makes_answers_is_what_the_functions_say() -> None:
    llm = Settings.from_env(
        {"LLM_BASE_URL": "http://127.0.0.1:9", "LLM_PROVIDER": "openai", "CLASSIFY_MODEL": "a",
         "CLASSIFY_FALLBACK_MODEL": "b", "TRANSLATE_MODEL": "c", "TRANSLATE_FALLBACK_MODEL": "d"}
    )  # fmt: skip
    assert [maker.model for maker in reprocess.made_by(llm, "classify")] == ["a", "b"]
    assert [maker.model for maker in reprocess.made_by(llm, "translate")] == ["c", "d"]
    embedded = Settings.from_env({"CLASSIFIER": "embedded", "TRANSLATOR": "none"})
    (maker,) = reprocess.made_by(embedded, "classify")
    assert maker.prompt_version.startswith("embedded-")
    assert reprocess.made_by(embedded, "translate") == ()


# --- channel files ---------------------------------------------------------------------------


def test_a_channel_file_is_checked(tmp_path: Path) -> None:
    status, found = run_json("channels", "check", str(CHANNELS))
    assert (status, found["valid"]) == (0, True)
    count = sum(len(group["channels"]) for group in tomllib.loads(CHANNELS.read_text("utf-8"))["groups"])
    assert sum(len(group["channels"]) for group in found["groups"]) == count
    broken = tmp_path / "channels.toml"
    broken.write_text(CHANNELS.read_text("utf-8").replace('slug = "image-generation"', 'slug = "Image"'))
    status, output = run("channels", "check", str(broken))
    assert status == 1
    assert "slug" in output
    assert "Image" in output
    assert run("channels", "check", str(tmp_path / "none.toml"))[0] == 2


def test_what_a_changed_channel_file_would_catch(day: FakeStack, tmp_path: Path) -> None:
    changed = tmp_path / "channels.toml"
    text = CHANNELS.read_text("utf-8")
    changed.write_text(text.replace('slug = "image-generation"', 'slug = "pictures"'))
    before = records()
    status, found = run_json("channels", "try", str(changed))
    assert status == 0
    channels = {channel["channel"]: channel for channel in found["channels"]}
    lost = [paper["arxiv_id"] for paper in channels["image-generation"]["lost"]]
    assert lost
    assert channels["pictures"]["gained"]
    assert channels["image-generation"]["after"] == 0
    assert records() == before
    assert lost[0] in run("channels", "try", str(changed))[1]
    status, output = run("channels", "try", str(CHANNELS))
    assert (status, "--against" in output) == (1, True)


# --- missed days -----------------------------------------------------------------------------

MISSED = "2026-01-14"


@pytest.fixture
def oai(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An OAI-PMH server with two papers of one day; what it was asked."""
    asked: list[str] = []
    record = (
        "<record><header><identifier>oai:arXiv.org:{id}</identifier><datestamp>2026-01-14</datestamp></header>"
        "<metadata><arXivRaw xmlns='http://arxiv.org/OAI/arXivRaw/'><id>{id}</id>"
        "<version version='v1'><date>Tue, 13 Jan 2026 10:00:00 GMT</date></version>"
        "<title>Missed</title><authors>Ana Lee and Bo Wu</authors><categories>{category}</categories>"
        "<abstract>We missed a day.</abstract></arXivRaw></metadata></record>"
    )
    papers = record.format(id="2601.80002", category="cs.CV") + record.format(
        id="2601.80004", category="math.ST stat.ML"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            inside = f"<ListRecords>{papers}</ListRecords>" if MISSED in self.path else (
                "<error code='noRecordsMatch'/>"
            )  # fmt: skip
            body = f"<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'>{inside}</OAI-PMH>".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ARXIV_OAI_URL", f"http://127.0.0.1:{server.server_address[1]}/oai")
    monkeypatch.setenv("CATEGORIES", "cs,stat.ML")
    yield asked
    server.shutdown()
    server.server_close()


def test_a_missed_day_is_made_and_what_exists_is_left_alone(
    deployed: FakeStack, classifier: ScriptedClassifier, translator: ScriptedTranslator,
    oai: list[str],
) -> None:  # fmt: skip
    match_all(classifier)
    classifier.outcomes["2601.80002"] = (match(),)
    deployed.pipeline.fetch()
    deployed.pipeline.drain()
    before = records()
    assert run("backfill", "--from", "2026-01-10", "--to", EDITION, "--dry-run") == (
        0, "missing: 2026-01-12, 2026-01-13, 2026-01-14\n",
    )  # fmt: skip
    assert oai == []
    status, output = run("backfill", "--from", "2026-01-13", "--to", EDITION)
    assert status == 0
    assert "OAI-PMH has no paper announced on 2026-01-13" in output
    deployed.pipeline.drain()
    made = {r.paper.arxiv_id: r for r in wiring.store().records(MISSED)}
    assert made["2601.80002"].state is State.PUBLISHED
    assert made["2601.80004"].paper.announce_type is AnnounceType.CROSS
    assert records() == before
    site = deployed.pipeline.published()
    assert f"image-generation/{MISSED}/index.html" in site
    assert f"/{MISSED}/" in site[f"image-generation/{EDITION}/index.html"].decode(), "neighbours link to it"
    asked = len(oai)
    assert run("backfill", "--from", MISSED) == (0, "missing: no edition\n")
    assert run_json("backfill", "--from", MISSED)[1] == {"missing": [], "answers": [], "problems": []}
    assert len(oai) == asked


def test_backfills_that_cannot_be(deployed: FakeStack) -> None:
    assert run("backfill", "--from", "2026-01-14", "--to", "2026-01-13")[0] == 2
    assert run("backfill", "--from", "2020-01-14", "--to", "2026-01-13")[0] == 2
    assert run("backfill", "--from", "soon")[0] == 2


# --- doctor ----------------------------------------------------------------------------------


def test_the_doctor_finds_a_deployment_well(day: FakeStack) -> None:
    status, found = run_json("doctor")
    levels = {check["name"]: check["level"] for check in found["checks"]}
    assert (status, found["problems"]) == (0, [])
    wanted = ("credentials", "region", "stack", "queues", "fetch", "table", "channels", "glossary", "clock")
    assert {name: levels[name] for name in wanted} == dict.fromkeys(wanted, "ok")
    assert [check["found"] for check in found["checks"] if check["name"] == "settings"] == ["complete"]
    assert "account 123456789012" in run("doctor")[1]


def test_the_doctor_asks_for_the_tables_protection_once_it_holds_something(day: FakeStack) -> None:
    day.parameters["TableProtection"] = "false"
    status, found = run_json("doctor")
    (check,) = (check for check in found["checks"] if check["name"] == "protection")
    assert (status, check["level"]) == (0, "warn")
    assert "TableProtection=true" in check["advice"]
    day.parameters["TableProtection"] = "true"
    assert not [c for c in run_json("doctor")[1]["checks"] if c["name"] == "protection"]


def test_the_doctor_does_not_ask_for_the_protection_of_an_empty_table(deployed: FakeStack) -> None:
    deployed.parameters["TableProtection"] = "false"
    assert not [c for c in run_json("doctor")[1]["checks"] if c["name"] == "protection"]


def test_the_doctor_knows_the_models_that_the_region_decided(day: FakeStack) -> None:
    day.parameters |= {"ClassifyModel": "", "TranslateModel": "", "DailyBudget": ""}
    profile = "us.amazon.nova-2-lite-v1:0"
    day.outputs = {"ClassifyModel": profile, "TranslateModel": profile}
    status, found = run_json("doctor")
    assert (status, found["problems"]) == (0, [])
    (quotas,) = (check for check in found["checks"] if check["name"] == "quotas")
    assert quotas["level"] == "ok"
    assert profile in quotas["found"]


def test_the_doctor_compares_the_accounts_limits(day: FakeStack) -> None:
    day.concurrency = 10
    day.parameters |= {"ClassifyConcurrency": "5", "TranslateConcurrency": "5"}
    status, output = run("doctor")
    assert status == 0
    assert "13 at once, of 10" in output
    assert "ClassifyConcurrency=3 TranslateConcurrency=4" in output


def test_the_doctor_says_what_to_do(day: FakeStack) -> None:
    give_up("PapersDeadLetterQueue", day, "poison")
    day.parameters |= {"ClassifyModel": "", "ModelPrices": "{}", "ArxivRequestInterval": "1"}
    status, output = run("doctor")
    assert status == 1
    for words in ("ClassifyModel is not set", "has no price for test-model", "arXiv asks for 3", "redrive"):
        assert words in output
    assert run("doctor", "--stack", "another")[0] == 1
    day.status = "ROLLBACK_COMPLETE"
    assert "last deployment failed" in run("doctor")[1]
    day.status = "REVIEW_IN_PROGRESS"
    status, output = run("doctor")
    assert (status, "confirm the changes" in output, "Wait" in output) == (1, True, False)


# --- this computer ---------------------------------------------------------------------------


@pytest.fixture
def state(day: FakeStack, tmp_path: Path) -> Path:
    """The same items in a journal, as the emulator writes them."""
    folder = tmp_path / "state"
    folder.mkdir()
    journal_of(day, folder)
    return folder


def journal_of(deployed: FakeStack, folder: Path) -> None:
    pages = (
        boto3.client("dynamodb").get_paginator("scan").paginate(TableName=deployed.pipeline.resources.table)
    )
    with Journal(folder / "journal.sqlite") as journal:
        for page in pages:
            for item in page["Items"]:
                journal.put(item["PK"]["S"], item["SK"]["S"], item)


def test_a_redrive_on_this_computer_says_that_nothing_waits_and_what_helps(state: Path) -> None:
    status, output = run("redrive", "--state", str(state))
    assert status == 0
    assert "queues begin empty with every run" in output
    assert f"`arxivdaily local run --date {EDITION} --state {state}`" in output
    assert run_json("redrive", "--state", str(state), "--dry-run") == (
        0, {"dry_run": True, "queues": [], "problems": []},
    )  # fmt: skip


def test_a_retry_on_this_computer_names_the_run_that_does_it(state: Path, tmp_path: Path) -> None:
    known = next(iter(records()))
    again = f"`arxivdaily local run --date {EDITION} --state {state}"
    for what in ([], ["--failed"], [known], ["--date", EDITION]):
        status, output = run("retry", *what, "--state", str(state))
        assert status == 2
        assert f"{again}`" in output
    status, output = run("retry", "--state", str(state), "--site", str(tmp_path / "elsewhere"))
    assert f"{again} --site {tmp_path / 'elsewhere'}`" in output
    assert run("retry", "0704.0001", "--state", str(state))[0] == 1


def test_the_journal_is_read_as_the_table_is(state: Path, day: FakeStack) -> None:
    store = DynamoPaperStore(day.pipeline.resources.table)
    reader = JournalReader(state / "journal.sqlite")
    assert reader.editions() == store.editions()
    assert reader.editions(before=EDITION) == reader.editions(after=EDITION) == []
    assert (reader.edition(EDITION), reader.edition(NEXT)) == (store.edition(EDITION), None)
    stored = store.records(EDITION)
    assert reader.records(EDITION) == stored
    ids = [record.paper.arxiv_id for record in stored]
    assert reader.earlier(ids, NEXT) == store.earlier(ids, NEXT)
    assert reader.earlier(ids, EDITION) == {}
    answers = {k: a for i in ids for k, a in store.answers_of(i, 1).items()}
    assert answers
    assert reader.answers(answers) == answers
    assert {k: a for i in ids for k, a in reader.answers_of(i, 1).items()} == answers
    reader.close()


def test_what_is_stored_on_this_computer_is_shown_without_starting_anything(
    state: Path, day: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "aws_clients", None)  # nobody may ask AWS
    _, found = run_json("status", "--state", str(state))
    assert (found["edition"], found["announced"], found["queues"]) == (EDITION, len(records()), None)
    assert len(run_json("editions", "--state", str(state))[1]["editions"]) == 1
    paper = next(i for i, r in records().items() if r.state is State.PUBLISHED)
    assert run_json("show", paper, "--state", str(state))[1]["editions"][0]["state"] == "published"


def test_what_helps_on_this_computer_names_its_folder(
    deployed: FakeStack, classifier: ScriptedClassifier, tmp_path: Path
) -> None:
    """An edition that stopped, as status tells it of a state folder."""
    deployed.pipeline.fetch()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    journal_of(deployed, folder)
    status, found = run_json("status", "--state", str(folder))
    assert status == 1
    assert f"`arxivdaily local run --date {EDITION} --state {folder}`" in found["problems"][0]
    status, output = run("doctor", "--state", str(tmp_path / "none"))
    assert "dynamodb:Query" not in output
    assert "nothing is stored" in output


def test_a_state_of_another_version_is_said_in_one_line(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.put("EDITIONS", EDITION, {"PK": {"S": "EDITIONS"}, "SK": {"S": EDITION},
                                          "created": {"S": "2026-01-15T00:00:00+00:00"}})  # fmt: skip
        journal.put(f"RECORDS#{EDITION}", "2601.90001", {"body": {"S": '{"other": 1}'}})
    status, output = run("status", "--state", str(tmp_path))
    assert (status, output.count("\n")) == (1, 1)
    assert "another version" in output


def test_what_was_given_up_on_this_computer_is_no_success(day: FakeStack) -> None:
    application = stack.StackApplication("arxivdaily", day)
    settle(application, lambda: None)
    give_up("RenderDeadLetterQueue", day, "poison", MessageGroupId="site", MessageDeduplicationId="1")
    with pytest.raises(OperatorError, match="given up: 1 of render"):
        settle(application, lambda: None)


def test_pages_of_the_sample_day_say_so_again(tmp_path: Path) -> None:
    assert "虚构" in environment_of(tmp_path / "sample", {})["SITE_NOTICE"]
    assert environment_of(tmp_path / "sample", {"SITE_NOTICE": "mine"})["SITE_NOTICE"] == "mine"
    assert "SITE_NOTICE" not in environment_of(tmp_path, {})


def test_a_folder_without_a_state(tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "journal.sqlite").touch()
    status, output = run("status", "--state", str(tmp_path))
    assert (status, f"--state {tmp_path}/sample" in output) == (1, True)


def test_the_site_of_this_computer_is_made_again(
    state: Path, day: FakeStack, two_channels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    published = day.pipeline.published()
    monkeypatch.undo()
    monkeypatch.setenv("SITE_URL", "https://daily.example.org")
    monkeypatch.setenv("CHANNELS_FILE", str(two_channels))
    status, output = run("render", "--all", "--state", str(state), "--site", str(site))
    assert status == 0, output
    files = {p.relative_to(site).as_posix(): p for p in site.rglob("*") if p.is_file()}
    assert files.keys() - {".published.json"} == published.keys()
    assert all(files[name].read_bytes() == body for name, body in published.items())
