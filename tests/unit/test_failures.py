"""Errors of the operating system and of SQLite in words, and the last resort."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from infrastructure import cli
from infrastructure.failures import at, defect, in_words, of_database, told
from infrastructure.local import site_sync
from infrastructure.operator.options import guarded


@given(st.sampled_from(sorted(errno.errorcode)), st.sampled_from([None, "/a/b", b"/a/b", 3, ""]))
def test_every_error_is_a_sentence_with_the_path(number: int, name: Any) -> None:
    said = in_words(OSError(number, os.strerror(number), name))
    assert said
    assert "\n" not in said
    assert "Errno" not in said
    assert "None" not in said


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "may not use /a/b"),
        (errno.ENOSPC, "No space is left on the disk of /a/b"),
        (errno.EROFS, "/a/b is on a file system that is read-only"),
        (errno.EDQUOT, "quota"),
        (errno.EFBIG, "/a/b would be larger"),
        (errno.ENOTDIR, "a file where a folder should be"),
        (errno.EISDIR, "a folder where a file should be"),
        (errno.ENOENT, "/a/b does not exist"),
        (errno.EMFILE, "ulimit -n"),
    ],
)
def test_the_usual_errors(number: int, words: str) -> None:
    assert words in in_words(OSError(number, os.strerror(number), "/a/b"))


def test_a_write_that_fails_says_of_what(tmp_path: Path) -> None:
    full = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 - closed below
    with full, pytest.raises(OSError, match="No space") as raised, at(tmp_path / "page.html"):
        full.write(b"x")
    assert str(tmp_path / "page.html") in in_words(raised.value)


def test_a_page_for_which_there_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".new-x").touch()
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(tempfile, "mkstemp", lambda **_: (full, str(tmp_path / ".new-x")))
    with pytest.raises(OSError, match="No space") as raised:
        site_sync.write_whole(tmp_path / "index.html", b"x")
    assert f"the disk of {tmp_path}/index.html" in in_words(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "said",
    ["SQLITE_FULL", "SQLITE_BUSY", "SQLITE_NOTADB", "SQLITE_CORRUPT_INDEX", "SQLITE_CANTOPEN",
     "SQLITE_READONLY_DIRECTORY", "SQLITE_IOERR_WRITE", ""],
)  # fmt: skip
def test_what_is_wrong_with_a_journal_names_it(said: str) -> None:
    error = sqlite3.OperationalError("some words")
    error.sqlite_errorname = said
    assert "/a/journal.sqlite" in of_database(Path("/a/journal.sqlite"), error)


def test_what_nobody_expects_is_one_line_and_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    try:
        raise KeyError("what\nnobody expects")
    except KeyError as error:
        said = defect(error)
    assert "\n" not in said
    assert "KeyError" in said
    written = re.search(r"in (\S+\.log)", said)
    assert written
    assert "Traceback" in Path(written[1]).read_text()
    assert Path(written[1]).stat().st_mode & 0o077 == 0
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert "ARXIVDAILY_DEBUG=1" in defect(ValueError())


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        RuntimeError(),
        RecursionError("deep"),
        MemoryError(),
        sqlite3.OperationalError("locked"),
        OSError(28, "No space left on device"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ],
)
def test_no_command_ends_in_a_traceback(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        with guarded():
            raise error

    result = CliRunner().invoke(app, [])
    assert result.exit_code == 1
    assert result.output.startswith("arxivdaily: ")
    assert result.output.count("\n") == 1
    shown = CliRunner().invoke(app, [], env={"ARXIVDAILY_DEBUG": "1"})
    assert "Traceback" in shown.output or type(error).__name__ in shown.output


def test_what_fails_outside_of_a_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken() -> None:
        raise ValueError("x")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1


def test_a_command_ends_as_it_says() -> None:
    with pytest.raises(typer.Exit) as ended, guarded():
        raise typer.Exit(3)
    assert ended.value.exit_code == 3
    with pytest.raises(BrokenPipeError), guarded():
        raise BrokenPipeError


def test_nobody_answers_for_aws() -> None:
    assert "AWS" in told(EndpointConnectionError(endpoint_url="http://127.0.0.1:1"))
