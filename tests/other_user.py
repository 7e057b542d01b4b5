"""The operator's command as a user without rights runs it: `python tests/other_user.py status` is it.

Root may write anywhere, so root's rights are dropped: inside the process, once everything is imported, as
root's Python need not be another user's to read.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
_LARGEST = "TEST_LARGEST_FILE"  # bytes
_EDITION = {"PK": {"S": "EDITIONS"}, "SK": {"S": "2026-01-15"}, "date": {"S": "2026-01-15"},
            "announced": {"N": "0"}, "created": {"S": "2026-01-15T00:00:00+00:00"}}  # fmt: skip


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter and nobody but its owner may write: pytest's own are
    closed."""
    folder = Path(tempfile.mkdtemp(prefix="arxivdaily-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(folder)


def own(folder: Path) -> Path:
    """A folder of the user that `run` runs as."""
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return folder


def run(
    *arguments: str, environment: Mapping[str, str] | None = None, largest: int | None = None
) -> subprocess.CompletedProcess[str]:
    """`arxivdaily` with `arguments`, in a process that has no rights but a user's; no file that it writes
    becomes larger than `largest` bytes, as on a full disk."""
    return subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, __file__, *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'functions'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "200",
            **({_LARGEST: str(largest)} if largest is not None else {}),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def journal(state: Path) -> None:
    """A journal with one edition, not closed."""
    from infrastructure.local.journal import Journal

    made = Journal(state / "journal.sqlite")
    made.put("EDITIONS", "2026-01-15", _EDITION)
    made.commit()


def download(folder: Path) -> None:
    """Fetch a model of 100,000 bytes from one of two sources; prints why it cannot be had."""
    from infrastructure.local.instruct_model import ModelFile, ModelUnavailableError, obtain

    class Source:
        name = "a source"

        def chunks(self, offset: int, scratch: Path) -> Iterator[bytes]:
            yield b"x" * 50_000
            yield b"x" * 50_000

    try:
        obtain(ModelFile("m.gguf", 100_000, "0" * 64), folder, [Source(), Source()])
    except ModelUnavailableError as error:
        print(error)


def _imported() -> None:
    """Have everything in memory that the commands import as they go."""
    from typer.testing import CliRunner

    from infrastructure import cli

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        journal(Path(folder))
        for command in ("status", "editions", "cost"):
            CliRunner().invoke(cli.app, [command, "--state", folder])
        CliRunner().invoke(cli.app, ["show", "2601.00001", "--state", folder])
        CliRunner().invoke(cli.app, ["status", "--state", f"{folder}/none"])
        nowhere = f"{folder}/journal.sqlite/below"  # a file: it ends before anything is started
        CliRunner().invoke(cli.app, ["local", "run", "--no-serve", "--state", nowhere, "--site", nowhere])


def main() -> None:
    _imported()
    from infrastructure import cli

    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    if largest := os.environ.pop(_LARGEST, ""):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
    if sys.argv[1] == "download":
        download(Path(sys.argv[2]))
    else:
        cli.main()


if __name__ == "__main__":
    main()
