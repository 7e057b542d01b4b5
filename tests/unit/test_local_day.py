"""A day on one computer: which edition is made where feeds are empty, and how a run ends."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arxivdaily.adapters.minilm import MODEL_NAME
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Provenance, Record, State
from arxivdaily.use_cases.dispatch import NO_TRANSLATOR
from fakes import EDITION, NOW, MemoryPaperStore, match, record
from rich.console import Console
from typer.testing import CliRunner

from infrastructure import cli
from infrastructure.local import run as local_run
from infrastructure.local.errors import GoneByError, LocalError
from infrastructure.local.progress import Progress
from infrastructure.local.run import UNTRANSLATED, Options, Plan, _Run
from infrastructure.local.source import Source

NOTHING = {"edition": None, "message": "arXiv announces nothing now", "expected": "2026-06-19"}
FRIDAY, THURSDAY, WEDNESDAY = "2026-06-19", "2026-06-18", "2026-06-17"


Fetched = Mapping[str, Any] | Exception


class Application:
    """What a run asks of the application: fetch says `fetched`, OAI-PMH has `archive`."""

    def __init__(
        self, fetched: Mapping[str, Any] | Exception, archive: Mapping[str, Exception | None]
    ) -> None:
        self.fetched, self.archive = fetched, archive
        self.asked: list[str] = []
        self.store = MemoryPaperStore()

    def fetch(self, edition: str | None) -> Mapping[str, Any]:
        if isinstance(self.fetched, Exception):
            raise self.fetched
        return self.fetched

    def backfill(self, edition: str) -> Mapping[str, Any]:
        self.asked.append(edition)
        if edition not in self.archive:
            return {"edition": None, "message": f"OAI-PMH has no paper announced on {edition}"}
        if error := self.archive[edition]:
            raise error
        self.store.create_edition(Edition(edition, NOW))
        return {"edition": edition, "message": f"edition {edition}: 3 papers announced by OAI-PMH"}


class Day:
    """A run up to the edition that it goes on with."""

    def __init__(
        self,
        fetched: Fetched,
        archive: Mapping[str, Exception | None] | None = None,
        wanted: str | None = None,
    ) -> None:
        self.application = Application(fetched, archive or {})
        self.screen = io.StringIO()
        options = Options(wanted, Path("s"), Path("s/site"), "embedded", "none", None, serve=False, port=1)
        self.console = Console(file=self.screen, width=200)
        source = Source({}, options.state, wanted)
        self.run = _Run(options, Plan("embedded", "none", None), source, Progress(self.console), "http://a")
        self.run._application = self.application  # type: ignore[assignment]

    def edition(self) -> str | None:
        return self.run._settled_edition(self.run._fetched())


def test_on_a_weekend_the_last_announced_day_is_made() -> None:
    day = Day(NOTHING, {FRIDAY: None})
    assert day.edition() == FRIDAY
    assert f"The edition of {FRIDAY} is made from arXiv's archive" in day.screen.getvalue()


def test_days_that_the_archive_does_not_have_are_passed_over() -> None:
    day = Day(NOTHING, {WEDNESDAY: None})
    assert day.edition() == WEDNESDAY
    assert day.application.asked == [FRIDAY, THURSDAY, WEDNESDAY]


@pytest.mark.parametrize(
    ("archive", "asked"),
    [({}, [FRIDAY, THURSDAY, WEDNESDAY]), ({FRIDAY: LocalError("HTTP 503")}, [FRIDAY])],
)
def test_without_an_archive_there_is_no_edition(archive: dict[str, Exception], asked: list[str]) -> None:
    day = Day(NOTHING, archive)
    assert day.edition() is None
    assert day.application.asked == asked
    assert all(error in day.screen.getvalue() for error in map(str, archive.values()))


def test_a_day_that_has_gone_by_is_backfilled() -> None:
    gone = GoneByError(f"edition {WEDNESDAY} was never fetched and arXiv's feed shows {FRIDAY} by now")
    day = Day(gone, {WEDNESDAY: None}, WEDNESDAY)
    assert day.edition() == WEDNESDAY
    assert f"shows {FRIDAY} by now. It is made from arXiv's archive" in day.screen.getvalue()
    with pytest.raises(LocalError, match=f"{WEDNESDAY} cannot be made: OAI-PMH has no paper"):
        Day(gone, {}, WEDNESDAY).edition()


def test_a_day_that_was_asked_for_is_not_another() -> None:
    day = Day(NOTHING, {FRIDAY: None}, "2026-06-20")
    with pytest.raises(LocalError, match="2026-06-20 cannot be made: arXiv announces nothing"):
        day.edition()
    assert "announces nothing" not in day.screen.getvalue(), "the error says it, once"


def test_the_sample_is_shown_where_no_edition_can_be_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Source] = []

    class Made(_Run):
        def make(self) -> bool:
            seen.append(self._source)
            return len(seen) == 2

    class Sample:
        url = "http://127.0.0.1:9"

        def __enter__(self) -> Sample:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(local_run, "_Run", Made)
    monkeypatch.setattr("infrastructure.local.source.unreachable", lambda _: None)
    monkeypatch.setattr("infrastructure.local.sample_server.SampleArxiv", Sample)
    state, screen = tmp_path / "state", io.StringIO()
    state.mkdir()
    options = Options(None, state, state / "site", "embedded", "none", None, serve=False, port=1)
    progress = Progress(Console(file=screen, width=200))
    narrow = {"CATEGORIES": "cs.OH"}
    made = local_run._made(options, Plan("embedded", "none", None), narrow, progress, "http://a")
    assert made.place.state == state / "sample"
    assert [source.state for source in seen] == [state, state / "sample"]
    assert "虚构" in seen[1].environment["SITE_NOTICE"]
    assert "CATEGORIES" not in seen[1].environment, "there would be nothing to see of it"
    assert "sample day of made-up papers" in screen.getvalue()


# --- how it ends -----------------------------------------------------------------------------

PUBLISHED = record(1, State.PUBLISHED, matches=(match(),))
IN_ENGLISH = record(2, State.UNTRANSLATED, matches=(match(),), reason="the model answered in English")
BY_CHOICE = record(3, State.UNTRANSLATED, matches=(match(),), reason=NO_TRANSLATOR)
FAILED = record(4, State.FAILED, reason="no abstract")


@pytest.mark.parametrize(
    ("records", "strict", "status"),
    [
        ([PUBLISHED], True, 0),
        ([PUBLISHED, BY_CHOICE], True, 0),
        ([PUBLISHED, IN_ENGLISH], False, 0),
        ([PUBLISHED, IN_ENGLISH], True, UNTRANSLATED),
        ([IN_ENGLISH, FAILED], True, 1),
        ([FAILED], False, 1),
    ],
)
@pytest.mark.parametrize("quiet", [False, True])
def test_the_exit_status_and_what_is_said(
    records: Sequence[Record], strict: bool, status: int, quiet: bool
) -> None:
    day = Day({})
    run, store = day.run, day.application.store
    store.create_edition(Edition(EDITION, NOW, completed=NOW))
    store.add_records(records)
    day.application.waiting = lambda queues: 1 if any("Matched" in q for q in queues) else 0  # type: ignore[attr-defined]
    run._options = replace(run._options, strict=strict)
    run._look_back(EDITION, {}, {"CLASSIFIER": "embedded"})
    out, err = io.StringIO(), io.StringIO()
    assert run.report(Console(file=out, quiet=quiet, width=200), Console(file=err, width=200)) == status
    told = out.getvalue() + err.getvalue()
    assert (IN_ENGLISH.reason in told) is (IN_ENGLISH in records and (strict or not quiet))
    assert bool(err.getvalue()) is (status != 0)
    assert bool(out.getvalue()) is not quiet
    if not quiet:
        tries_again = f"`arxivdaily local run --date {EDITION} --state s` tries again"
        assert (tries_again in out.getvalue()) is bool({IN_ENGLISH, FAILED} & set(records))


def test_papers_of_another_channel_file_are_told_of() -> None:
    day = Day({})
    store = day.application.store
    store.create_edition(Edition(EDITION, NOW, completed=NOW))
    before = Provenance(MODEL_NAME, "embedded-of-another-file")
    store.add_records([replace(PUBLISHED, classified_by=before), replace(BY_CHOICE, classified_by=before)])
    day.application.waiting = lambda _: 0  # type: ignore[attr-defined]
    day.run._look_back(EDITION, {}, {"CLASSIFIER": "embedded"})
    day.run.report(day.console, day.console)
    said = day.screen.getvalue()
    assert "2 papers were sorted by another channel file or prompt than this run's" in said
    assert f"`arxivdaily reprocess --date {EDITION} --state s`" in said


def test_quiet_says_errors_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(options: Options, console: Console) -> int:
        console.print("how it goes")
        return UNTRANSLATED if options.strict else 0

    monkeypatch.setattr(local_run, "run", run)
    result = CliRunner().invoke(cli.app, ["local", "run", "--quiet", "--strict"])
    assert (result.exit_code, result.stdout, result.stderr) == (UNTRANSLATED, "", "")
    result = CliRunner().invoke(cli.app, ["local", "run"])
    assert (result.exit_code, result.stdout) == (0, "how it goes\n")
