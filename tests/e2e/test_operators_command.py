"""The operator's command against the deployed stack: a poison message, and a bucket that was emptied."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from deployed_application import Application, until

from infrastructure.local.deploy import STACK
from infrastructure.local.run import ROOT


def arxivdaily(
    application: Application, *arguments: str, keys: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The command as an operator types it, as the account's owner without `keys`: exit status, words."""
    result = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "infrastructure.cli", *arguments, "--stack", STACK],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={
            **application.emulator.aws_environment(os.environ),
            **(keys or {}),
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
    return application.make_edition()


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


def user(application: Application, name: str, actions: Collection[str]) -> dict[str, str]:
    """Keys of a new user who may do `actions` and nothing else."""
    iam = application.emulator.client("iam")
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="operator", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def test_the_permissions_that_the_manual_names_are_enough_and_needed(
    application: Application, edition: str
) -> None:
    manual = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (paragraph,) = re.findall(r"The commands use your own permissions:(.*?)\n\n", manual, re.DOTALL)
    named = set(re.findall(r"`([a-z]+:[A-Z]\w+)`", paragraph))
    assert len(named) > 10
    sqs, letters = application.emulator.client("sqs"), application.stack.outputs["PapersDeadLetterQueueUrl"]
    sqs.send_message(QueueUrl=letters, MessageBody="this is not a message of ours")
    keys = user(application, "operator", named)
    paper = application.arxiv.papers[0].arxiv_id
    commands = (
        (("status", "--date", edition), 1),  # it says that a message was given up
        (("editions",), 0),
        (("show", paper), 0),
        (("cost", "--date", edition), 0),
        (("retry", paper), 0),
        (("render", "--date", edition), 0),
        (("reprocess", "--date", edition, "--stage", "translate"), 0),
        (("redrive", "--dry-run"), 1),
        (("redrive",), 0),
    )
    try:
        for command, wanted in commands:
            status, text = arxivdaily(application, *command, keys=keys)
            assert status == wanted, (command, text)
            assert "permission" not in text, (command, text)
        checks = json.loads(arxivdaily(application, "doctor", "--json", keys=keys)[1])["checks"]
        assert not [check for check in checks if "AccessDenied" in check["found"]]
        # It is what the user may do that counts.
        keys = user(application, "stranger", named - {"dynamodb:Query"})
        status, text = arxivdaily(application, "status", keys=keys)
        assert (status, "Your credentials lack that permission" in text) == (1, True), text
    finally:
        sqs.purge_queue(QueueUrl=letters)
