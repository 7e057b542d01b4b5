"""Lambda function: publish an edition."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from arxivdaily import wiring
from arxivdaily.adapters import story
from arxivdaily.adapters.logs import logger
from arxivdaily.adapters.sqs import decode_render_request
from arxivdaily.entrypoint import BatchResponse, process_batch
from arxivdaily.errors import ArxivDailyError, OutOfTimeError
from arxivdaily.ports import RenderRequest
from arxivdaily.settings import load_settings
from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.prepare(wiring.render_edition)

_SHARE = 0.4  # of an invocation's time: what a render may take


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Work on requests of the render queue; several for one edition are one render."""
    settings = load_settings()
    needed = _SHARE * context.get_remaining_time_in_millis()

    def time_left() -> bool:
        return context.get_remaining_time_in_millis() > needed

    work = partial(_render, time_left=time_left)
    return process_batch(
        event,
        settings.require("render_queue_url"),
        decode_render_request,
        work,
        is_fifo=True,
        dead_letters=settings.render_dead_letter_queue_url,
        attempts=wiring.attempts(),
    )


def _render(
    requests: list[RenderRequest], _last_attempt: Collection[RenderRequest], time_left: Callable[[], bool]
) -> Mapping[RenderRequest, ArxivDailyError]:
    errors: dict[RenderRequest, ArxivDailyError] = {}
    anew: dict[str, bool] = {}
    for request in requests:
        anew[request.edition] = anew.get(request.edition, False) or request.anew
    for place, edition in enumerate(sorted(anew)):  # older first: the newest's pages are written last
        try:
            if place and not time_left():  # an archive that is restored asks for many at once
                raise OutOfTimeError(retry_after=0)
            result = wiring.render_edition()(edition, anew=anew[edition])
        except ArxivDailyError as error:
            errors |= {request: error for request in requests if request.edition == edition}
        else:
            logger.info(
                "rendered",
                edition=edition,
                objects=result.objects,
                uploaded=result.uploaded,
                complete=result.complete,
            )
            for paper in result.papers:
                logger.info("page published", **story.about(paper))
    return errors
