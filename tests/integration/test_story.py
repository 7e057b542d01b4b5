"""One paper's story can be picked out of the logs of every function by its identifier."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from arxivdaily import wiring
from arxivdaily.adapters import logs, story
from arxivdaily.domain.records import State
from arxivdaily.errors import PermanentError, TransientError
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

KEY = "sk-a-key-that-must-not-be-logged"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """What the functions have logged, as CloudWatch gets it."""
    stream = io.StringIO()
    underlying = logging.getLogger(logs.logger.name)
    for handler in underlying.handlers:
        assert isinstance(handler, logging.StreamHandler)
        monkeypatch.setattr(handler, "stream", stream)
    monkeypatch.setattr(underlying, "level", logging.INFO)
    underlying.manager._clear_cache()  # type: ignore[attr-defined]
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_papers_lines_are_found_across_all_functions(
    pipeline: Pipeline,  # noqa: F811
    classifier: ScriptedClassifier,  # noqa: F811
    translator: ScriptedTranslator,  # noqa: F811
    log: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LLM_API_KEY", KEY)
    match_all(classifier)
    pipeline.fetch()
    matched = sorted(i for i in records() if i in classifier.outcomes)
    one, busy, refused = matched[:3]
    translator.errors = {busy: TransientError("busy"), refused: PermanentError("formula is missing")}
    while pipeline.deliver("PapersQueue", "classify"):
        pass
    while pipeline.deliver("MatchedQueue", "translate"):
        pass
    del translator.errors[busy]
    pipeline.drain()

    lines = log()
    by_paper = {i: [line for line in lines if line.get("arxiv_id") == i] for i in records()}
    told = by_paper[one]
    assert all((line["version"], line["edition"]) == (1, EDITION) for line in told)
    functions = list(dict.fromkeys(line["function_name"] for line in told))
    assert sorted(functions) == ["classify", "enrich", "fetch", "render", "translate"]
    assert functions[:3] == ["fetch", "classify", "translate"]
    assert [line["state"] for line in told if line["function_name"] == "classify"] == ["pending"]
    (translated,) = [line for line in told if line["function_name"] == "translate"]
    assert (translated["state"], translated["channels"]) == ("published", ["image-generation"])
    assert told[0]["message"] == "paper recorded"
    assert "page published" in {line["message"] for line in told}

    # The message that brought it, which its neighbours in that message share; fetch has none.
    for line in told:
        assert ("correlation_id" in line) == (line["function_name"] != "fetch"), line
    # It came back, and why; it was refused, and why.
    again = [line for line in by_paper[busy] if line["message"] == "comes back"]
    assert again  # once, or more often on a slow computer
    for line in again:
        assert (line["error"], line["kind"]) == ("busy", "TransientError")
        assert (line["function_name"], line["level"]) == ("translate", "WARN")
    assert by_paper[refused][-1]["edition"] == EDITION
    assert "formula is missing" in {line.get("reason") for line in by_paper[refused]}

    # Every paper has its story, and its line says the state that it is stored in.
    for arxiv_id, record in records().items():
        states = [line["state"] for line in by_paper[arxiv_id] if "state" in line]
        assert states[-1] == record.state.value

    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    assert KEY not in text
    for record in records().values():
        assert record.paper.abstract[:60] not in text
        assert record.paper.title not in text
        if record.translation:
            assert record.translation.abstract not in text


def test_no_line_bears_another_papers_keys(
    pipeline: Pipeline,  # noqa: F811
    classifier: ScriptedClassifier,  # noqa: F811
    translator: ScriptedTranslator,  # noqa: F811
    log: Callable[[], list[dict[str, Any]]],
) -> None:
    """Translation works in threads; what is about no paper bears none's keys."""
    match_all(classifier)
    pipeline.fetch()
    pipeline.drain()
    lines = log()
    translated = [line for line in lines if line["function_name"] == "translate" and "arxiv_id" in line]
    published = {i for i, r in records().items() if r.state is State.PUBLISHED}
    assert sorted(line["arxiv_id"] for line in translated) == sorted(published)
    # A message of this queue is about one paper: no two papers share its identifier.
    assert len({line["correlation_id"] for line in translated}) == len(translated)
    rendered = [line for line in lines if line["message"] == "rendered"]
    assert rendered
    assert not any("arxiv_id" in line for line in rendered)
    assert story._brought == {}


def test_a_poisonous_message_is_found_by_its_identifier(
    pipeline: Pipeline,  # noqa: F811
    log: Callable[[], list[dict[str, Any]]],
) -> None:
    import boto3

    url = pipeline.resources.queues["PapersQueue"]
    sent = boto3.client("sqs").send_message(QueueUrl=url, MessageBody="{")
    pipeline.deliver("PapersQueue", "classify")
    (line,) = [line for line in log() if line["message"] == "message given up"]
    assert line["correlation_id"] == sent["MessageId"]
    assert line["reason"].startswith("not a message about papers")


def test_the_check_of_the_calendar_asks_only_the_store(
    pipeline: Pipeline,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_arxiv() -> None:
        raise AssertionError("the check reads arXiv")

    monkeypatch.setattr(wiring, "fetch_edition", no_arxiv)
    answer = pipeline.fetch(watch=True)
    assert answer["overdue"] is True
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    (metric,) = [metric for metric in metrics if "EditionOverdue" in metric]
    assert (metric["EditionOverdue"], metric["edition"]) == ([1.0], answer["edition"])
