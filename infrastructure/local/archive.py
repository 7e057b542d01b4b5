"""Whose site a folder holds: a state's site is its own, and another archive's is never published over.

A state keeps its identity, and where and how it was published last, in `archive.json`. The hidden file of a
site (`site_sync.MANIFEST`) names the identity that it belongs to. Folders may be moved: the identity stays.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path

import msgspec

from infrastructure.local.errors import UsageError
from infrastructure.local.sample import EDITION as SAMPLE_EDITION
from infrastructure.local.site_sync import Published, read_published, write_published, write_whole

RECORD = "archive.json"
SAMPLE_FOLDER = "sample"  # of a state folder: the state of the sample day
SAMPLE_NOTICE = "样例：这里的论文、作者与机构都是虚构的。"
_LEDGER = re.compile(r"(\d{4}-\d{2}-\d{2})\.json")


class Archive(msgspec.Struct, frozen=True):
    """What a state knows of itself.

    `site` is where it was published last (an absolute path); `classifier` and `translator` are what the last
    `local run` was told to use, empty where it was told nothing; `limit` is how many papers it was told to
    translate at most, None where it was told nothing.
    """

    identity: str
    site: str = ""
    classifier: str = ""
    translator: str = ""
    limit: int | None = None


def site_of(state: Path) -> Path:
    """Where a state is published unless another folder is named."""
    return state / "site"


def is_sample(state: Path) -> bool:
    """Whether a state is that of the sample day."""
    return state.resolve().name == SAMPLE_FOLDER


def known(state: Path) -> Archive | None:
    """What a state knows of itself; None for one that was not used by this version yet."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((state / RECORD).read_bytes(), type=Archive)
    return None


def claim(
    site: Path,
    state: Path,
    *,
    classifier: str | None = None,
    translator: str | None = None,
    limit: int | None = None,
) -> None:
    """Have `state`, which must be held (`emulator.locked`), publish into `site` from now on.

    Nothing but the hidden file is written there. `classifier` and `translator` are noted where they are
    given, and `limit` with a classifier. Raises UsageError where the site is another archive's; nothing is
    changed then.
    """
    if state.resolve().is_relative_to(site.resolve()):
        raise UsageError(
            f"the site {site} would hold the state {state}, and whoever serves one would serve the other: "
            "name another folder with --site, or leave it out"
        )
    ours = known(state) or Archive(secrets.token_hex(16))
    there = read_published(site) or Published()
    if is_sample(state):
        if not there.sample and _editions(site) - {SAMPLE_EDITION}:
            raise _refusal(site, state, "an archive of real papers")
    elif there.archive != ours.identity and not there.sample:
        theirs = (site / there.state).resolve()
        if there.archive and theirs != state.resolve():
            raise _refusal(site, state, f"the archive in {shown(theirs)}")
        _adopt(site, state)
    noted = Archive(
        ours.identity,
        str(site.resolve()),
        ours.classifier if classifier is None else classifier,
        ours.translator if translator is None else translator,
        ours.limit if classifier is None else limit,
    )
    if noted != known(state):
        write_whole(state / RECORD, msgspec.json.format(msgspec.json.encode(noted)))
    site.mkdir(parents=True, exist_ok=True)
    relative = os.path.relpath(state.resolve(), site.resolve())
    mine = Published(ours.identity, relative, is_sample(state), there.files)
    if mine != there:
        write_published(site, mine)


def _adopt(site: Path, state: Path) -> None:
    """Take over a site whose owner is not known: a previous version's, or a state's that lost its record.

    Raises UsageError if it has editions which this state could not publish again.
    """
    published = _editions(site)
    if not published or (published == {SAMPLE_EDITION} and _is_sample_site(site)):
        return
    stored = _stored(state)
    if published <= stored:
        return
    # The previous version let any state publish into `.local/site`: what is there may be another's, and that
    # one's state still has it.
    if stored and site.resolve() == site_of(state).resolve():
        return
    missing = sorted(published - stored)
    words = ", ".join(missing[-3:]) + (" and others" if len(missing) > 3 else "")
    raise _refusal(site, state, f"an archive that has {words}, which {state} has not")


def _refusal(site: Path, state: Path, owner: str) -> UsageError:
    if site.resolve() == site_of(state).resolve():
        advice = "Move that folder away or delete it, or name another one with --site"
    else:
        advice = f"Name another folder with --site, or leave it out to publish into {site_of(state)}"
    return UsageError(f"{site} is the site of {owner}; nothing was changed there. {advice}")


def _editions(site: Path) -> set[str]:
    """The editions whose ledgers are on a site."""
    with contextlib.suppress(OSError):
        found = (_LEDGER.fullmatch(path.name) for path in (site / "ledger").iterdir())
        return {match[1] for match in found if match}
    return set()


def _is_sample_site(site: Path) -> bool:
    with contextlib.suppress(OSError):
        return SAMPLE_NOTICE in (site / "index.html").read_text("utf-8", errors="replace")
    return False


def _stored(state: Path) -> set[str]:
    """The editions that a state has."""
    import sqlite3

    path = state / "journal.sqlite"
    if not path.is_file():
        return set()
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as journal,
    ):
        return {sk for (sk,) in journal.execute("SELECT sk FROM items WHERE pk = 'EDITIONS'")}
    return set()


def shown(path: Path) -> str:
    """A path as it is typed from here."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
