"""Lambda function: fetch arXiv's announcement."""

from __future__ import annotations

from typing import Any

import msgspec
from arxivdaily import wiring
from arxivdaily.adapters.logs import logger
from arxivdaily.errors import GoneByError, PermanentError
from arxivdaily.use_cases.fetch import FetchRequest, FetchResult, Outcome, check
from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.prepare(wiring.fetch_edition)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a FetchRequest (`{"edition": date or null, "retry": bool, …}`, all optional) with a FetchResult.

    `{"watch": true}` asks instead whether the edition is there that should be and its feeds were read, and
    `{"repair": true}` sends papers on again that have not come through and are due; both ask arXiv nothing.
    Anything else in the event (the scheduler's own fields) is ignored.
    """
    if event.get("repair") is True:
        repaired = wiring.repair_editions()()
        logger.info(repaired.message, sent=repaired.sent, given_up=repaired.given_up)
        return {**msgspec.to_builtins(repaired)}
    if event.get("watch") is True:
        watched = wiring.watch_edition()()
        logger.info(
            watched.message, edition=watched.edition, overdue=watched.overdue, unread=list(watched.unread)
        )
        return {**msgspec.to_builtins(watched)}
    try:
        request = msgspec.convert(event, type=FetchRequest)
    except msgspec.ValidationError as error:
        raise PermanentError(f"not a fetch request: {error}") from error
    check(request)
    try:
        if request.backfill and request.edition:
            result = wiring.backfill_edition()(request.edition)
        else:
            result = wiring.fetch_edition()(request)
    except GoneByError as error:
        result = FetchResult(Outcome.GONE_BY, None, 0, 0, str(error))
    for problem in result.problems:
        logger.error("could not be read", problem=problem, edition=result.edition)
    logger.info(result.message, outcome=result.outcome.value, edition=result.edition, queued=result.queued)
    return {**msgspec.to_builtins(result)}
