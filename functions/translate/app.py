"""Lambda function: put matched papers into Chinese."""

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

wiring.prepare(wiring.translate_papers, wiring.give_up_papers)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Work on a batch of the matched queue, as far as the invocation's time allows."""
    settings = load_settings()
    # A paper takes two answers at most of each model, each with some patience for a busy service; the
    # rest is for storing what came back. However slow a model may be, an invocation begins something.
    models = 2 if settings.translate_fallback_model else 1
    needed = (2 * models * (settings.llm_timeout + Patience().budget) + 15) * 1000
    needed = min(needed, 0.8 * context.get_remaining_time_in_millis())

    def time_left() -> bool:
        return context.get_remaining_time_in_millis() > needed

    translate = wiring.translate_papers()
    return process_batch(
        event,
        settings.require("matched_queue_url"),
        decode_keys,
        partial(translate, time_left=time_left),
        put_off=translate.put_off,
        give_up=wiring.give_up_papers(),
        dead_letters=settings.matched_dead_letter_queue_url,
        attempts=wiring.attempts(),
    )
