"""The emulator's process: nothing that was answered is lost, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infrastructure.local.deploy import Stack
from infrastructure.local.emulator import Emulator, Restored, locked
from infrastructure.local.errors import LocalError

ROOT = Path(__file__).resolve().parents[2]
PROFILE = "us.amazon.nova-2-lite-v1:0"  # of the region that the emulator is in
# The real template's shapes in small: a parameter, a number, a function with a queue, a table.
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: hello}
  Concurrency: {Type: Number, Default: 2}
Globals:
  Function: {Runtime: python3.13, CodeUri: code/, Environment: {Variables: {GREETING: !Ref Greeting}}}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: PK, AttributeType: S}
        - {AttributeName: SK, AttributeType: S}
      KeySchema:
        - {AttributeName: PK, KeyType: HASH}
        - {AttributeName: SK, KeyType: RANGE}
  SiteBucket: {Type: AWS::S3::Bucket}
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 180}
  Greeter:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {BUCKET: !Ref SiteBucket, TABLE: !Ref Table}}
      Events:
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 10
            ScalingConfig: {MaximumConcurrency: !Ref Concurrency}
Outputs:
  TableName: {Value: !Ref Table}
  SiteBucketName: {Value: !Ref SiteBucket}
  QueueUrl: {Value: !Ref Queue}
  FunctionName: {Value: !Ref Greeter}
"""
CODE = """
import os, boto3
def handler(event, context):
    if "Records" in event:
        s3 = boto3.client("s3")
        for record in event["Records"]:
            if record["body"] == "crash":
                raise ValueError("this message is bad")
            s3.put_object(Bucket=os.environ["BUCKET"], Key=record["body"], Body=b"from the queue")
    return {"greeting": os.environ["GREETING"], "key": os.environ.get("LLM_API_KEY"),
            "profile": os.environ.get("AWS_PROFILE")}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(CODE)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path


class Deployed:
    """The small application, deployed and with its earlier state back."""

    def __init__(self, emulator: Emulator, project: Path, environment: dict[str, str]) -> None:
        self.emulator = emulator
        self.stack = Stack(emulator, project)
        self.stack.create(environment)
        self.table = self.stack.outputs["TableName"]
        self.bucket = self.stack.outputs["SiteBucketName"]
        self.restored = emulator.attach(self.table, self.bucket)
        self.dynamodb = emulator.client("dynamodb")
        self.s3 = emulator.client("s3")

    def items(self) -> dict[str, Any]:
        items = self.dynamodb.scan(TableName=self.table)["Items"]
        return {f"{item['PK']['S']}/{item['SK']['S']}": item for item in items}

    def kill(self) -> None:
        """What a power button does to processes: no farewell for any of them."""
        os.killpg(self.emulator.pid, signal.SIGKILL)

    def invoke(self) -> dict[str, Any]:
        answer = self.emulator.client("lambda").invoke(FunctionName=self.stack.outputs["FunctionName"])
        return dict(json.loads(answer["Payload"].read()))


@pytest.fixture
def start(project: Path) -> Iterator[Callable[..., Deployed]]:
    """Starts the application again and again on one state; each start ends the one before."""
    running: list[Emulator] = []

    def stop() -> None:
        while running:
            running.pop().__exit__(None, None, None)

    def begin(**environment: str) -> Deployed:
        stop()
        merged = {**os.environ, **environment}
        emulator = Emulator(project / "state", merged)
        (project / "state").mkdir(exist_ok=True)
        running.append(emulator.__enter__())
        return Deployed(emulator, project, merged)

    yield begin
    stop()


def key(sk: str) -> dict[str, Any]:
    return {"PK": {"S": "p"}, "SK": {"S": sk}}


def item(sk: str, text: str = "text") -> dict[str, Any]:
    return {**key(sk), "text": {"S": text}, "number": {"N": "7"}, "list": {"L": [{"BOOL": True}]}}


def write_every_way(app: Deployed) -> None:
    """One item for each operation that can write, with a change and a removal where it can."""
    name, client = app.table, app.dynamodb
    for sk in ("put", "update", "delete", "batch-delete", "transact-update", "transact-delete"):
        client.put_item(TableName=name, Item=item(sk))
    client.put_item(TableName=name, Item=item("put", "second"))
    update = {
        "UpdateExpression": "SET #t = :t, added = :t REMOVE #n",
        "ExpressionAttributeNames": {"#t": "text", "#n": "number"},
        "ExpressionAttributeValues": {":t": {"S": "updated"}},
    }
    client.update_item(TableName=name, Key=key("update"), **update)
    client.update_item(TableName=name, Key=key("upsert"), **update)
    client.delete_item(TableName=name, Key=key("delete"))
    requests: list[dict[str, Any]] = [{"PutRequest": {"Item": item(f"batch-{n}")}} for n in range(24)]
    requests.append({"DeleteRequest": {"Key": key("batch-delete")}})
    client.batch_write_item(RequestItems={name: requests})
    client.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": name, "Item": item("transact-put")}},
            {"Update": {"TableName": name, "Key": key("transact-update"), **update}},
            {"Delete": {"TableName": name, "Key": key("transact-delete")}},
        ]
    )


def check_for_seconds(emulator: Emulator, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        emulator.check()
        time.sleep(0.05)


def test_every_way_to_write_survives_a_kill(start: Callable[..., Deployed]) -> None:
    app = start()
    assert app.restored == Restored(items=0, objects=0)
    write_every_way(app)
    before = app.items()
    app.kill()
    with pytest.raises(LocalError, match="stopped"):
        check_for_seconds(app.emulator, 5)

    app = start()
    assert app.restored.items == len(before) == 29
    assert app.items() == before
    assert before["p/update"]["text"] == before["p/upsert"]["added"] == {"S": "updated"}
    assert "number" not in before["p/update"]
    assert not {"p/delete", "p/batch-delete", "p/transact-delete"} & before.keys()
    # What is restored goes on being kept, and conditions see it.
    with pytest.raises(app.dynamodb.exceptions.ConditionalCheckFailedException):
        app.dynamodb.put_item(
            TableName=app.table, Item=item("put"), ConditionExpression="attribute_not_exists(PK)"
        )
    app.dynamodb.delete_item(TableName=app.table, Key=key("put"))
    app.kill()
    assert start().items().keys() == before.keys() - {"p/put"}


def test_claims_of_functions_that_are_gone_are_not_restored(start: Callable[..., Deployed]) -> None:
    app = start()
    app.dynamodb.put_item(TableName=app.table, Item={**item("a"), "kind": {"S": "record"}})
    app.dynamodb.put_item(TableName=app.table, Item={**item("b"), "kind": {"S": "claim"}})
    assert start().items().keys() == {"p/a"}


def test_published_objects_survive_a_kill_and_a_new_bucket(start: Callable[..., Deployed]) -> None:
    app = start()
    app.s3.put_object(Bucket=app.bucket, Key="a/index.html", Body=b"page", ContentType="text/html")
    app.s3.put_object(Bucket=app.bucket, Key="gone.html", Body=b"x")
    app.s3.delete_object(Bucket=app.bucket, Key="gone.html")
    etag = app.s3.head_object(Bucket=app.bucket, Key="a/index.html")["ETag"]
    app.kill()
    # A run that is killed before it came to restoring anything must not lose it either.
    half = Emulator(app.stack._root / "state", os.environ)
    with half:
        os.killpg(half.pid, signal.SIGKILL)

    app = start()
    assert app.restored.objects == 1
    found = app.s3.get_object(Bucket=app.bucket, Key="a/index.html")
    assert (found["Body"].read(), found["ContentType"], found["ETag"]) == (b"page", "text/html", etag)
    app.s3.put_object(Bucket=app.bucket, Key="b.html", Body=b"y")
    assert start().restored.objects == 2


def test_parameters_secrets_and_updates_reach_the_function(start: Callable[..., Deployed]) -> None:
    app = start(GREETING="bonjour", LLM_API_KEY="secret", AWS_PROFILE="the-users-own")
    assert app.invoke() == {"greeting": "bonjour", "key": "secret", "profile": None}
    app.stack.update({"GREETING": "你好"})
    assert app.invoke()["greeting"] == "你好"


def test_a_queue_feeds_its_function(start: Callable[..., Deployed]) -> None:
    app = start()
    sqs = app.emulator.client("sqs")
    for number in range(3):
        sqs.send_message(QueueUrl=app.stack.outputs["QueueUrl"], MessageBody=f"{number}.html")
    deadline = time.monotonic() + 30
    names: list[str] = []
    while len(names) < 3 and time.monotonic() < deadline:
        listed = app.s3.list_objects_v2(Bucket=app.bucket)
        names = [found["Key"] for found in listed.get("Contents", [])]
        time.sleep(0.1)
    assert names == ["0.html", "1.html", "2.html"]


def test_a_function_that_crashes_is_noticed(start: Callable[..., Deployed]) -> None:
    app = start()
    assert app.emulator.function_failures() == []
    app.emulator.client("sqs").send_message(QueueUrl=app.stack.outputs["QueueUrl"], MessageBody="crash")
    deadline = time.monotonic() + 30
    failures: list[str] = []
    while not failures and time.monotonic() < deadline:
        failures = app.emulator.function_failures()
        time.sleep(0.1)
    assert len(failures) == 1
    assert "Greeter" in failures[0]
    assert "this message" in failures[0]
    assert app.emulator.function_failures() == []


def test_a_failing_template_is_explained(project: Path, start: Callable[..., Deployed]) -> None:
    template = TEMPLATE.replace("AWS::SQS::Queue\n", "AWS::SQS::Kueue\n")
    (project / "template.yaml").write_text(template)
    with pytest.raises(LocalError, match=r"cannot deploy template\.yaml: .*Kueue"):
        start()


ON_BEDROCK = {"SCHEDULE_STATE": "DISABLED", "OBSERVABILITY": "none", "EDGE": "none",
              "SITE_URL": "http://127.0.0.1:8000"}  # fmt: skip


def test_functions_are_told_the_model_of_the_region(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with Emulator(tmp_path / "state", dict(os.environ)) as emulator:
        stack = Stack(emulator, ROOT)
        stack.create(ON_BEDROCK)
        assert stack.outputs["ClassifyModel"] == stack.outputs["TranslateModel"] == PROFILE
        client = emulator.client("lambda")
        functions = client.list_functions()["Functions"]
        told = [
            value
            for function in functions
            for name, value in function["Environment"]["Variables"].items()
            if name in ("CLASSIFY_MODEL", "TRANSLATE_MODEL")
        ]
        assert told == [PROFILE, PROFILE]
        stack.update({**ON_BEDROCK, "TRANSLATE_MODEL": "amazon.nova-pro-v1:0"})
        assert stack.outputs["TranslateModel"] == "amazon.nova-pro-v1:0"


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"LLM_PROVIDER": "openai", "LLM_BASE_URL": "http://127.0.0.1:9/v1"}, "ClassifyModel"),
        ({"TRANSLATE_BASE_URL": "http://127.0.0.1:9/v1"}, "TranslateModel"),
    ],
)
def test_a_deployment_without_a_model_is_refused_by_name(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    (tmp_path / "state").mkdir()
    with (
        Emulator(tmp_path / "state", dict(os.environ)) as emulator,
        pytest.raises(LocalError, match=f"needs? {named}"),
    ):
        Stack(emulator, ROOT).create({**ON_BEDROCK, **environment})


def test_two_runs_cannot_share_a_state(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "state"),
        pytest.raises(LocalError, match="another run"),
        locked(tmp_path / "state"),
    ):
        pytest.fail("both have it")
    with locked(tmp_path / "state"):
        pass


STARTER = """
import os, sys, time
from pathlib import Path
from infrastructure.local.emulator import Emulator
with Emulator(Path(sys.argv[1]), os.environ) as emulator:
    print(emulator.pid, flush=True)
    time.sleep(60)
"""


def test_the_emulator_dies_with_a_killed_run(tmp_path: Path) -> None:
    run = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", STARTER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    with run:
        assert run.stdout is not None
        group = int(run.stdout.readline())
        os.killpg(group, 0)  # it lives
        run.kill()
    deadline = time.monotonic() + 10
    while _group_lives(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _group_lives(group)


def _group_lives(group: int) -> bool:
    """Whether any process of the group is more than a zombie that nobody has collected yet."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, process_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(process_group) == group and state not in "ZX":
            return True
    return False
