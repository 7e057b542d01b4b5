"""The small translation model: downloaded while an edition is made in English, then served to functions."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from infrastructure.local.background import in_background
from infrastructure.local.instruct_model import (
    INSTRUCT_MODEL,
    MODEL_ID,
    ModelServer,
    cache_directory,
    obtain,
)
from infrastructure.local.progress import Progress

# What the functions are told of it, besides its address.
SETTINGS = {
    "TRANSLATE_MODEL": MODEL_ID,
    "TRANSLATE_FALLBACK_MODEL": "",  # its server has this one model, whatever is asked for
    "TRANSLATE_STYLE": "sentences",
    "TRANSLATE_BATCH_SIZE": "2",  # so that the site shows each few papers as they come
    "LLM_CONCURRENCY": "1",
    "LLM_TIMEOUT": "240",  # seconds: the other invocation's paper may be in front
}


class ModelDownload:
    """Begins at once, in the background."""

    def __init__(self, environment: Mapping[str, str], progress: Progress) -> None:
        """`environment` says where downloads are kept."""
        self._progress = progress
        self.key = secrets.token_urlsafe(30)  # that the server will ask for: a random one each run

        def received(count: int) -> None:
            progress.downloaded(count, INSTRUCT_MODEL.size)

        self._path = in_background(
            lambda: obtain(INSTRUCT_MODEL, cache_directory(environment), progress=received)
        )

    def server(self, log: Path, check: Callable[[], None]) -> ModelServer:
        """The model's server, when the model is there; `check` is called while waiting and may raise.

        Raises ModelUnavailableError if it cannot be had.
        """
        self._progress.step("waiting for the translation model")
        while not self._path.done():
            check()
            self._progress.step(self._progress.status.step)
            time.sleep(0.2)
        path = self._path.result()
        self._progress.step("loading the translation model")
        return ModelServer(path, log, self.key)
