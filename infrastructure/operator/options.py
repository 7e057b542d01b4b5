"""What the commands share: options as they are typed, where the application is, and how a command ends.

Imports of what does the work stand inside the functions: `--help` is to be quick.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from typer.exceptions import TyperException

from infrastructure.operator.access import (
    DEFAULT_STATE,
    OperatorError,
    Place,
    UsageError,
    typed_for_this_computer,
)

if TYPE_CHECKING:
    from infrastructure.operator.access import Application, Readable
    from infrastructure.operator.report import Report


def edition_date(text: str | None) -> str | None:
    """For an option's callback: an ISO date. A day that the calendar does not have is named as such."""
    if text is not None:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise typer.BadParameter(f"{text!r} is not a date: write it as YYYY-MM-DD")
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise typer.BadParameter(f"{text} is not in the calendar: {error}") from error
    return text


def in_plain_words(error: typer.BadParameter) -> str:
    """What is wrong with an option's value. Typer takes the words of pydantic, which checks values for it."""
    from pydantic import ValidationError

    if not isinstance(error.__cause__, ValidationError):
        return error.message
    found = error.__cause__.errors()[0]
    typed, bounds = found["input"], found.get("ctx", {})
    if found["type"].startswith("int_"):
        return f"{typed!r} is not a whole number."
    if "ge" in bounds:
        return f"{typed} is too small: it must be {bounds['ge']} or more."
    if "le" in bounds:
        return f"{typed} is too large: it must be {bounds['le']} or less."
    return error.message.removeprefix("Value error, ")


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
    Path | None,
    typer.Option(
        "--site",
        help="With --local: the published site, which commands write that publish.",
        file_okay=False,
        show_default="site/ inside the state",
    ),
]


class ClassifierChoice(StrEnum):
    """Who sorts papers into channels."""

    EMBEDDED = "embedded"
    LLM = "llm"


class TranslatorChoice(StrEnum):
    """Who puts papers into Chinese."""

    EMBEDDED = "embedded"
    LLM = "llm"
    NONE = "none"


_AS_LAST = "what the last run had"
SortedBy = Annotated[
    ClassifierChoice | None,
    typer.Option("--classifier", help="With --local: as `local run` takes it.", show_default=_AS_LAST),
]
TranslatedBy = Annotated[
    TranslatorChoice | None,
    typer.Option("--translator", help="With --local: as `local run` takes it.", show_default=_AS_LAST),
]


def place_of(
    stack: str,
    local: bool,
    state: Path | None,
    site: Path | None = None,
    classifier: ClassifierChoice | None = None,
    translator: TranslatorChoice | None = None,
) -> Place:
    """Raises UsageError for a site of a stack, which is its bucket, and for models of one, which are its
    parameters."""
    if site is not None and not local and state is None:
        here = typed_for_this_computer()
        raise UsageError(f"--site is for this computer, and goes with --local or --state: `{here}`")
    place = Place(
        stack,
        state or (DEFAULT_STATE if local else None),
        site,
        classifier=classifier.value if classifier else "",
        translator=translator.value if translator else "",
    )
    if not place.is_local and (classifier or translator):
        raise UsageError("--classifier and --translator are for --local: a stack's models are its parameters")
    return place


def site_in(place: Place) -> Path:
    """The folder where a state is published: what was named, else its own."""
    from infrastructure.local.archive import site_of

    return place.site or site_of(place.state or DEFAULT_STATE)


def say(text: str) -> None:
    """A line of the answer."""
    Console(soft_wrap=True).print(text, markup=False, highlight=False)


def note(text: str, style: str = "") -> None:
    """A line about the work, which is no answer: with `--json` too, standard output has JSON alone."""
    Console(stderr=True, soft_wrap=True).print(text, style=style, markup=False, highlight=False)


@contextlib.contextmanager
def guarded(stopped: str = "Stopped.") -> Iterator[None]:
    """Failures as one line of standard error and an exit status: 2 for what was asked, 1 for all else.
    `stopped` is said after Ctrl-C."""
    import msgspec
    from arxivdaily.errors import ArxivDailyError

    from infrastructure.failures import told
    from infrastructure.local.errors import LocalError
    from infrastructure.local.errors import UsageError as LocalUsageError

    try:
        yield
    except (UsageError, LocalUsageError) as error:
        note(f"arxivdaily: {error}", "red")
        raise typer.Exit(2) from error
    except (OperatorError, LocalError) as error:
        note(f"arxivdaily: {error}", "red")
        raise typer.Exit(1) from error
    except ArxivDailyError as error:
        from infrastructure.operator.stack import explain

        note(f"arxivdaily: {explain(error)}", "red")
        raise typer.Exit(1) from error
    except msgspec.MsgspecError as error:
        note(f"arxivdaily: what is stored was written by another version: {error}", "red")
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        note(stopped)
        raise typer.Exit(130) from error
    except (typer.Exit, typer.Abort, TyperException, BrokenPipeError):
        raise  # typer ends these as it should
    except Exception as error:
        note(f"arxivdaily: {told(error)}", "red")
        raise typer.Exit(1) from error


@contextlib.contextmanager
def reading(place: Place) -> Iterator[Readable]:
    """An application to look at; on this computer nothing is started for it."""
    if place.state is None:
        from infrastructure.operator.stack import StackApplication

        yield StackApplication(place.stack)
        return
    from infrastructure.operator.local_state import LocalState

    state = LocalState(place.state, site=place.site, classifier=place.classifier, translator=place.translator)
    with contextlib.closing(state) as local:
        yield local


@contextlib.contextmanager
def asking(place: Place, *, models: bool = False) -> Iterator[Application]:
    """An application that does what it is asked; on this computer it is started for it, and `models` says
    whether language models may be asked."""
    if place.state is None:
        from infrastructure.operator.stack import StackApplication

        yield StackApplication(place.stack)
        return
    from infrastructure.operator.local_state import running

    choice = None
    if models:
        from infrastructure.local.run_models import choice_of

        choice = choice_of(place.state, place.classifier, place.translator)
    with running(place.state, site_in(place), note, choice) as application:
        yield application


def finish(report: Report, as_json: bool) -> None:
    """Print a report and end the command. Raises typer.Exit."""
    from infrastructure.operator.report import present

    raise typer.Exit(present(report, Console(), as_json=as_json))
