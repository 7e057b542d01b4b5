"""Lambda function: look for the affiliations of matched papers on arXiv's pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from arxivdaily import wiring
from arxivdaily.adapters.logs import logger
from arxivdaily.adapters.sqs import decode_lookups
from arxivdaily.entrypoint import BatchResponse, process_batch
from arxivdaily.settings import load_settings
from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.prepare(wiring.enrich_papers)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Work on a batch of the enrich queue, as far as the invocation's time allows."""
    settings = load_settings()
    # The wait for a turn, a page at its slowest (silent before its first and after its last byte), and
    # the rest for storing what it said.
    needed = (2 * settings.arxiv_request_interval + 2 * wiring.PAGE_DEADLINE + 15) * 1000

    def time_left() -> bool:
        return context.get_remaining_time_in_millis() > needed

    enrich = wiring.enrich_papers()
    return process_batch(
        event,
        settings.require("enrich_queue_url"),
        decode_lookups,
        partial(enrich, time_left=time_left),
        is_fifo=True,
        give_up=enrich.give_up,
        dead_letters=settings.enrich_dead_letter_queue_url,
        attempts=wiring.attempts(),
    )
