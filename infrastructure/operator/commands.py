"""The commands that look, as they are typed: options in, a report out. Nothing is decided here.

Imports of what does the work stand inside the functions: `--help` is to be quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infrastructure.operator import changes
from infrastructure.operator.access import UsageError
from infrastructure.operator.options import (
    Date,
    Json,
    Local,
    Site,
    SortedBy,
    Stack,
    State,
    TranslatedBy,
    finish,
    guarded,
    note,
    place_of,
    reading,
)

channels = typer.Typer(
    help="Channel files: is one right, and what would it have caught.", no_args_is_help=True
)


def status(
    *, date: Date = None, stack: Stack = "arxivdaily", local: Local = False, state: State = None,
    site: Site = None, as_json: Json = False,
) -> None:  # fmt: skip
    """An edition: its papers by state, what is under way, what was given up, what it has cost.

    Exit status: 0, or 1 if anything is wrong; each trouble is named with the command that helps.
    """
    from infrastructure.operator.editions import status as look

    with guarded(), reading(place_of(stack, local, state, site)) as application:
        finish(look(application, date), as_json)


def editions(
    *,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1)] = 10,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, site: Site = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """The editions that are stored, with their papers by state."""
    from infrastructure.operator.editions import editions as look

    with guarded(), reading(place_of(stack, local, state, site)) as application:
        finish(look(application, limit), as_json)


def show(
    paper: Annotated[str, typer.Argument(help="An arXiv identifier, or the address of the paper's page.")],
    *,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, site: Site = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Everything about a paper: its state in each edition, channels and reasons, what models answered
    and what that cost, affiliations and their problems, and where it is published.

    Exit status: 0, or 1 when no edition has the paper.
    """
    from infrastructure.operator.papers import show as look

    with guarded(), reading(place_of(stack, local, state, site)) as application:
        finish(look(application, paper), as_json)


def doctor(
    *,
    model: Annotated[
        bool, typer.Option("--model", help="Ask every model in use what the functions ask (a few cents).")
    ] = False,
    classifier: SortedBy = None, translator: TranslatedBy = None,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, site: Site = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Is everything there that a day needs: credentials, region, stack, queues, table, settings, the
    account's limits, files, arXiv's feed, this computer's clock, and the models. Only --model costs anything.

    Exit status: 0 (also with warnings), or 1 if a check failed; each says what to do.
    """
    from infrastructure.operator.doctor import diagnose
    from infrastructure.operator.stack import aws_clients

    with guarded(), reading(place_of(stack, local, state, site, classifier, translator)) as application:
        clients = None if application.place.is_local else aws_clients
        finish(diagnose(application, clients=clients, asks_models=model), as_json)


def cost(
    *,
    date: Date = None,
    site: Annotated[
        str | None,
        typer.Option(
            help="Read it from a published site instead: its address, or its folder on this computer.",
            show_default=False,
        ),
    ] = None,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """What models were paid for an edition: tokens and money by stage and model.

    The figures are the sum of what is stored with every paper, failed answers included; the published
    ledger has the same, for whoever may not read the table. Money is shown where MODEL_PRICES is set.

    Exit status: 0, or 1 when they cannot be read (it is said why).
    """
    from infrastructure.cost import cost_of, read_cost

    with guarded():
        if site is not None:
            if local or state:
                raise UsageError("--site is read instead of --local or --state: leave one out")
            if date is None:
                raise UsageError("say which edition's ledger: --date YYYY-MM-DD")
            finish(read_cost(site, date), as_json)
        with reading(place_of(stack, local, state)) as application:
            finish(cost_of(application, date), as_json)


# --- channel files ---------------------------------------------------------------------------

_File = Annotated[Path, typer.Argument(help="A channel file (TOML).", exists=True, dir_okay=False)]


@channels.command("check")
def check(file: _File, *, as_json: Json = False) -> None:
    """Read a channel file and name every mistake by channel and field.

    Exit status: 0, or 1 if there are any.
    """
    from infrastructure.operator.channels import check as read

    with guarded():
        finish(read(file), as_json)


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
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, site: Site = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Which papers of a stored edition each channel would gain or lose. Nothing is written, no model is
    paid: both files are tried with the embedded classifier, whichever the application uses.

    Exit status: 0, or 1 for a file with mistakes or an edition that is not stored.
    """
    from infrastructure.operator.channels import try_out as compare

    with guarded(), reading(place_of(stack, local, state, site)) as application:
        finish(compare(application, file, date, against, note), as_json)


def register(app: typer.Typer) -> None:
    """Add every command to the application's."""
    looking = (status, editions, show, cost, doctor)
    for command in (*looking, *changes.COMMANDS):
        app.command(command.__name__)(command)
    app.add_typer(channels, name="channels")
