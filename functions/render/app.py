"""Lambda function: publish an edition."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from arxivdaily import wiring
from arxivdaily.adapters import story
from arxivdaily.adapters.sqs import decode_render_request
from arxivdaily.entrypoint import BatchResponse, process_batch
from arxivdaily.errors import ArxivDailyError
from arxivdaily.settings import load_settings
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Work on requests of the render queue; several for one edition are one render."""
    queue_url = load_settings().require("render_queue_url")
    return process_batch(event, queue_url, decode_render_request, _render, is_fifo=True)


def _render(editions: list[str], _last_attempt: Collection[str]) -> Mapping[str, ArxivDailyError]:
    errors: dict[str, ArxivDailyError] = {}
    for edition in sorted(editions):  # older first: the newest edition's pages are written last
        try:
            result = wiring.render_edition()(edition)
        except ArxivDailyError as error:
            errors[edition] = error
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
