"""The emulator's process: nothing that was answered is lost, and nothing is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
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
  Caller:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.environment
      Environment: {Variables: {LLM_PROVIDER: openai}}
  Other:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.environment}
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
  CallerName: {Value: !Ref Caller}
  OtherName: {Value: !Ref Other}
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
    return {"greeting": os.environ["GREETING"]}
def environment(event, context):
    return dict(os.environ)
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

    def invoke(self, function: str = "FunctionName") -> dict[str, Any]:
        answer = self.emulator.client("lambda").invoke(FunctionName=self.stack.outputs[function])
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


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator with nothing in it."""
    with Emulator(tmp_path_factory.mktemp("state"), os.environ) as emulator:
        yield emulator


def _sockets(group: int) -> set[str]:
    """The sockets' numbers of a process group."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getpgid(int(process.name)) == group:
                links = (str(link.readlink()) for link in (process / "fd").iterdir())
                found |= {link[8:-1] for link in links if link.startswith("socket:[")}
    return found


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


def test_parameters_and_updates_reach_the_function(start: Callable[..., Deployed]) -> None:
    app = start(GREETING="bonjour")
    assert app.invoke() == {"greeting": "bonjour"}
    app.stack.update({"GREETING": "你好"})
    assert app.invoke() == {"greeting": "你好"}


# What a developer's shell holds; the last are such as nobody has heard of.
OF_THE_USER = {
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "HF_TOKEN",
    "NPM_TOKEN",
    "TWINE_PASSWORD",
    "PGPASSWORD",
    "SSH_AUTH_SOCK",
    "GPG_AGENT_INFO",
    "DBUS_SESSION_BUS_ADDRESS",
    "KUBECONFIG",
    "DOCKER_HOST",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "PYTHONSTARTUP",
    "LLM_API_KEY_OF_SOMETHING_ELSE",
    "SOMETHING",
}
MODEL_KEYS = {"LLM_API_KEY", "TRANSLATE_API_KEY", "AWS_BEARER_TOKEN_BEDROCK"}


def test_functions_see_what_is_theirs_and_nothing_else_of_the_user(start: Callable[..., Deployed]) -> None:
    """The keys of models go to functions that call models."""
    given = {
        "ARXIV_SITE_URL": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "LC_ALL": "C",
    }
    hidden = dict.fromkeys(OF_THE_USER, "the-users-own")
    keys = {name: f"key-{name}" for name in MODEL_KEYS}
    app = start(**given, **hidden, **keys)
    caller, other = app.invoke("CallerName"), app.invoke("OtherName")
    for seen in (caller, other):
        assert seen.items() >= given.items()
        assert not OF_THE_USER & seen.keys()
        assert "the-users-own" not in seen.values()
        assert "AWS_SESSION_TOKEN" not in seen or not seen["AWS_SESSION_TOKEN"]
    assert caller.items() >= keys.items()
    assert not set(keys.values()) & set(other.values())
    emulator = Path(f"/proc/{app.emulator.pid}/environ")
    if emulator.exists():  # Linux
        assert b"the-users-own" not in emulator.read_bytes()
        assert b"HTTPS_PROXY=" in emulator.read_bytes()


def test_the_secret_is_of_one_run_and_on_no_command_line(start: Callable[..., Deployed]) -> None:
    first = start()
    secret = first.emulator.aws_environment({})["AWS_SECRET_ACCESS_KEY"]
    assert len(secret) >= 40
    assert first.invoke("OtherName")["AWS_SECRET_ACCESS_KEY"] == secret
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    assert "ministack_server" in commands
    assert secret not in commands
    assert secret not in first.emulator.log.read_text()
    second = start()
    assert second.emulator.aws_environment({})["AWS_SECRET_ACCESS_KEY"] != secret
    stored = (path for path in (second.stack._root / "state").rglob("*") if path.is_file())
    assert not [path for path in stored if secret.encode() in path.read_bytes()]


def raw(port: int, text: bytes) -> bytes:
    """The status line that these bytes are answered with."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        connection.makefile("rb") as answer,
    ):
        connection.sendall(text)
        found = answer.readline()
        for line in iter(answer.readline, b"\r\n"):
            assert not line.lower().startswith(b"access-control")
        return found


UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        (b"GET /_ministack/health", b""),
        (b"GET /_localstack/health", b""),
        (b"GET /health", b""),
        (b"POST /_ministack/reset", b""),
        (b"POST /_ministack/config", b""),
        (b"POST /_arxivdaily/attach", b""),
        (b"OPTIONS /", b"Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n"),
        (b"POST /2015-03-31/functions", b"Origin: https://evil.example\r\n"),
        (b"GET /2015-03-31/functions", b"Authorization: AWS4-HMAC-SHA256 Credential=000000000000/\r\n"),
        (b"GET /2015-03-31/functions", b"Authorization: Basic dDp0\r\nAuthorization: Basic dDp0\r\n"),
        (b"GET http://127.0.0.1/2015-03-31/functions", b""),
        (b"GET /latest/meta-data/iam/security-credentials/", b""),
        (b"GET /", b"Host: rebind.example\r\n"),
        (b"GET /", UPGRADE),
        (b"BREW /", b""),
    ],
)
def test_strangers_are_refused_on_every_way(listening: Emulator, line: bytes, headers: bytes) -> None:
    for host in (f"127.0.0.1:{listening.port}", f"localhost:{listening.port}", "rebind.example", ""):
        request = line + f" HTTP/1.1\r\nHost: {host}\r\n".encode() + headers + b"Content-Length: 0\r\n\r\n"
        assert raw(listening.port, request).split()[1] in (b"400", b"403"), host


def test_strangers_are_refused_over_http2(listening: Emulator) -> None:
    """The server speaks it without encryption too."""
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import ResponseReceived

    client = H2Connection(H2Configuration(header_encoding="utf-8"))
    client.initiate_connection()
    for stream, authority in ((1, f"127.0.0.1:{listening.port}"), (3, "rebind.example")):
        own = [(":method", "GET"), (":path", "/_ministack/health"), (":scheme", "http")]
        client.send_headers(stream, [*own, (":authority", authority)], end_stream=True)
    statuses: list[str] = []
    with socket.create_connection(("127.0.0.1", listening.port), timeout=10) as connection:
        connection.sendall(client.data_to_send())
        while len(statuses) < 2:
            events = client.receive_data(connection.recv(65536))
            connection.sendall(client.data_to_send())
            answers = [event.headers for event in events if isinstance(event, ResponseReceived)]
            statuses += [str(value) for answer in answers for name, value in answer if str(name) == ":status"]
    assert statuses == ["403", "403"]


def test_nothing_but_the_gate_listens(listening: Emulator) -> None:
    """On this computer alone, and in none of the emulator's processes anywhere else."""
    found = {
        row.split()[1]
        for table in ("tcp", "tcp6", "udp", "udp6")
        for row in Path(f"/proc/{listening.pid}/net/{table}").read_text().splitlines()[1:]
        if row.split()[9] in _sockets(listening.pid) and (table[:3] == "udp" or row.split()[3] == "0A")
    }
    assert found == {f"0100007F:{listening.port:04X}"}


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
