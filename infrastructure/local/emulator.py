"""AWS on loopback: ministack in a process of its own, its state under one directory."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from arxivdaily.settings import Settings

from infrastructure.failures import at
from infrastructure.local.errors import LocalError
from infrastructure.local.function_log import ModelNews, failure, model_news
from infrastructure.local.inherited import inherited
from infrastructure.local.journal import Journal
from infrastructure.local.ministack_server import ACCOUNT, ATTACH_PATH, LAST_WORDS, StateFiles
from infrastructure.local.processes import Child, free_port

REGION = "us-east-1"
_START_TIMEOUT = 60.0  # seconds; it needs one on an idle computer
_PASSED_ON = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_BEARER_TOKEN_BEDROCK", "AWS_CA_BUNDLE")
# Besides what any program needs: what functions read, and what their libraries are told by.
_OF_FUNCTIONS = frozenset(
    {*(field.name.upper() for field in fields(Settings)), *_PASSED_ON, "POWERTOOLS_LOG_LEVEL"}
)


def aws_environment(endpoint: str, secret: str, environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with every AWS call sent to `endpoint` and signed with `secret`, and with no way to a
    real account.

    All AWS_* variables of the user (profile, keys, region) are replaced; only what a model
    endpoint needs is passed on.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("AWS_") or name in _PASSED_ON
    }
    bypass = [kept.get("NO_PROXY") or kept.get("no_proxy") or "", "127.0.0.1", "localhost"]
    return kept | {
        "AWS_ACCESS_KEY_ID": ACCOUNT,  # ministack takes twelve digits for the account
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": ",".join(filter(None, bypass)),
        "no_proxy": ",".join(filter(None, bypass)),
    }


@contextlib.contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the state directory for this run alone; LocalError when another run has it."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as file:
        try:
            with at(state / "lock"):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalError(
                f"another run is using {state}; wait for it, stop it, or choose another --state"
            ) from error
        yield


@dataclass(frozen=True, slots=True)
class Restored:
    """What the last run had left."""

    items: int
    objects: int


class Emulator:
    """A running emulator; the context manager stops it and everything it started.

    It serves whoever has this run's secret (see gate): `client`, `aws_environment`, the functions.
    `state` must be held (`locked`). Of `environment` functions inherit what they read as settings and what
    any program needs; those that call models, the keys too (see ministack_server). With `enforce_iam` each
    function may do what its role allows and no more, and requests count as encrypted (see
    ministack_server); without, everything is allowed, which a reader's computer has no need to check.
    """

    def __init__(self, state: Path, environment: Mapping[str, str], *, enforce_iam: bool = False) -> None:
        self._enforce_iam = enforce_iam
        self._files = StateFiles(state.resolve())
        self._environment = environment
        self._child: Child | None = None
        self._log_read = 0  # bytes of the log that `_read_log` has been through
        self._failures: list[str] = []
        self._news: list[ModelNews] = []
        self._secret = secrets.token_urlsafe(30)
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Emulator:
        Journal(self._files.journal).close()  # says here, in one line, what would stop the process below
        _set_objects_aside(self._files)
        shutil.rmtree(self._files.temporary, ignore_errors=True)
        self._files.temporary.mkdir(parents=True)
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",  # it would listen on every address
            "SFTP_ENABLED": "0",
            "AUTH": "true" if self._enforce_iam else "false",
            "LAMBDA_EXECUTOR": "local",
            "LOG_LEVEL": "WARNING",
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._files.objects),
            "PERSIST_STATE": "0",  # it writes at an orderly stop only; the journal does better
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "TMPDIR": str(self._files.temporary),  # unpacked functions; nothing stays in /tmp
            "PYTHONUNBUFFERED": "1",
            "POWERTOOLS_TRACE_DISABLED": "true",  # no X-Ray daemon listens here
            "AWS_XRAY_SDK_ENABLED": "false",
        }
        self._child = Child(
            "infrastructure.local.ministack_server",
            [str(self._files.journal.parent)],
            environment=self.aws_environment(inherited(self._environment, _OF_FUNCTIONS)) | settings,
            log=self._files.log,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self._child.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child:
            self._child.stop()
        shutil.rmtree(self._files.temporary, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            self.check()
            with contextlib.suppress(OSError):
                self._ask("/_ministack/health", timeout=2)
                return
            time.sleep(0.05)
        raise LocalError(
            f"the AWS emulator did not start within {_START_TIMEOUT:.0f} s; see {self._files.log}"
        )

    @property
    def log(self) -> Path:
        """What the emulator and the functions wrote."""
        return self._files.log

    @property
    def pid(self) -> int:
        """The emulator's process, which leads its own process group."""
        if self._child is None:
            raise LocalError("the AWS emulator has not been started")
        return self._child.pid

    def check(self) -> None:
        """LocalError if the emulator's process has ended."""
        if self._child is None or not self._child.is_running:
            tail = self._child.log_tail() if self._child else ""
            for line in reversed(tail.splitlines()):
                if line.startswith(LAST_WORDS):
                    raise LocalError(line.removeprefix(LAST_WORDS))
            raise LocalError(f"the AWS emulator stopped; the end of {self._files.log}:\n{tail}")

    def function_failures(self) -> list[str]:
        """What functions that read from queues have raised since the last call, each once."""
        self._read_log()
        found, self._failures = self._failures, []
        return list(dict.fromkeys(found))

    def model_news(self) -> list[ModelNews]:
        """What became of models since the last call, as functions told it."""
        self._read_log()
        found, self._news = self._news, []
        return found

    def _read_log(self) -> None:
        """Take in what is new in the log."""
        with self._files.log.open("rb") as log:
            log.seek(self._log_read)
            lines = log.readlines()
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()  # it is being written
        self._log_read += sum(map(len, lines))
        for line in (raw.decode(errors="replace").rstrip() for raw in lines):
            if failed := failure(line):
                self._failures.append(failed)
            elif news := model_news(line):
                self._news.append(news)

    def aws_environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """`environment` of a process that uses this emulator as its AWS, and no other."""
        return aws_environment(self.endpoint, self._secret, environment)

    def adopt(self) -> None:
        """Have this process use the emulator as its AWS from now on. What the application's adapters keep of
        another's, or of another run's secret, is forgotten."""
        from arxivdaily.adapters import aws, dynamodb

        adopted = self.aws_environment(os.environ)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(adopted)
        for made in (aws.session, aws.client, dynamodb.models):
            made.cache_clear()

    def client(self, service: str, *, read_timeout: float = 60.0) -> Any:
        """A boto3 client for the emulator; it ignores the user's AWS configuration."""
        import boto3
        import botocore.session
        from botocore.config import Config

        # A profile that AWS_PROFILE names would be looked up, and missed, by a default session.
        core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        return boto3.session.Session(botocore_session=core).client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key=self._secret,
            config=Config(
                connect_timeout=3,
                read_timeout=read_timeout,
                retries={"total_max_attempts": 1},
                proxies={},
                s3={"addressing_style": "path"},
            ),
        )

    def attach(self, table: str, bucket: str) -> Restored:
        """Bring back what the last run stored and published, and keep what happens from now on."""
        body = json.dumps({"table": table, "bucket": bucket}).encode()
        try:
            answer = json.loads(self._ask(ATTACH_PATH, body, timeout=300))
        except urllib.error.HTTPError as error:
            reason = error.read(2000).decode(errors="replace")
            raise LocalError(f"cannot restore what is stored in {self._files.journal}: {reason}") from error
        return Restored(items=answer["items"], objects=answer["objects"])

    def signed(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> dict[str, str]:
        """The headers, Host among them, that a request other than an SDK's needs to be let in."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request = AWSRequest(method, self.endpoint + path, headers=headers, data=body)
        request.headers["Host"] = f"127.0.0.1:{self.port}"
        SigV4Auth(Credentials(ACCOUNT, self._secret), "arxivdaily", REGION).add_auth(request)
        return dict(request.headers.items())

    def _ask(self, path: str, body: bytes | None = None, *, timeout: float) -> bytes:
        """The body of the answer to a GET, or with `body` to a POST; HTTPError for anything but a 200."""
        kind = {"Content-Type": "application/json"} if body else {}
        headers = self.signed("POST" if body else "GET", path, kind, body)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(self.endpoint + path, body, headers)
        with opener.open(request, timeout=timeout) as response:
            return bytes(response.read())


def _set_objects_aside(files: StateFiles) -> None:
    """Before a start: keep the last run's site bucket, forget its other buckets (code packages)."""
    name = files.bucket_name.read_text().strip() if files.bucket_name.is_file() else ""
    bucket = files.objects / ACCOUNT / name
    if name and bucket.is_dir() and not files.kept_objects.exists():
        bucket.rename(files.kept_objects)
    shutil.rmtree(files.objects, ignore_errors=True)
