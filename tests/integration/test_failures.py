"""What an operator sees where this computer refuses: one line with the path and what to do, no traceback.

Each is the real command in a process of a user without rights.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import other_user
import pytest

from infrastructure.local.journal import Journal

RUN = ("local", "run", "--no-serve", "--translator", "none")
NOWHERE = {
    **dict.fromkeys(
        ("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL", "ARXIV_OAI_URL"), "http://127.0.0.1:9"
    ),
}


@pytest.fixture
def folder() -> Iterator[Path]:
    with other_user.open_folder() as found:
        yield found


def line(done: subprocess.CompletedProcess[str], status: int = 1) -> str:
    """The one line that a command ends with."""
    output = done.stdout + done.stderr
    assert "Traceback" not in output, output
    assert done.returncode == status, output
    last = output.strip().splitlines()[-1]
    assert last.startswith("arxivdaily: "), output
    return last


def test_a_state_that_may_not_be_written(folder: Path) -> None:
    said = line(other_user.run(*RUN, "--state", str(folder / "state"), "--site", str(folder / "site")))
    assert f"may not use {folder}/" in said
    assert "--state" in said


def test_a_state_below_a_file(folder: Path) -> None:
    (folder / "file").write_text("")
    mine = other_user.own(folder / "mine")
    said = line(other_user.run(*RUN, "--state", str(folder / "file" / "state"), "--site", str(mine / "site")))
    assert f"{folder}/file is a file where a folder should be" in said


def test_a_site_that_may_not_be_written(folder: Path) -> None:
    mine = other_user.own(folder / "mine")
    (folder / "theirs").mkdir()
    where = ("--state", str(mine / "state"), "--site", str(folder / "theirs" / "site"))
    assert f"may not use {folder}/theirs/site" in line(other_user.run(*RUN, *where))


def test_a_disk_that_is_full_from_the_start(folder: Path) -> None:
    mine = other_user.own(folder / "mine")
    done = other_user.run(
        *RUN, "--state", str(mine / "state"), "--site", str(mine / "site"), environment=NOWHERE, largest=100
    )
    said = line(done)
    assert str(mine / "state") in said
    assert "disk" in said or "larger than a file may be" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no database, " * 400, "no journal of arXivDaily"), (None, "damaged")],
    ids=["another file", "damaged"],
)
def test_a_journal_that_is_none(folder: Path, content: bytes | None, words: str) -> None:
    mine = other_user.own(folder / "mine")
    journal = mine / "journal.sqlite"
    if content is None:
        with Journal(journal) as made:
            for number in range(2000):
                made.put("EDITIONS", str(number), {"a": {"S": "x" * 100}})
        content = journal.read_bytes()
        content = content[:8192] + b"\xff" * 60_000 + content[68_192:]
    journal.write_bytes(content)
    said = line(other_user.run("editions", "--state", str(mine)))
    assert f"{journal} is {words}" in said
    assert "another version" not in said


def test_a_journal_that_another_program_holds(folder: Path) -> None:
    mine = other_user.own(folder / "mine")
    journal = mine / "journal.sqlite"
    with sqlite3.connect(journal) as other:
        other.execute("CREATE TABLE items (pk, sk, item)")
        other.execute("BEGIN EXCLUSIVE")
        said = line(other_user.run("status", "--state", str(mine)))
        other.rollback()
    assert f"{journal} is in use by another program" in said


def _journal(state: Path, *, killed: bool) -> None:
    """A journal as a run leaves it that came to its end, or that was killed."""
    state.mkdir()
    code = f"import os, other_user, pathlib; other_user.journal(pathlib.Path({str(state)!r}))"
    code += "; os.kill(os.getpid(), 9)" if killed else ""
    environment = {**os.environ, "PYTHONPATH": f"{other_user.ROOT}:{other_user.ROOT / 'tests'}"}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, check=False)  # noqa: S603 - ours
    assert ended.returncode == (-signal.SIGKILL if killed else 0)


@pytest.mark.parametrize("killed", [False, True], ids=["complete", "killed"])
@pytest.mark.parametrize("shared_memory", [True, False], ids=["as left", "copied without -shm"])
def test_another_users_state_is_looked_at(folder: Path, killed: bool, shared_memory: bool) -> None:
    """Nothing may be written there, and nothing is."""
    state = folder / "state"
    _journal(state, killed=killed)
    assert (state / "journal.sqlite-wal").exists() is killed
    if not shared_memory:
        (state / "journal.sqlite-shm").unlink(missing_ok=True)
    for path in state.iterdir():
        path.chmod(0o444)
    state.chmod(0o555)
    before = {path.name: path.read_bytes() for path in state.iterdir()}
    for command in (("status",), ("editions",), ("cost",), ("show", "2601.00001")):
        done = other_user.run(*command, "--state", str(state))
        assert "Traceback" not in done.stdout + done.stderr
        assert "cannot" not in done.stderr
        if command == ("editions",):
            assert (done.returncode, "2026-01-15" in done.stdout) == (0, True), done.stderr
    assert {path.name: path.read_bytes() for path in state.iterdir()} == before


def test_a_state_on_a_full_disk_is_looked_at(folder: Path) -> None:
    mine = other_user.own(folder / "mine")
    _journal(folder / "state", killed=False)
    (folder / "state" / "journal.sqlite").rename(mine / "journal.sqlite")
    done = other_user.run("editions", "--state", str(mine), largest=0)
    assert (done.returncode, "2026-01-15" in done.stdout) == (0, True), done.stderr


def test_a_state_that_may_not_be_read(folder: Path) -> None:
    _journal(folder / "state", killed=False)
    (folder / "state" / "journal.sqlite").chmod(0o000)
    said = line(other_user.run("status", "--state", str(folder / "state")))
    assert "may not read it" in said


def test_the_models_folder_that_may_not_be_written(folder: Path) -> None:
    done = other_user.run("download", str(folder / ".cache" / "models"))
    assert done.stdout.startswith(f"This user may not use {folder}/.cache"), done.stderr
    assert "XDG_CACHE_HOME" in done.stdout


def test_a_disk_that_fills_while_the_model_comes(folder: Path) -> None:
    mine = other_user.own(folder / "mine")
    done = other_user.run("download", str(mine), largest=60_000)
    assert done.stdout.startswith(f"{mine}/m.gguf.part would be larger"), done.stderr
    assert "a source" not in done.stdout
