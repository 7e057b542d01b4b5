"""The commands that have something done, as they are typed: options in, a line or a report out.

Nothing is decided here. Imports of what does the work stand inside the functions: `--help` is to be quick.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

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
    asking,
    edition_date,
    finish,
    guarded,
    note,
    place_of,
    reading,
    say,
    site_in,
)
from infrastructure.words import ARE, counted

_MOST_DAYS = 400  # of a backfill


class RedriveStage(StrEnum):
    PAPERS = "papers"
    MATCHED = "matched"
    ENRICH = "enrich"
    RENDER = "render"
    SCHEDULE = "schedule"


class ReprocessStage(StrEnum):
    CLASSIFY = "classify"
    TRANSLATE = "translate"


def redrive(
    *,
    queue: Annotated[
        list[RedriveStage] | None,
        typer.Option("--queue", help="Only this stage's; may be given again.", show_default="all"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show them, move nothing.")] = False,
    site: Site = None,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Send messages that were given up on again, after showing what they are about and why.

    What is only in the ledger (failed, untranslated) has no message: that is `arxivdaily retry`. On this
    computer queues begin empty with every run, so that nothing waits in them; what helps there is said.

    Exit status: 0, or 1 if messages could not be moved, or with --dry-run if there are any.
    """
    from infrastructure.operator.queues import NothingHere
    from infrastructure.operator.queues import redrive as move
    from infrastructure.operator.stack import StackApplication

    with guarded():
        place = place_of(stack, local, state, site)
        if place.is_local:
            with reading(place) as application:
                finish(NothingHere.of(application, dry_run=dry_run), as_json)
        stages = [stage.value for stage in queue or ()]
        finish(move(StackApplication(stack), stages, dry_run=dry_run), as_json)


def retry(
    papers: Annotated[
        list[str] | None, typer.Argument(help="arXiv identifiers.", show_default="all of the edition")
    ] = None,
    *,
    date: Date = None,
    untranslated: Annotated[bool, typer.Option("--untranslated", help="Only untranslated papers.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only failed papers.")] = False,
    site: Site = None,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Try papers again that are failed or untranslated, and lost ones. What succeeded is not paid twice.

    Papers are looked for in the newest edition that has them, unless --date says which. Without any
    choice the whole edition is gone through again, arXiv's pages that were missing too; where no
    edition is stored yet, the first one is fetched. On this computer a run is what tries again: the command
    for it is said, and nothing is done.

    Exit status: 0, or 1 if it could not be asked for, or 2 on this computer.
    """
    from infrastructure.operator.editions import wanted_edition
    from infrastructure.operator.papers import edition_of, named_paper
    from infrastructure.operator.stack import StackApplication

    with guarded():
        if untranslated and failed:
            raise UsageError("--untranslated and --failed exclude each other; without either it is both")
        place = place_of(stack, local, state, site)
        if place.is_local:
            with reading(place) as here:
                dates = {date} if date else {edition_of(here, paper) for paper in papers or ()}
                dates = dates or {wanted_edition(here, None).date}
                commands = " and ".join(f"`{here.place.again(one)}`" for one in sorted(filter(None, dates)))
            raise UsageError(f"on this computer a run tries again, all of an edition: {commands}")
        application = StackApplication(stack)
        only = "untranslated" if untranslated else "failed" if failed else None
        wanted: dict[str | None, list[str]] = {}
        for text in dict.fromkeys(papers or ()):
            found = wanted.setdefault(date or edition_of(application, text), [])
            if (arxiv_id := named_paper(text)[0]) not in found:
                found.append(arxiv_id)
        if not papers and date is None and not application.store.editions(limit=1):
            wanted[None] = []  # there is nothing yet: the newest that arXiv announces
        elif not papers:
            wanted[wanted_edition(application, date).date] = []
        answers = []
        for edition, ids in wanted.items():
            request: dict[str, object] = {"edition": edition} if edition else {}
            if ids or only:
                request |= {"stored": True, "papers": ids, "only": only}
            elif edition:
                request |= {"retry": True}
            answer = application.fetch(request)
            answers.append(answer)
            if not as_json:
                queued = answer.get("queued", 0)
                way = f"{counted(queued, 'paper', ARE)} on the way" if queued else "nothing had to be sent on"
                say(f"{answer.get('message')}: {way}")
        _end(answers, as_json)


def render(
    *,
    date: Annotated[str | None, typer.Option("--date", help="One edition.", callback=edition_date)] = None,
    every: Annotated[bool, typer.Option("--all", help="Every edition: the whole site.")] = False,
    site: Site = None,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Publish again from what is stored, whatever is noted as published: restores a bucket that lost
    objects, with --all completely. No model is asked.

    Exit status: 0 once it has been asked for (with --local: once it is done), or 1.
    """
    with guarded():
        if every == (date is not None):
            raise UsageError("say which: --all, or --date YYYY-MM-DD")
        from infrastructure.operator.editions import nothing_stored, wanted_edition

        place = place_of(stack, local, state, site)
        with asking(place) as application:
            if every:
                dates = [edition.date for edition in application.store.editions(newest_first=False)]
            else:
                dates = [wanted_edition(application, date).date]
            for edition in dates:  # the oldest first: the newest one's pages lead to the others
                application.render_anew(edition)
            if not dates:
                raise nothing_stored(application)
        if as_json:
            print(json.dumps({"editions": dates, "problems": []}))
        else:
            way = f"in {site_in(place)}" if place.is_local else "on the way to the site"
            say(f"{counted(len(dates), 'edition', ARE)} {way}.")


def reprocess(
    *,
    date: Date = None,
    every: Annotated[bool, typer.Option("--all", help="Every edition that is stored.")] = False,
    stage: Annotated[
        ReprocessStage, typer.Option("--stage", help="classify: after a new channel file, prompt or model. "
                                     "translate: after a new glossary, prompt or model.")
    ] = ReprocessStage.CLASSIFY,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without, only what it would come to.")] = False,
    site: Site = None,
    classifier: SortedBy = None, translator: TranslatedBy = None,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Have papers classified or translated again that another prompt, model or file made.

    Shows first which papers that concerns, how many have a stored answer already, and what the others
    would cost by the known prices. The prompts and files are those of this checkout: deploy it first.

    Exit status: 0, or 1.
    """
    from infrastructure.operator import reprocess as work
    from infrastructure.operator.local_state import LocalState

    with guarded():
        place = place_of(stack, local, state, site, classifier, translator)
        if every and date:
            raise UsageError("--all and --date exclude each other")
        with reading(place) as application:
            if isinstance(application, LocalState):
                application.name_models()
            dates: Sequence[str | None] = [date]
            if every:
                dates = [edition.date for edition in application.store.editions(newest_first=False)]
            planned = work.plans(application, dates, work.stage_of(stage.value))
        if yes and any(plan.papers for plan in planned.plans):
            with asking(place, models=True) as doing:
                planned = work.carry_out(doing, planned)
            if place.is_local:
                planned = replace(planned, is_done=True)
        finish(planned, as_json)


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
    site: Site = None,
    classifier: SortedBy = None, translator: TranslatedBy = None,
    stack: Stack = "arxivdaily", local: Local = False, state: State = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Make editions of days that were missed, from arXiv's OAI-PMH. Editions that are whole are left alone;
    to one with a feed that was not read, what is missing is added.

    OAI-PMH tells less than an announcement: papers that have changed since are not found any more, and
    papers that were only cross-listed that day cannot be told apart. Models are paid as on any day.
    Two days are made at a time, and none is begun while today's edition is being made.

    Exit status: 0, or 1 if a day could not be made (it is said why); the days before it are kept.
    """
    from arxivdaily.domain.calendar import is_edition_day

    from infrastructure.operator.pacing import wait_for_room

    with guarded():
        place = place_of(stack, local, state, site, classifier, translator)
        begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
        if not begin <= end < begin + timedelta(days=_MOST_DAYS):
            raise UsageError(f"--to must not be before --from, nor {_MOST_DAYS} days after it")
        days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
        with reading(place) as application:
            missing = [
                day.isoformat()
                for day in days
                if is_edition_day(day)
                and ((found := application.store.edition(day.isoformat())) is None or found.is_open)
            ]
        if dry_run or not missing:
            if not as_json:
                say(f"missing: {', '.join(missing) or 'no edition'}")
            _end((), as_json, missing=missing)
        answers: list[Mapping[str, Any]] = []
        with asking(place, models=True) as doing:
            for number, edition in enumerate(missing):
                look = doing.place.command("status")
                wait_for_room(
                    doing.store, missing[:number], missing[number:], note, status=look, sleep=doing.pause
                )
                answer = doing.fetch({"edition": edition, "backfill": True})
                answers.append(answer)
                if not as_json:
                    say(str(answer.get("message")))
        if place.is_local and not as_json:
            from infrastructure.operator.editions import made

            with reading(place) as application:
                for line in made(application, missing, site_in(place)):
                    say(line)
        _end(answers, as_json, missing=missing)


def _end(answers: Sequence[Mapping[str, Any]], as_json: bool, **more: object) -> None:
    """End a command with fetch's answers, which people were told as they came. Raises typer.Exit."""
    problems = [problem for answer in answers for problem in answer.get("problems", ())]
    if as_json:
        found = {**more, "answers": list(answers), "problems": problems}
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            note(problem, "red")
    raise typer.Exit(1 if problems else 0)


COMMANDS = (redrive, retry, render, reprocess, backfill)
