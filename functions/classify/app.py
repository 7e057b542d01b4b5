"""Lambda function: sort papers into channels."""

from __future__ import annotations

from functools import partial
from typing import Any

from arxivdaily import wiring
from arxivdaily.adapters.logs import logger
from arxivdaily.adapters.sqs import decode_keys
from arxivdaily.entrypoint import BatchResponse, process_batch
from arxivdaily.model_calls import Patience
from arxivdaily.settings import load_settings
from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.prepare(wiring.classify_papers, wiring.give_up_papers)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Work on a batch of the papers queue, as far as the invocation's time allows."""
    settings = load_settings()
    # One call with some patience for a busy service; the rest is for storing what came back.
    needed = (settings.llm_timeout + Patience().budget + 15) * 1000
    needed = min(needed, 0.8 * context.get_remaining_time_in_millis())

    def time_left() -> bool:
        return context.get_remaining_time_in_millis() > needed

    classify = wiring.classify_papers()
    return process_batch(
        event,
        settings.require("papers_queue_url"),
        decode_keys,
        partial(classify, time_left=time_left),
        send_apart=partial(wiring.messages().to_classify, apart=True),
        put_off=classify.put_off if wiring.ends_by_itself() else None,
        give_up=wiring.give_up_papers(),
        dead_letters=settings.papers_dead_letter_queue_url,
        attempts=wiring.attempts(),
    )
