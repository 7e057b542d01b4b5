"""Every built function boots in Lambda's runtime with only its own packages, and answers real events."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from aws_resources import Resources, create_resources, load_template
from lambda_logs import is_metric, kept, level_of, parsed
from pipeline import sqs_record
from rie import LAMBDA_PYTHON, ROOT, Function, build, interpreter
from samtranslator.yaml_helper import yaml_parse

from infrastructure.local import sample
from infrastructure.local.emulator import Emulator, locked
from infrastructure.local.sample_server import SampleArxiv

CLIENT = ROOT / ".venv-sam" / "awslambdaric"
QUEUES = {
    "classify": "PapersQueue",
    "translate": "MatchedQueue",
    "enrich": "EnrichQueue",
    "render": "RenderQueue",
}
FUNCTIONS = ("fetch", *QUEUES)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes."""
    folder = tmp_path_factory.mktemp("sam") / "build"
    build(folder)
    return folder


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter without any package."""
    return interpreter().without_packages(tmp_path_factory.mktemp("python") / "bare")


@pytest.fixture(scope="session")
def client() -> Path:
    found = CLIENT / f"python{interpreter().version}"
    if not found.is_dir():
        raise FileNotFoundError(f"{found} is not there: `make runtime` installs Lambda's runtime client")
    return found


@pytest.fixture(scope="session")
def arxiv() -> Iterator[SampleArxiv]:
    with SampleArxiv() as server:
        yield server


@contextmanager
def loopback_cloud(state: Path) -> Iterator[tuple[dict[str, str], Resources]]:
    """The template's table, queues and bucket on loopback, and the environment that reaches them."""
    plain = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    with locked(state), Emulator(state, plain) as emulator:
        environment = {k: v for k, v in emulator.aws_environment({}).items() if v}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps another cloud's credentials
            patch.delenv("AWS_SESSION_TOKEN", raising=False)
            yield environment, create_resources({"RenderWindow": "1"})


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], Resources]]:
    """One cloud for the tests that do not mind each other's papers."""
    with loopback_cloud(tmp_path_factory.mktemp("cloud")) as found:
        yield found


@pytest.fixture
def aws(cloud: tuple[dict[str, str], Resources]) -> Callable[[str], Any]:
    """Clients of the loopback cloud."""
    environment, _ = cloud
    return clients(environment)


def clients(environment: Mapping[str, str]) -> Callable[[str], Any]:
    """Makes clients of the cloud that this environment reaches."""
    return partial(
        boto3.client,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.mark.parametrize("part", ["FetchFunction", "DependenciesLayer"])
def test_modules_are_compiled_for_the_runtime(built: Path, part: str) -> None:
    """Lambda could not keep what it compiles, and would do it at every start (docs/adr/0022)."""
    tag = f"cpython-{interpreter().version.replace('.', '')}"
    modules = list((built / part).rglob("*.py"))
    assert len(modules) > 50
    for module in modules:
        compiled = module.parent / "__pycache__" / f"{module.stem}.{tag}.pyc"
        # PEP 552: the second word of a compiled module; 1 is a hash that nobody compares with the source.
        assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00", compiled
    assert {path.suffixes[0] for path in (built / part).rglob("*.pyc")} == {f".{tag}"}


class _Model(BaseHTTPRequestHandler):
    """An OpenAI-compatible endpoint whose model refuses: every paper stays English, with that reason."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
        body = json.dumps(
            {
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="session")
def model() -> Iterator[str]:
    """The address of a language model."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Model) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


@pytest.fixture
def boot(
    built: Path,
    python: Path,
    client: Path,
    arxiv: SampleArxiv,
    cloud: tuple[dict[str, str], Resources],
    model: str,
    tmp_path: Path,
) -> Callable[..., Function]:
    """Starts a function as it was built; `without` leaves a package out of its layer."""
    environment, resources = cloud
    settings = {
        **environment,
        **resources.environment(),
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
        "ARXIV_REQUEST_INTERVAL": "0",
        "CLASSIFIER": "embedded",
        "TRANSLATOR": "llm",
        "LLM_PROVIDER": "openai",
        "LLM_BASE_URL": model,
        "TRANSLATE_MODEL": "refuser",
        "RENDER_WINDOW": "1",
        "RETRY_DELAY": "1",
        "SITE_URL": "https://daily.example.org",
        "TEMPLATES_DIR": str(ROOT / "templates" / "site"),
        "POWERTOOLS_SERVICE_NAME": "arxivdaily",
    }

    def start(
        name: str, *, without: str | None = None, timeout: int | None = None, **changed: str
    ) -> Function:
        logical = f"{name.capitalize()}Function"
        properties = load_template()["Resources"][logical]["Properties"]
        layers = [built / "DependenciesLayer"]
        if name == "classify":
            layers.append(built / "EmbeddedLayer")
        if without:
            layers = [shutil.copytree(layer, tmp_path / layer.name, symlinks=True) for layer in layers]
            shutil.rmtree(layers[0] / "python" / without)
        return Function(
            python,
            properties["Handler"],
            built / logical,
            layers,
            client,
            {**settings, **changed},
            tmp_path / f"{name}.log",
            timeout or properties["Timeout"],
        )

    return start


def received(sqs: Any, resources: Resources, queue: str) -> list[dict[str, Any]]:
    """Messages of a queue as the records of a Lambda event; they stay hidden."""
    found: list[dict[str, Any]] = []
    for _ in range(20):
        answer = sqs.receive_message(
            QueueUrl=resources.queues[queue],
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            WaitTimeSeconds=1,
        )
        messages = answer.get("Messages", [])
        found += [sqs_record(message) for message in messages]
        if found and not messages:
            break
    return found


def poison(identifier: str = "poison") -> dict[str, Any]:
    return {
        "messageId": identifier,
        "receiptHandle": "handle",
        "body": '{"edition": 3}',
        "attributes": {
            "ApproximateReceiveCount": "1",
            "MessageGroupId": "x",
            "MessageDeduplicationId": identifier,
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:x",
        "awsRegion": "us-east-1",
    }


def test_the_runtime_is_named_and_has_no_packages(python: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(
            f"\nLambda's runtime client runs on Python {interpreter().version} (Lambda: {LAMBDA_PYTHON})",
            end="",
        )
    asked = "import importlib.util as u; print([n for n in ('boto3', 'pip', 'arxivdaily') if u.find_spec(n)])"
    ran = subprocess.run([python, "-s", "-c", asked], capture_output=True, text=True, check=True, env={})  # noqa: S603
    assert ran.stdout.strip() == "[]", "packages beside those that were built"


def test_the_layer_for_lambda_is_for_arm_whatever_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MACHINE", "PYTHON_VERSION"):
        monkeypatch.delenv(name, raising=False)
    recipe = ["make", "-s", "-C", str(ROOT / "requirements"), "build-DependenciesLayer"]
    subprocess.run([*recipe, f"ARTIFACTS_DIR={tmp_path}"], check=True, capture_output=True)  # noqa: S603
    libraries = list(tmp_path.rglob("*.so"))
    assert libraries
    for library in libraries:
        assert library.read_bytes()[18:20] == b"\xb7\x00", f"{library}: not AArch64 (ELF e_machine 183)"
        plain = f"cpython-{LAMBDA_PYTHON.replace('.', '')}-" in library.name or ".abi3." in library.name
        assert plain, f"{library} is for another Python"


def test_functions_hold_source_only(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {}
    for name in FUNCTIONS:
        files = [path for path in (built / f"{name.capitalize()}Function").rglob("*") if path.is_file()]
        assert not [path for path in files if path.suffix in (".so", ".dist-info", ".pyd")]
        sizes[name] = sum(path.stat().st_size for path in files)
        assert sizes[name] < 3_000_000
    with capsys.disabled():
        print("\nbytes of each function:", *(f"{name} {size:,}" for name, size in sizes.items()), end="")


def test_layers_leave_room_below_lambdas_limit(built: Path) -> None:
    """250 MB unzipped for a function and its layers: classify has the most."""
    folders = ("ClassifyFunction", "DependenciesLayer", "EmbeddedLayer")
    files = (path for name in folders for path in (built / name).rglob("*") if path.is_file())
    assert sum(path.stat().st_size for path in files) < 240 * 1024 * 1024


@pytest.fixture(scope="session")
def default(built: Path) -> Path:
    """What `sam build` makes where nobody asked for anything."""
    folder = built.parent / "default"
    build(folder, classifier=None)
    return folder


def test_the_embedded_layer_is_built_where_it_is_used_and_nowhere_else(built: Path, default: Path) -> None:
    """`sam build` builds what a template's Conditions leave out, and `sam deploy` uploads what is built."""
    assert {path.name for path in built.iterdir()} - {path.name for path in default.iterdir()} == {
        "EmbeddedLayer"
    }
    template = yaml_parse((default / "template.yaml").read_text("utf-8"))
    left = (default / template["Resources"]["EmbeddedLayer"]["Properties"]["ContentUri"]).resolve()
    # What would be uploaded in its place: the recipe.
    assert sum(path.stat().st_size for path in left.rglob("*") if path.is_file()) < 1_000_000


def test_the_workflow_deploys_what_it_was_handed(
    default: Path, cloud: tuple[dict[str, str], Resources], aws: Callable[[str], Any]
) -> None:
    """The last command of deploy.yml, with the real SAM CLI, on files as an artifact has them: without modes.

    The emulator knows neither CloudFront nor budgets, so both nested stacks are left out.
    """
    handed = default.parent / "handed"
    shutil.copytree(default, handed, copy_function=shutil.copyfile)
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text("utf-8"))
    script = workflow["jobs"]["deploy"]["steps"][-1]["run"].replace("\\\n", " ")
    for name, value in {
        "$RUNNER_TEMP/sam": str(ROOT / ".venv-sam"),
        "$GITHUB_WORKSPACE": str(ROOT),
        "$STACK": "dev",
        ".aws-sam/build": str(handed),
    }.items():
        assert name in script
        script = script.replace(name, value)
    environment, _ = cloud
    ran = subprocess.run(  # noqa: S603
        [*shlex.split(script), "--parameter-overrides", "Edge=none", "Observability=none"],
        env={**environment, "PATH": os.environ["PATH"], "SAM_CLI_TELEMETRY": "0", "HOME": str(handed.parent)},
        cwd=handed.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    made = aws("cloudformation").describe_stacks(StackName="arxivdaily-dev")["Stacks"][0]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert {"Key": "environment", "Value": "dev"} in made["Tags"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}
    assert outputs["SiteUrl"] == "http://127.0.0.1:8000"
    table = aws("dynamodb").describe_table(TableName=outputs["TableName"])["Table"]
    assert not table.get("DeletionProtectionEnabled"), "what is rolled back must be deletable"


def test_a_function_and_its_layer_are_small_to_fetch(built: Path) -> None:
    """20 MB zipped for every function without the embedded classifier."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("ClassifyFunction", "DependenciesLayer"):
            for path in sorted((built / name).rglob("*")):
                archive.write(path, path.relative_to(built))
    assert packed.tell() < 20 * 1024 * 1024


def test_a_day_goes_through_every_function(
    boot: Callable[..., Function], cloud: tuple[dict[str, str], Resources], aws: Callable[[str], Any]
) -> None:
    """Real events of every kind, in the order of the pipeline, a poison message among each batch."""
    _, resources = cloud
    with boot("fetch") as fetch:
        answer = fetch.invoke({"edition": sample.EDITION})
        assert answer["outcome"] == "created", fetch.log()
        assert answer["queued"] > 0
    for name, queue in QUEUES.items():
        batch = received(aws("sqs"), resources, queue)
        assert batch, f"nothing for {name}"
        with boot(name) as function:
            answer = function.invoke({"Records": [*batch[:10], poison()]})
            assert answer == {"batchItemFailures": []}, function.log()
            dead = received(aws("sqs"), resources, queue.replace("Queue", "DeadLetterQueue"))
            assert [message["body"] for message in dead] == [poison()["body"]], function.log()
            for start in range(10, len(batch), 10):
                assert function.invoke({"Records": batch[start : start + 10]}) == {"batchItemFailures": []}
    key = f"ledger/{sample.EDITION}.json"
    body = aws("s3").get_object(Bucket=resources.bucket, Key=key)["Body"].read()
    states = {paper["state"] for paper in json.loads(body)["papers"]}
    assert "untranslated" in states
    assert "failed" not in states


@pytest.mark.parametrize("name", QUEUES)
def test_what_is_not_an_event_is_an_error_that_lambda_sees(boot: Callable[..., Function], name: str) -> None:
    with boot(name) as function:
        answer = function.invoke({"something": "else"})
        assert answer["errorType"] == "KeyError", function.log()
        assert function.invoke({"Records": []}) == {"batchItemFailures": []}, "it goes on"


def test_fetch_refuses_an_event_that_is_none_of_its_own(boot: Callable[..., Function]) -> None:
    with boot("fetch") as function:
        answer = function.invoke({"edition": "yesterday"})
        assert "edition" in answer["errorMessage"], function.log()


def test_a_function_that_hangs_is_stopped_at_its_timeout(boot: Callable[..., Function]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with boot("fetch", timeout=3, ARXIV_FEED_URL=url) as function:
            answer = function.invoke({"edition": "2026-01-16"})
    assert "timed out after 3.00 seconds" in json.dumps(answer)


@pytest.mark.parametrize(
    ("name", "package"), [("fetch", "lxml"), ("classify", "msgspec"), ("render", "jinja2")]
)
def test_a_missing_dependency_would_be_seen(boot: Callable[..., Function], name: str, package: str) -> None:
    with boot(name, without=package) as function:
        event = {"edition": sample.EDITION} if name == "fetch" else {"Records": [poison()]}
        if name == "render":
            event = {"Records": [{**poison(), "body": json.dumps({"edition": sample.EDITION})}]}
        answer = function.invoke(event)
        assert package in json.dumps(answer) or package in function.log()
        assert "No module named" in json.dumps(answer) + function.log()


# --- what is logged --------------------------------------------------------------------------

KEY = "sk-held-by-the-parameter-store"
KEY_PARAMETER = "/arxivdaily/runtime/key"
LOG_LEVELS = load_template()["Parameters"]["LogLevel"]["AllowedValues"]
RUN, STEP = 30, 10  # characters: no run of forty of a text is told


class _Asked(_Model):
    """The same endpoint and Bedrock's Converse, refusing, with what they were asked and by whom."""

    bodies: list[dict[str, Any]]
    sent: set[str]  # headers

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(json.loads(body))
        self.sent.update(self.headers.values())
        answer: dict[str, Any] = {
            "output": {"message": {"role": "assistant", "content": [{"text": "no"}]}},
            "stopReason": "content_filtered",
            "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
            "metrics": {"latencyMs": 1},
        }
        if not self.path.endswith("/converse"):
            message = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
            answer = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def asked() -> Iterator[tuple[str, type[_Asked]]]:
    """The address of both kinds of model service, and what they were asked."""
    handler = type("Handler", (_Asked,), {"bodies": [], "sent": set()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
        server.shutdown()


def in_lambda(environment: Mapping[str, str], level: str) -> dict[str, str]:
    """The environment as Lambda and the template make it: a role's passing credentials, and a log level."""
    role = "arn:aws:iam::000000000000:role/function"
    made = clients(environment)("sts").assume_role(RoleArn=role, RoleSessionName="function")["Credentials"]
    return {
        **environment,
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": level,
        "POWERTOOLS_LOG_LEVEL": level,
    }


def texts(value: Any) -> Iterator[str]:
    """Every text in a model service's request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


@pytest.mark.parametrize("level", LOG_LEVELS)
def test_no_secret_is_logged_and_no_line_of_ours_is_dropped(
    level: str, boot: Callable[..., Function], asked: tuple[str, type[_Asked]], tmp_path: Path
) -> None:
    """A day at each level that is offered: a key in the parameter store, prompts to both kinds of service,
    a session token. Lambda's filter then sees what was written."""
    url, service = asked
    written = ""
    with loopback_cloud(tmp_path / "cloud") as (environment, resources):
        aws = clients(environment)
        aws("ssm").put_parameter(Name=KEY_PARAMETER, Value=KEY, Type="SecureString")
        settings = {
            **in_lambda(environment, level),
            **resources.environment(),
            "LLM_BASE_URL": f"{url}/v1",
            "LLM_API_KEY_PARAMETER": KEY_PARAMETER,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        }
        with boot("fetch", **settings) as fetch:
            assert fetch.invoke({"edition": sample.EDITION})["outcome"] == "created", fetch.log()
            written += fetch.log()
        for name, queue in QUEUES.items():
            batch = received(aws("sqs"), resources, queue)
            shares = {"openai": batch}
            if name == "translate":
                shares = {"openai": batch[:1], "bedrock": batch[1:]}
            for provider, share in shares.items():
                assert share, f"nothing for {name}"
                with boot(name, **settings, LLM_PROVIDER=provider) as function:
                    assert function.invoke({"Records": [*share[:10], poison()]}) == {"batchItemFailures": []}
                    written += function.log()

    lines = [line for line in written.splitlines() if parsed(line)]
    assert {parsed(line).get("function_name") for line in lines} >= {*FUNCTIONS}
    assert {
        parsed(line).get("message") == "messages received" for line in lines if level_of(line) == "DEBUG"
    } == ({True} if level == "DEBUG" else set()), "our own lines alone"
    assert kept(lines, level) == lines
    assert sum(map(is_metric, lines)) > len(FUNCTIONS)
    for line in lines:
        assert is_metric(line) or level_of(line) == parsed(line)["level"], line

    assert any(KEY in header for header in service.sent), "the key was in play"
    assert settings["AWS_SESSION_TOKEN"] in service.sent, "and the token"
    assert KEY not in written
    for name in ("AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        assert settings[name] not in written
    prompts = {text for body in service.bodies for text in texts(body)}
    abstracts = {paper.abstract for paper in sample.load()}
    assert any(abstract[:RUN] in prompt for abstract in abstracts for prompt in prompts)
    for text in prompts | abstracts:
        for start in range(0, len(text) - RUN, STEP):
            run = text[start : start + RUN]
            assert run not in written
            assert json.dumps(run)[1:-1] not in written


def test_a_function_that_lets_libraries_speak_would_be_heard(
    built: Path,
    python: Path,
    client: Path,
    cloud: tuple[dict[str, str], Resources],
    aws: Callable[[str], Any],
    tmp_path: Path,
) -> None:
    """Lambda's runtime client at DEBUG, and a handler that does nothing about it."""
    aws("ssm").put_parameter(Name=KEY_PARAMETER, Value=KEY, Type="SecureString", Overwrite=True)
    folder = tmp_path / "careless"
    folder.mkdir()
    (folder / "app.py").write_text(
        "import botocore.session\n"
        "def handler(event, context):\n"
        "    ssm = botocore.session.get_session().create_client('ssm')\n"
        "    ssm.get_parameter(Name=event['name'], WithDecryption=True)\n"
    )
    layers = [built / "DependenciesLayer"]
    settings = in_lambda(cloud[0], "DEBUG")
    log = tmp_path / "careless.log"
    with Function(python, "app.handler", folder, layers, client, settings, log, 30) as function:
        assert function.invoke({"name": KEY_PARAMETER}) is None, function.log()
        assert KEY in function.log()
        assert settings["AWS_SESSION_TOKEN"] in function.log()
