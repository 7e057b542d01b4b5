"""Whose site a folder holds: what may be published over, and what may not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from infrastructure.local import archive, sample
from infrastructure.local.archive import SAMPLE_FOLDER, SAMPLE_NOTICE, claim, known, site_of
from infrastructure.local.errors import UsageError
from infrastructure.local.journal import Journal
from infrastructure.local.site_sync import MANIFEST, read_published
from infrastructure.operator.access import state_place

DAYS = ("2026-06-17", "2026-06-18")


def state(folder: Path, *editions: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with Journal(folder / "journal.sqlite") as journal:
        for date in editions:
            journal.put("EDITIONS", date, {"PK": {"S": "EDITIONS"}, "SK": {"S": date}})
    return folder


def published(site: Path, *editions: str, notice: str = "") -> Path:
    """A site with editions, in nobody's name, as the previous version left it."""
    (site / "ledger").mkdir(parents=True)
    names = [f"ledger/{date}.json" for date in editions]
    for name in names:
        (site / name).write_text("{}")
    (site / "index.html").write_text(f"<p>{notice}</p>")
    (site / MANIFEST).write_text(json.dumps(["index.html", *names]))
    return site


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_site_is_its_states_and_nobody_elses(tmp_path: Path) -> None:
    mine, other = state(tmp_path / "mine"), state(tmp_path / "other", *DAYS)
    site = tmp_path / "site"
    claim(site, mine)
    before = files(tmp_path)
    with pytest.raises(UsageError, match=rf"{site} is the site of the archive in \S*mine; .* --site"):
        claim(site, other)
    assert files(tmp_path) == before
    claim(site, mine)
    assert files(tmp_path) == before, "nothing is written twice"


def test_folders_may_be_moved(tmp_path: Path) -> None:
    mine = state(tmp_path / "mine", DAYS[0])
    claim(site_of(mine), mine)
    mine = mine.rename(tmp_path / "moved")
    claim(site_of(mine), mine)
    moved = site_of(mine).rename(tmp_path / "elsewhere")
    claim(moved, mine)
    with pytest.raises(UsageError):
        claim(moved, state(tmp_path / "other"))


@pytest.mark.parametrize(
    ("stored", "on_the_site", "is_own_folder", "is_taken"),
    [
        (DAYS, DAYS[:1], False, True),
        (DAYS[:1], DAYS, False, False),
        ((), DAYS, False, False),
        ((), DAYS, True, False),  # the archive that had them is gone
        (DAYS[:1], DAYS, True, True),  # another state's, by the previous version's mistake
        ((), (), False, True),
    ],
)
def test_sites_of_the_previous_version_are_taken_over_where_nothing_is_lost(
    tmp_path: Path,
    stored: tuple[str, ...],
    on_the_site: tuple[str, ...],
    is_own_folder: bool,
    is_taken: bool,
) -> None:
    mine = state(tmp_path / "mine", *stored)
    site = published(site_of(mine) if is_own_folder else tmp_path / "site", *on_the_site)
    before = files(site)
    if is_taken:
        claim(site, mine)
        there = read_published(site)
        assert there is not None
        assert there.archive == getattr(known(mine), "identity", None)
        assert there.files == json.loads(before[site / MANIFEST])
    else:
        with pytest.raises(UsageError, match=f"{on_the_site[-1]}, which .* has not"):
            claim(site, mine)
        assert files(site) == before


def test_a_state_that_has_lost_its_record_keeps_its_site(tmp_path: Path) -> None:
    mine = state(tmp_path / "mine", *DAYS)
    site = published(tmp_path / "site", *DAYS)
    claim(site, mine)
    (mine / archive.RECORD).write_text("{torn")
    claim(site, mine)
    shutil.rmtree(mine)
    with pytest.raises(UsageError):
        claim(site, state(mine, "2026-06-19"))


def test_the_sample_gives_way_and_takes_nothing(tmp_path: Path) -> None:
    mine = state(tmp_path / "mine")
    sample_day, site = state(mine / SAMPLE_FOLDER, sample.EDITION), site_of(mine)
    claim(site, mine)
    claim(site, sample_day)
    published(site / "copy", sample.EDITION)  # as a run of the sample leaves it
    shutil.copytree(site / "copy" / "ledger", site / "ledger")
    claim(site, sample_day)
    claim(site, state(tmp_path / "another"))  # made-up papers are nobody's loss
    claim(site, sample_day)
    claim(site, mine)
    (site / "ledger" / f"{DAYS[0]}.json").write_text("{}")
    with pytest.raises(UsageError, match="real papers"):
        claim(site, sample_day)


def test_the_sample_of_the_previous_version_gives_way_too(tmp_path: Path) -> None:
    site = published(tmp_path / "site", sample.EDITION, notice=SAMPLE_NOTICE)
    claim(site, state(tmp_path / "mine"))
    with pytest.raises(UsageError):
        claim(published(tmp_path / "real", sample.EDITION), state(tmp_path / "other"))


@pytest.mark.parametrize("site", [".", "..", "../.."])
def test_a_site_that_would_show_the_state_is_refused(tmp_path: Path, site: str) -> None:
    mine = state(tmp_path / "a" / "b")
    with pytest.raises(UsageError, match="would hold the state"):
        claim(mine / site, mine)
    assert known(mine) is None


def test_what_a_state_knows_of_itself_is_in_the_commands_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = state(Path("mine"))
    assert state_place(mine).command("local run") == "arxivdaily local run --state mine"
    claim(site_of(mine), mine)
    assert state_place(mine).command("local run") == "arxivdaily local run --state mine"
    claim(tmp_path / "www", mine, classifier="llm", translator="", limit=3)
    claim(tmp_path / "www", mine)  # by a command that was told no models
    expected = "arxivdaily local run --date 2026-06-18 --state mine --site www --classifier llm --limit 3"
    assert state_place(mine).again("2026-06-18") == expected
    assert state_place(mine).command("status") == "arxivdaily status --state mine"
