"""The operator's command against the deployed stack: a poison message, and a bucket that was emptied."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from deployed_application import Application, until

from infrastructure.local.deploy import STACK
from infrastructure.local.emulator import aws_environment
from infrastructure.local.run import ROOT


def arxivdaily(application: Application, *arguments: str) -> tuple[int, str]:
    """The command as an operator types it: exit status and what it says."""
    result = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "infrastructure.cli", *arguments, "--stack", STACK],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={
            **aws_environment(application.emulator.endpoint, os.environ),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}",
            "COLUMNS": "100",
        },
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, result.stdout + result.stderr


def in_json(application: Application, *arguments: str) -> Any:
    return json.loads(arxivdaily(application, *arguments, "--json")[1])


@pytest.fixture(scope="module")
def edition(application: Application) -> str:
    edition = application.announce()
    assert application.fetch()[0]
    until(lambda: application.ledger_states(edition).get("published"), "a published edition")
    return edition


def test_status_and_show_find_the_stack(application: Application, edition: str) -> None:
    status, text = arxivdaily(application, "status", "--date", edition)
    assert status == 0, text
    assert edition in text
    paper = application.arxiv.papers[0]
    status, text = arxivdaily(application, "show", paper.arxiv_id)
    assert status == 0, text
    assert f"/papers/{paper.arxiv_id}/" in text


def test_a_poison_message_is_given_up_seen_and_brought_back(application: Application, edition: str) -> None:
    """The queue's own patience is half an hour a try; here it is a second."""
    sqs, url = application.emulator.client("sqs"), application.stack.outputs["PapersQueueUrl"]
    patience = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    try:
        sqs.send_message(QueueUrl=url, MessageBody="this is not a message of ours")
        until(lambda: application.waiting("PapersDeadLetterQueueUrl") == 1, "a dead letter")
        assert application.waiting("PapersQueueUrl") == 0
        status, text = arxivdaily(application, "status", "--date", edition)
        assert status == 1
        assert "redrive" in text
        status, text = arxivdaily(application, "redrive", "--dry-run")
        assert "this is not a message of ours" in text
        assert application.waiting("PapersDeadLetterQueueUrl") == 1
        status, text = arxivdaily(application, "redrive", "--queue", "papers")
        assert status == 0, text
        until(lambda: application.waiting("PapersDeadLetterQueueUrl") == 1, "it is given up again")
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=patience)
        sqs.purge_queue(QueueUrl=application.stack.outputs["PapersDeadLetterQueueUrl"])
    # Nobody else suffered from it.
    assert application.states(edition) == application.ledger_states(edition)


def test_an_emptied_bucket_comes_back_byte_for_byte(application: Application, edition: str) -> None:
    before = application.objects()
    s3 = application.emulator.client("s3")
    for key in before:
        s3.delete_object(Bucket=application.bucket, Key=key)
    assert application.object_keys() == []
    status, text = arxivdaily(application, "render", "--all")
    assert status == 0, text
    until(lambda: not application.waiting("RenderQueueUrl"), "every edition is rendered")
    assert application.objects() == before
