"""What the table holds, kept on disk change by change.

The emulator holds its tables in memory. The journal is the same items in SQLite: a change is
committed here before the emulator answers the request that made it, so whatever a function was
told is stored survives a SIGKILL of everything. (SQLite with `synchronous = OFF` leaves the flush
to the operating system: killed processes lose nothing, a power cut may lose the last seconds; see
https://www.sqlite.org/pragma.html#pragma_synchronous.)
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from infrastructure.failures import database

Item = Mapping[str, Any]  # DynamoDB JSON: attribute name to {"S": …}, {"N": …}, …

# What SQLite says where it cannot write beside a journal: no right to, or a full disk.
_NO_ROOM_BESIDE = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_FULL")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    pk TEXT NOT NULL,
    sk TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (pk, sk)
) WITHOUT ROWID
"""


class Journal:
    """Items by their two string keys. Safe to use from several threads.

    Every method raises LocalError where the file cannot be used (damaged, locked, a full disk).
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._changed = False
        self._path = path
        with database(path):
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(_SCHEMA)

    def put(self, pk: str, sk: str, item: Item) -> None:
        """Note an item's new image; it is kept once `commit` has returned."""
        text = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        self._write("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", (pk, sk, text))

    def delete(self, pk: str, sk: str) -> None:
        self._write("DELETE FROM items WHERE pk = ? AND sk = ?", (pk, sk))

    def _write(self, statement: str, values: tuple[str, ...]) -> None:
        with self._lock, database(self._path):
            if not self._changed:
                self._connection.execute("BEGIN")
                self._changed = True
            self._connection.execute(statement, values)

    def commit(self) -> None:
        """Keep everything noted since the last commit, all or nothing."""
        with self._lock, database(self._path):
            if self._changed:
                self._connection.execute("COMMIT")
                self._changed = False

    def items(self) -> Iterator[tuple[str, str, Item]]:
        """(partition key, sort key, item) of everything kept, in key order."""
        with database(self._path):
            for pk, sk, item in self._connection.execute("SELECT pk, sk, item FROM items ORDER BY pk, sk"):
                yield pk, sk, json.loads(item)

    def close(self) -> None:
        try:
            self.commit()
        finally:
            self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_only(path: Path) -> tuple[sqlite3.Connection, contextlib.ExitStack]:
    """A connection that only reads, and what to close after it. Of another user's state too: even to read a
    journal in WAL mode, SQLite wants to write beside it (https://www.sqlite.org/wal.html#read_only_databases).

    Raises sqlite3.Error or OSError.
    """
    held = contextlib.ExitStack()
    try:
        return _opened(path, "mode=ro", held), held
    except sqlite3.OperationalError as error:
        held.close()
        if not getattr(error, "sqlite_errorname", "").startswith(_NO_ROOM_BESIDE):
            raise
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return _opened(path, "immutable=1", held), held  # all of it is in the one file
    with held:
        copy = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="arxivdaily-"))) / path.name
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name(f"{path.name}-wal"))
        return _opened(copy, "mode=rw", held), held.pop_all()


def _opened(path: Path, how: str, held: contextlib.ExitStack) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)
    held.callback(connection.close)
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # nothing is opened before
    return connection
