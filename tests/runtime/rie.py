"""The built application in Lambda's own runtime, without Docker.

AWS's Runtime Interface Emulator (from the SAM CLI) talks to `awslambdaric`, the client that Lambda's
images carry. A function sees its own folder and its layers as `sam build` made them, and nothing of the
environment that the tests run in.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infrastructure.local.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
LAMBDA_PYTHON = "3.13"  # template.yaml, Runtime
_RESPONSE_LIMIT = 60  # seconds


@dataclass(frozen=True)
class Interpreter:
    """A Python of this machine, `version` like `3.13`."""

    program: str
    version: str

    def without_packages(self, folder: Path) -> Path:
        """The same with no packages at all, as a virtual environment in `folder`; its program."""
        command = [self.program, "-m", "venv", "--without-pip", str(folder)]
        subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})  # noqa: S603
        return folder / "bin" / "python"


@cache
def interpreter() -> Interpreter:
    """Lambda's version where this machine has it, pyenv's included; else the one the tests run on."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    named = shutil.which(f"python{LAMBDA_PYTHON}")
    kept = sorted(pyenv.glob(f"versions/{LAMBDA_PYTHON}.*/bin/python{LAMBDA_PYTHON}"))
    for program in (named, *map(str, kept)):
        # pyenv's shim knows the name of a version that it then refuses to run.
        if program and subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return Interpreter(program, LAMBDA_PYTHON)
    version = sysconfig.get_python_version()
    return Interpreter(f"{sys.base_prefix}/bin/python{version}", version)


def emulator() -> Path:
    """The Runtime Interface Emulator's program. Raises FileNotFoundError before `make runtime` ran once."""
    machine = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
    packages = ROOT.glob(".venv-sam/lib/python3*/site-packages")
    found = [p for each in packages if (p := each / f"samcli/local/rapid/aws-lambda-rie-{machine}").is_file()]
    if not found:
        raise FileNotFoundError("the SAM CLI is not in .venv-sam: `make runtime` installs it")
    return found[0]


def build(folder: Path, classifier: str | None = "embedded") -> dict[str, Any]:
    """`sam build` for this machine's processor and interpreter; the built template.

    The recipe is the one for Lambda: only the names of processor and Python differ. `classifier` is the
    parameter, None for its default.
    """
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    environment = os.environ | {
        "PATH": os.pathsep.join(
            (str(ROOT / ".venv-sam/bin"), str(Path(interpreter().program).parent), os.environ["PATH"])
        ),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
        "MACHINE": machine,
        "PYTHON_VERSION": interpreter().version,
    }
    command = [str(ROOT / ".venv-sam/bin/sam"), "build", "--template", str(ROOT / "template.yaml")]
    if classifier:
        command += ["--parameter-overrides", f"Classifier={classifier}"]
    ran = subprocess.run(  # noqa: S603
        [*command, "--build-dir", str(folder), "--cache-dir", str(folder.parent / "cache")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    from samtranslator.yaml_helper import yaml_parse

    built: dict[str, Any] = yaml_parse((folder / "template.yaml").read_text("utf-8"))
    return built


class Function:
    """One function in the emulator, which takes one event after the other."""

    def __init__(
        self,
        python: Path,
        handler: str,
        task_root: Path,
        layers: Sequence[Path],
        client: Path,
        environment: Mapping[str, str],
        log: Path,
        timeout: int,
    ) -> None:
        self._port, self._log = free_port(), log
        path = [str(task_root), *(str(layer / "python") for layer in layers), str(client)]
        self._environment = dict(environment) | {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONNOUSERSITE": "1",
            "LAMBDA_TASK_ROOT": str(task_root),
            "AWS_LAMBDA_FUNCTION_NAME": handler.partition(".")[0],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
        self._command = [
            str(emulator()),
            "--runtime-interface-emulator-address", f"127.0.0.1:{self._port}",
            "--runtime-api-address", f"127.0.0.1:{free_port()}",
            str(python), "-s", "-m", "awslambdaric", handler,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._environment["LAMBDA_TASK_ROOT"],
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            import signal

            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """The function's answer; an error is an object with errorType and errorMessage (status 200)."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations",
            data=json.dumps(event).encode(),
        )
        for _ in range(50):
            try:
                with urllib.request.urlopen(request, timeout=_RESPONSE_LIMIT) as answer:  # noqa: S310
                    body = answer.read()
            except urllib.error.HTTPError as error:  # the runtime never came up
                return error.read().decode()
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionRefusedError):
                    raise
                time.sleep(0.1)
            else:
                try:
                    return json.loads(body)
                except ValueError:  # the emulator's own words, of a timeout
                    return body.decode()
        raise AssertionError(f"the emulator does not listen:\n{self.log()}")

    def log(self) -> str:
        return self._log.read_text("utf-8", errors="replace")
