"""The journal: what was committed is there afterwards, and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from arxivdaily.adapters import dynamodb
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.local.errors import LocalError
from infrastructure.local.journal import Journal


def item(text: str) -> dict[str, object]:
    return {"PK": {"S": "p"}, "body": {"S": text}}


def kept(path: Path) -> dict[tuple[str, str], object]:
    with Journal(path) as journal:
        return {(pk, sk): value for pk, sk, value in journal.items()}


def test_keeps_the_last_image_of_each_item(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.put("p", "1", item("old"))
        journal.put("p", "1", item("新"))
        journal.put("p", "2", item("gone"))
        journal.commit()
        journal.delete("p", "2")
        journal.delete("p", "never there")
        journal.commit()
    assert kept(path) == {("p", "1"): item("新")}


def test_what_is_not_committed_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.put("p", "1", item("committed"))
    journal.commit()
    journal.put("p", "2", item("half of a transaction"))
    assert kept(path) == {("p", "1"): item("committed")}
    journal.close()


def test_another_process_sees_a_commit_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.put("p", "1", item("x"))
    journal.commit()
    other = sqlite3.connect(path)
    assert other.execute("SELECT count(*) FROM items").fetchone() == (1,)
    other.close()
    journal.close()


def test_an_unreadable_journal_is_an_error_not_an_empty_table(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"this is not a database, " * 100)
    with pytest.raises(LocalError):
        Journal(path)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.one_of(st.none(), st.text(max_size=20)))
    )
)
def test_agrees_with_a_dictionary(changes: list[tuple[str, str, str | None]]) -> None:
    expected: dict[tuple[str, str], object] = {}
    with Journal(Path(":memory:")) as journal:
        for pk, sk, text in changes:
            if text is None:
                journal.delete(pk, sk)
                expected.pop((pk, sk), None)
            else:
                journal.put(pk, sk, item(text))
                expected[pk, sk] = item(text)
            journal.commit()
        assert {(pk, sk): value for pk, sk, value in journal.items()} == expected


def test_what_a_journal_holds_is_read_without_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer that has never heard of AWS reads its state: no client is made for that."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    dynamodb.models.cache_clear()
    raw = {"PK": {"S": "EDITIONS"}, "SK": {"S": "2026-06-18"}, "kind": {"S": "edition"},
           "created": {"S": "2026-06-18T04:05:00+00:00"}}  # fmt: skip
    assert dynamodb.edition_of(raw).date == "2026-06-18"
