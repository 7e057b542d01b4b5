"""`arxivdaily`: the operator's command."""

from __future__ import annotations

import contextlib
import sys
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from infrastructure.operator import commands
from infrastructure.operator.access import DEFAULT_STATE, remember
from infrastructure.operator.options import edition_date, guarded, in_plain_words, note, say


class _Remembered(TyperGroup):
    """The program as a whole, which remembers what was typed for messages that suggest it in another form."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        remember(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = in_plain_words(error)
            raise


app = typer.Typer(
    cls=_Remembered,
    help="arXivDaily (arXiv每日学术速递): each arXiv announcement as a public site in Chinese.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
)
local = typer.Typer(help="The application on this computer; it needs no AWS account.", no_args_is_help=True)
app.add_typer(local, name="local")
commands.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        say(f"arxivdaily {version('arxivdaily')}")
        raise typer.Exit


@app.callback()
def _application(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Keeps `local` a group of its own, whatever other commands there are."""


@local.callback()
def _local() -> None:
    """A group, whatever commands it has."""


class Classifier(StrEnum):
    """Who sorts papers into channels."""

    EMBEDDED = "embedded"
    LLM = "llm"


class Translator(StrEnum):
    """Who puts papers into Chinese."""

    EMBEDDED = "embedded"
    LLM = "llm"
    NONE = "none"


@local.command("run")
def run_locally(
    *,
    date: Annotated[
        str | None,
        typer.Option(
            help="Edition to produce, as arXiv dates it (YYYY-MM-DD, US Eastern).",
            callback=edition_date,
            show_default="the newest announced",
        ),
    ] = None,
    state: Annotated[
        Path, typer.Option(help="Where items and published objects live between runs.", file_okay=False)
    ] = DEFAULT_STATE,
    site: Annotated[
        Path | None,
        typer.Option(
            help="Where the published site is written.",
            file_okay=False,
            show_default="site/ inside the state",
        ),
    ] = None,
    classifier: Annotated[
        Classifier,
        typer.Option(
            help="embedded: a sentence embedding, on this computer. llm: the endpoint of LLM_BASE_URL."
        ),
    ] = Classifier.EMBEDDED,
    translator: Annotated[
        Translator | None,
        typer.Option(
            help="embedded: a small model on this computer (1.1 GB, fetched once). llm: the endpoint of "
            "LLM_BASE_URL. none: English, labelled.",
            show_default="llm with --classifier llm, else embedded",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            help="Translate at most so many papers in this run, best matches first.",
            min=0,
            show_default="all for llm, 4 for embedded",
        ),
    ] = None,
    no_serve: Annotated[
        bool,
        typer.Option("--no-serve", help="Exit when the edition is complete; status 0 if nothing failed."),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Status 3 for a complete edition with papers that await their translation."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Errors only, on standard error: for cron.")] = False,
    port: Annotated[int, typer.Option(help="Port of the site on 127.0.0.1.", min=1, max=65535)] = 8000,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which model does what at what price, and do nothing.")
    ] = False,
) -> None:
    """Produce an edition with the whole pipeline of template.yaml, and serve the site.

    Running it again repeats nothing that succeeded and retries at once what failed, is untranslated
    or was interrupted. Another date adds an edition to the same archive.

    The environment is that of the deployed functions: ARXIV_FEED_URL, ARXIV_API_URL,
    ARXIV_REQUEST_INTERVAL, CATEGORIES, LLM_PROVIDER (bedrock or openai), LLM_BASE_URL, LLM_API_KEY,
    CLASSIFY_MODEL, TRANSLATE_MODEL and every other parameter of the template, written like these.

    Where arXiv's feeds do not show a date any more, its edition is made from arXiv's archive (OAI-PMH), as
    `arxivdaily backfill` does. Where nothing is announced and nothing is stored yet, the last announced day
    is made so, or else a sample day of made-up papers is shown.

    Exit status: 0 if all went well (papers may await their translation; see --strict), 1 if something failed
    (it is said what), 2 for wrong options, 3 with --strict as said there.
    """
    from infrastructure.local.archive import site_of
    from infrastructure.local.run import Options, run

    options = Options(
        edition=date,
        state=state,
        site=site or site_of(state),
        classifier=classifier.value,
        translator=translator.value if translator else None,
        limit=limit,
        serve=not no_serve,
        port=port,
        explain=explain,
        strict=strict,
    )
    with guarded("Stopped. What was done is kept; run it again to go on."):
        status = run(options, Console(soft_wrap=True, quiet=quiet))
    raise typer.Exit(status)


@local.command("serve")
def serve_locally(
    *,
    site: Annotated[
        Path | None,
        typer.Option(
            help="The published site: a run's, or a copy of a bucket.",
            file_okay=False,
            show_default="site/ inside the state",
        ),
    ] = None,
    state: Annotated[
        Path, typer.Option(help="The state whose site it is, where --site does not say.", file_okay=False)
    ] = DEFAULT_STATE,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 8000,
) -> None:
    """Serve a published site on this computer, as CloudFront would, until Ctrl-C.

    It reads the folder and nothing else: runs may publish into it meanwhile.

    Exit status: 1 if there is no such folder or the port is taken.
    """
    from infrastructure.local.archive import site_of
    from infrastructure.local.errors import LocalError
    from infrastructure.local.server import SiteServer
    from infrastructure.operator.access import state_place

    with guarded():
        folder = site or site_of(state)
        if not folder.is_dir():
            if site is not None:
                raise LocalError(f"there is no folder {site}; say with --site where the site is")
            place = state_place(state)
            there = f"`{place.first()}` makes it"
            if place.site is not None and place.site.is_dir():
                there = f"`{place.command('local serve')}` serves this state's site"
            raise LocalError(f"there is no folder {folder}: {there}")
        with SiteServer(folder, port) as server:
            say(f"Serving {server.url}/ until Ctrl-C.")
            with contextlib.suppress(KeyboardInterrupt):
                Event().wait()


def main() -> None:
    """Entry point of the `arxivdaily` command."""
    try:
        app()
    except Exception as error:  # outside of any command: in what reads its options
        from infrastructure.failures import told

        note(f"arxivdaily: {told(error)}", "red")
        sys.exit(1)


if __name__ == "__main__":
    main()
