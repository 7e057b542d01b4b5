"""Lambda function: sort papers into channels."""

from __future__ import annotations

from typing import Any

from arxivdaily import wiring
from arxivdaily.adapters.sqs import decode_key
from arxivdaily.entrypoint import BatchResponse, process_batch
from arxivdaily.settings import load_settings
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Work on a batch of the papers queue."""
    return process_batch(
        event, load_settings().require("papers_queue_url"), decode_key, wiring.classify_papers()
    )
