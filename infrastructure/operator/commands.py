"""The commands as they are typed: options in, a report or a line out. Nothing is decided here.

Imports of what does the work stand inside the functions: `--help` is to be quick.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from infrastructure.operator.access import OperatorError, Place, UsageError

if TYPE_CHECKING:
    from infrastructure.operator.access import Application, Readable
    from infrastructure.operator.report import Report

_STATE = Path(".local")
_MOST_DAYS = 400  # of a backfill

channels = typer.Typer(
    help="Channel files: is one right, and what would it have caught.", no_args_is_help=True
)


def edition_date(text: str | None) -> str | None:
    """For an option's callback: an ISO date."""
    if text is not None:
        try:
            is_date = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) and date.fromisoformat(text)
        except ValueError:
            is_date = None
        if not is_date:
            raise typer.BadParameter("write the date as YYYY-MM-DD")
    return text


class RedriveStage(StrEnum):
    PAPERS = "papers"
    MATCHED = "matched"
    ENRICH = "enrich"
    RENDER = "render"
    SCHEDULE = "schedule"


class ReprocessStage(StrEnum):
    CLASSIFY = "classify"
    TRANSLATE = "translate"


Stack = Annotated[
    str,
    typer.Option("--stack", help="The deployed CloudFormation stack. Credentials and region are boto3's."),
]
Local = Annotated[bool, typer.Option("--local", help="On this computer: what `local run` keeps in .local.")]
State = Annotated[
    Path | None,
    typer.Option("--state", help="Like --local, with another state folder.", file_okay=False),
]
Json = Annotated[bool, typer.Option("--json", help="For programs: everything, as JSON.")]
Date = Annotated[
    str | None,
    typer.Option(
        "--date",
        help="The edition, as arXiv dates it (YYYY-MM-DD).",
        callback=edition_date,
        show_default="the newest",
    ),
]
Site = Annotated[
    Path,
    typer.Option("--site", help="With --local: where the published site is written.", file_okay=False),
]


def _place(stack: str, local: bool, state: Path | None) -> Place:
    return Place(stack, state or (_STATE if local else None))


def _say(text: str, style: str = "") -> None:
    Console(soft_wrap=True).print(text, style=style, markup=False, highlight=False)


@contextlib.contextmanager
def _guarded() -> Iterator[None]:
    """Expected failures as one line and an exit status: 2 for what was asked, 1 for all else."""
    from arxivdaily.errors import ArxivDailyError

    from infrastructure.local.errors import LocalError

    try:
        yield
    except UsageError as error:
        _say(f"arxivdaily: {error}", "red")
        raise typer.Exit(2) from error
    except (OperatorError, LocalError) as error:
        _say(f"arxivdaily: {error}", "red")
        raise typer.Exit(1) from error
    except ArxivDailyError as error:
        from infrastructure.operator.stack import explain

        _say(f"arxivdaily: {explain(error)}", "red")
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        _say("Stopped.")
        raise typer.Exit(130) from error


@contextlib.contextmanager
def _reading(place: Place) -> Iterator[Readable]:
    """An application to look at; on this computer nothing is started for it."""
    if place.state is None:
        from infrastructure.operator.stack import StackApplication

        yield StackApplication(place.stack)
        return
    from infrastructure.operator.local_state import LocalState

    with contextlib.closing(LocalState(place.state)) as local:
        yield local


@contextlib.contextmanager
def _asking(place: Place, site: Path) -> Iterator[Application]:
    """An application that does what it is asked; on this computer it is started for it."""
    if place.state is None:
        from infrastructure.operator.stack import StackApplication

        yield StackApplication(place.stack)
        return
    from infrastructure.operator.local_state import running

    with running(place.state, site, _say) as application:
        yield application


def _finish(report: Report, as_json: bool) -> None:
    from infrastructure.operator.report import present

    raise typer.Exit(present(report, Console(), as_json=as_json))


# --- looking ---------------------------------------------------------------------------------


def status(
    *, date: Date = None, stack: Stack = "arxivdaily", local: Local = False, state: State = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """An edition: its papers by state, what is under way, what was given up, what it has cost.

    Exit status: 0, or 1 if anything is wrong; each trouble is named with the command that helps.
    """
    from infrastructure.operator.editions import status as look

    place = _place(stack, local, state)
    with _guarded(), _reading(place) as application:
        _finish(look(application, place, date), as_json)


def editions(
    *,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1)] = 10,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """The editions that are stored, with their papers by state."""
    from infrastructure.operator.editions import editions as look

    with _guarded(), _reading(_place(stack, local, state)) as application:
        _finish(look(application, limit), as_json)


def show(
    paper: Annotated[str, typer.Argument(help="An arXiv identifier, or the address of the paper's page.")],
    *,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Everything about a paper: its state in each edition, channels and reasons, what models answered
    and what that cost, affiliations and their problems, and where it is published.

    Exit status: 0, or 1 when no edition has the paper.
    """
    from infrastructure.operator.papers import show as look

    with _guarded(), _reading(_place(stack, local, state)) as application:
        _finish(look(application, paper), as_json)


def doctor(
    *,
    model: Annotated[
        bool, typer.Option("--model", help="Ask every model in use one short question (a few tokens).")
    ] = False,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Is everything there that a day needs: credentials, region, stack, queues, table, settings, files,
    arXiv's feed, this computer's clock, and the models.

    Exit status: 0 (also with warnings), or 1 if a check failed; each says what to do.
    """
    from infrastructure.operator.doctor import diagnose
    from infrastructure.operator.stack import aws_clients

    place = _place(stack, local, state)
    with _guarded(), _reading(place) as application:
        clients = None if place.is_local else aws_clients
        _finish(diagnose(application, clients=clients, asks_models=model), as_json)


# --- doing -----------------------------------------------------------------------------------


def redrive(
    *,
    queue: Annotated[
        list[RedriveStage] | None,
        typer.Option("--queue", help="Only this stage's; may be given again.", show_default="all"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show them, move nothing.")] = False,
    stack: Stack = "arxivdaily", as_json: Json = False,
) -> None:  # fmt: skip
    """Send messages that were given up on again, after showing what they are about and why.

    What is only in the ledger (failed, untranslated) has no message: that is `arxivdaily retry`.

    Exit status: 0, or 1 if messages could not be moved, or with --dry-run if there are any.
    """
    from infrastructure.operator.queues import redrive as move
    from infrastructure.operator.stack import StackApplication

    with _guarded():
        stages = [stage.value for stage in queue or ()]
        _finish(move(StackApplication(stack), stages, dry_run=dry_run), as_json)


def retry(
    papers: Annotated[
        list[str] | None, typer.Argument(help="arXiv identifiers.", show_default="all of the edition")
    ] = None,
    *,
    date: Date = None,
    untranslated: Annotated[bool, typer.Option("--untranslated", help="Only untranslated papers.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only failed papers.")] = False,
    stack: Stack = "arxivdaily", local: Local = False,
) -> None:  # fmt: skip
    """Try papers again that are failed or untranslated, and lost ones. What succeeded is not paid twice.

    Papers are looked for in the newest edition that has them, unless --date says which. Without any
    choice the whole edition is gone through again, arXiv's pages that were missing too.

    Exit status: 0, or 1 if it could not be asked for.
    """
    with _guarded():
        if local:
            raise UsageError("on this computer `arxivdaily local run --date YYYY-MM-DD` tries again")
        if untranslated and failed:
            raise UsageError("--untranslated and --failed exclude each other; without either it is both")
        from infrastructure.operator.editions import wanted_edition
        from infrastructure.operator.papers import bare_id, edition_of
        from infrastructure.operator.stack import StackApplication

        application = StackApplication(stack)
        only = "untranslated" if untranslated else "failed" if failed else None
        wanted: dict[str, list[str]] = {}
        for arxiv_id in dict.fromkeys(map(bare_id, papers or ())):
            wanted.setdefault(date or edition_of(application, arxiv_id), []).append(arxiv_id)
        if not papers:
            wanted[wanted_edition(application, date).date] = []
        problems: list[str] = []
        for edition, ids in wanted.items():
            request: dict[str, object] = {"edition": edition}
            request |= {"stored": True, "papers": ids, "only": only} if ids or only else {"retry": True}
            answer = application.fetch(request)
            _say(f"{answer.get('message')}: {answer.get('queued', 0)} papers are on their way")
            problems += answer.get("problems", ())
        for problem in problems:
            _say(problem, "red")
        raise typer.Exit(1 if problems else 0)


def render(
    *,
    date: Annotated[str | None, typer.Option("--date", help="One edition.", callback=edition_date)] = None,
    every: Annotated[bool, typer.Option("--all", help="Every edition: the whole site.")] = False,
    site: Site = Path(".local/site"),
    stack: Stack = "arxivdaily", local: Local = False, state: State = None,
) -> None:  # fmt: skip
    """Publish again from what is stored, whatever is noted as published: restores a bucket that lost
    objects, with --all completely. No model is asked.

    Exit status: 0 once it has been asked for (with --local: once it is done), or 1.
    """
    with _guarded():
        if every == (date is not None):
            raise UsageError("say which: --all, or --date YYYY-MM-DD")
        from infrastructure.operator.editions import wanted_edition

        with _asking(_place(stack, local, state), site) as application:
            if every:
                dates = [edition.date for edition in application.store.editions(newest_first=False)]
            else:
                dates = [wanted_edition(application, date).date]
            for edition in dates:  # the oldest first: the newest one's pages lead to the others
                application.render_anew(edition)
            if not dates:
                raise OperatorError(f"no edition is stored on {application.name}")
            _say(f"{len(dates)} editions are on their way to the site.")


def reprocess(
    *,
    date: Date = None,
    every: Annotated[bool, typer.Option("--all", help="Every edition that is stored.")] = False,
    stage: Annotated[
        ReprocessStage, typer.Option("--stage", help="classify: after a new channel file, prompt or model. "
                                     "translate: after a new glossary, prompt or model.")
    ] = ReprocessStage.CLASSIFY,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without, only what it would come to.")] = False,
    site: Site = Path(".local/site"),
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Have papers classified or translated again that another prompt, model or file made.

    Shows first which papers that concerns, how many have a stored answer already, and what the others
    would cost by the known prices. The prompts and files are those of this checkout: deploy it first.

    Exit status: 0, or 1.
    """
    from infrastructure.operator import reprocess as work

    place = _place(stack, local, state)
    with _guarded():
        if every and date:
            raise UsageError("--all and --date exclude each other")
        with _reading(place) as application:
            dates: Sequence[str | None] = [date]
            if every:
                dates = [edition.date for edition in application.store.editions(newest_first=False)]
            planned = work.plans(application, dates, work.stage_of(stage.value))
        if yes and any(plan.papers for plan in planned.plans):
            if place.is_local and stage is ReprocessStage.TRANSLATE:
                raise UsageError("on this computer `arxivdaily local run` translates: nothing was changed")
            with _asking(place, site) as doing:
                planned = work.carry_out(doing, planned)
        _finish(planned, as_json)


def backfill(
    *,
    first: Annotated[
        str, typer.Option("--from", help="First day that may have been missed.", callback=edition_date)
    ],
    last: Annotated[
        str | None,
        typer.Option("--to", help="Last one.", callback=edition_date, show_default="the same day"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which days are missing.")] = False,
    site: Site = Path(".local/site"),
    stack: Stack = "arxivdaily", local: Local = False, state: State = None,
) -> None:  # fmt: skip
    """Make editions of days that were missed, from arXiv's OAI-PMH. Editions that exist are left alone.

    OAI-PMH tells less than an announcement: papers that have changed since are not found any more, and
    papers that were only cross-listed that day cannot be told apart. Models are paid as on any day.

    Exit status: 0, or 1 if a day could not be made (it is said why); the days before it are kept.
    """
    from arxivdaily.domain.calendar import is_edition_day

    place = _place(stack, local, state)
    with _guarded():
        begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
        if not begin <= end < begin + timedelta(days=_MOST_DAYS):
            raise UsageError(f"--to must not be before --from, nor {_MOST_DAYS} days after it")
        days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
        with _reading(place) as application:
            missing = [
                day.isoformat()
                for day in days
                if is_edition_day(day)
                and ((found := application.store.edition(day.isoformat())) is None or found.rendered is None)
            ]
        if not missing or dry_run:
            _say(f"missing: {', '.join(missing) or 'no edition'}")
            raise typer.Exit(0)
        with _asking(place, site) as doing:
            problems: list[str] = []
            for day_ in missing:
                answer = doing.fetch({"edition": day_, "backfill": True})
                _say(str(answer.get("message")))
                problems += answer.get("problems", ())
        for problem in problems:
            _say(problem, "red")
        raise typer.Exit(1 if problems else 0)


# --- channel files ---------------------------------------------------------------------------

_File = Annotated[Path, typer.Argument(help="A channel file (TOML).", exists=True, dir_okay=False)]


@channels.command("check")
def check(file: _File, *, as_json: Json = False) -> None:
    """Read a channel file and name every mistake by channel and field.

    Exit status: 0, or 1 if there are any.
    """
    from infrastructure.operator.channels import check as read

    with _guarded():
        _finish(read(file), as_json)


@channels.command("try")
def try_out(
    file: _File,
    *,
    date: Date = None,
    against: Annotated[
        Path | None,
        typer.Option(help="The file to compare with.", exists=True, dir_okay=False,
                     show_default="the one in use"),
    ] = None,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Which papers of a stored edition each channel would gain or lose. Nothing is written, no model is
    paid: both files are tried with the embedded classifier, whichever the application uses.

    Exit status: 0, or 1 for a file with mistakes or an edition that is not stored.
    """
    from infrastructure.operator.channels import try_out as compare

    with _guarded(), _reading(_place(stack, local, state)) as application:
        _finish(compare(application, file, date, against), as_json)


def register(app: typer.Typer) -> None:
    """Add every command to the application's."""
    for command in (status, editions, show, redrive, retry, render, reprocess, backfill, doctor):
        app.command(command.__name__)(command)
    app.add_typer(channels, name="channels")
