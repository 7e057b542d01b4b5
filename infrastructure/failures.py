"""What the person at the terminal is told of a failure that nobody foresaw where it happened.

One place turns errors of the operating system and of SQLite into a line with the path and what to do; one
handler takes whatever else there is. No traceback reaches an operator: it goes to a file, and to the
terminal where ARXIVDAILY_DEBUG is set.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

from infrastructure.local.errors import LocalError

DEBUG_VARIABLE = "ARXIVDAILY_DEBUG"
_ELSEWHERE = "Name another folder (--state, --site), or have this user given the right to it."
_KEPT = "What is stored is kept: make room, then run the same command again."
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextlib.contextmanager
def at(path: Path) -> Iterator[None]:
    """Errors of the operating system in here are about `path`: a write that fails does not say of what."""
    try:
        yield
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            error.filename = str(path)
        raise


@contextlib.contextmanager
def database(path: Path) -> Iterator[None]:
    """SQLite's errors in here are about the journal `path`. Raises LocalError."""
    try:
        yield
    except sqlite3.Error as error:
        raise LocalError(of_database(path, error)) from error


def of_database(path: Path, error: sqlite3.Error) -> str:
    """What is wrong with the journal, and what to do; SQLite's own words know neither."""
    said = getattr(error, "sqlite_errorname", "") or ""
    if said.startswith("SQLITE_FULL"):
        return f"No space is left on the disk of {path}. {_KEPT}"
    if said.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"{path} is in use by another program. Wait until that has ended, then run the command again."
    if said.startswith("SQLITE_NOTADB"):
        return (
            f"{path} is no journal of arXivDaily. Name another folder with --state, or move that file away."
        )
    if said.startswith("SQLITE_CORRUPT"):
        return (
            f"{path} is damaged ({error}). `sqlite3 {path} .recover` prints what can be read of it; with the "
            "file moved away, `arxivdaily local run` begins anew."
        )
    if said.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN", "SQLITE_AUTH")):
        return f"{path} cannot be opened: {_why_not(path) or error}. {_ELSEWHERE}"
    if said.startswith("SQLITE_IOERR"):
        return f"{path} cannot be read or written: {error}. Look at the disk (full, failing or unplugged?)."
    if "no such" in str(error) or "has no column" in str(error):
        return f"{path} was written by another version, or is no journal of arXivDaily: {error}."
    return f"{path}: {error}"


def in_words(error: OSError, elsewhere: str = _ELSEWHERE) -> str:
    """What happened, to which path, and what to do about it. `elsewhere` says how to use another folder."""
    path = _path_of(error)
    about = str(path) if path else "a file"
    match error.errno:
        case errno.EACCES | errno.EPERM if path:
            return f"This user may not use {path}{_belongs(path)}. {elsewhere}"
        case errno.EROFS:
            return f"{about} is on a file system that is read-only. {elsewhere}"
        case errno.ENOSPC:
            return f"No space is left on the disk of {about}. {_KEPT}"
        case errno.EDQUOT:
            return f"This user's quota of the disk of {about} is used up. {_KEPT}"
        case errno.EFBIG:
            return f"{about} would be larger than a file may be here (see `ulimit -f`). {_KEPT}"
        case errno.ENOTDIR | errno.EEXIST if path:
            return (
                f"{_file_in(path)} is a file where a folder should be. Move it away, or name another folder."
            )
        case errno.EISDIR if path:
            return f"{path} is a folder where a file should be. Move it away, or name another folder."
        case errno.ENOENT if path:
            return f"{path} does not exist."
        case errno.ENAMETOOLONG:
            return f"{about[:100]}… is longer than a path may be. Name a folder with a shorter one."
        case errno.ELOOP:
            return f"{about} is a link that leads back to itself. Remove it, or name another folder."
        case errno.EMFILE | errno.ENFILE:
            return "Too many files are open. Allow more (`ulimit -n 4096`), then run the same command again."
        case errno.EIO:
            return f"The disk of {about} failed to read or write. Look at the system's log."
    reason = getattr(error, "reason", None) or error.strerror or error
    return f"{path}: {reason}" if path else f"{type(error).__name__}: {reason}"


def _path_of(error: OSError) -> Path | None:
    name = error.filename
    return Path(os.fsdecode(name)) if isinstance(name, str | bytes) and name else None


def _existing(path: Path) -> Path:
    """The path, or what there is of it; of what may not be looked into, the folder that forbids it."""
    for part in (path, *path.parents):
        with contextlib.suppress(OSError):
            part.lstat()
            return part
    return path


def _file_in(path: Path) -> Path:
    """What of the path is a file, so that nothing can be below it."""
    return next((part for part in (*reversed(path.parents), path) if part.is_file()), path)


def _belongs(path: Path) -> str:
    """Whose the path is, where it is another's."""
    found = _existing(path)
    try:
        owner = found.stat().st_uid
    except OSError:
        return ""
    if owner == os.geteuid():
        return f": {found} does not let its owner" if found != path else ""
    try:
        name = found.owner()
    except (KeyError, OSError):
        name = f"user {owner}"
    return f", which belongs to {name}" if found == path else f": {found} belongs to {name}"


def _why_not(path: Path) -> str:
    """Why a file cannot be opened, as far as the system tells."""
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    if path.is_dir():
        return "it is a folder"
    if path.exists() and not os.access(path, os.R_OK):
        return f"this user may not read it{_belongs(path)}"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return f"this user may not write it{_belongs(path)}"
    return ""


def is_shown(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether whoever runs this wants to see tracebacks."""
    return environment.get(DEBUG_VARIABLE, "").strip().lower() not in ("", "0", "false", "no", "off")


def defect(error: BaseException) -> str:
    """The last resort: one line for an error that nobody expects; its traceback goes to a file."""
    details = "".join(traceback.format_exception(error))
    where = ""
    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(prefix="arxivdaily-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{' '.join(sys.argv)}\nPython {sys.version}\n\n{details}")
        where = f"The details are in {name}: please report them"
    said = (str(error).strip().splitlines() or [""])[0][:200]
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return f"This is a defect of arXivDaily ({what}). {where or f'{DEBUG_VARIABLE}=1 shows the details'}."


def told(error: Exception) -> str:
    """A line for any error that no command foresaw; shows its traceback where that is asked for."""
    if is_shown():
        traceback.print_exception(error)
    if isinstance(error, OSError):
        return in_words(error)
    if isinstance(error, sqlite3.Error):
        return f"The journal of the state cannot be used: {error}."
    if type(error).__module__.startswith("botocore."):
        return f"AWS, or the emulator of it on this computer, did not answer: {error}"
    return defect(error)
