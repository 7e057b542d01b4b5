"""The file of what was learned: read back whole, for its own encoder only, or a clear error."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.minilm import DIMENSIONS, MODEL_NAME
from arxivdaily.classification.learned import FILE, Head, Learned, load_learned, save_learned
from arxivdaily.classification.scoring import ALGORITHM
from arxivdaily.errors import ConfigurationError

CHANNELS = Path(__file__).parents[2] / "functions" / "channels.toml"


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    mean = np.array([0.5, 0.25], dtype=np.float32)
    heads = {"b": Head(mean * 2, -1.5), "a": Head(mean, 0.25)}
    learned = Learned("words", mean, mean + 1, heads, frozenset(["2606.00001"]))
    save_learned(learned, tmp_path / "learned.npz")
    read = load_learned("words", tmp_path / "learned.npz")
    assert read.seen == learned.seen
    assert sorted(read.heads) == ["a", "b"]
    vector = np.array([1.0, 0.0], dtype=np.float32)
    assert read.logit("b", vector) == pytest.approx(1.0 - 1.5)
    assert read.logit("unknown", vector) == 0
    assert read.abstract_mean is not None
    np.testing.assert_allclose(read.abstract_mean, mean + 1)


def test_another_encoder_learned_nothing() -> None:
    assert load_learned("another").heads == {}


@pytest.mark.parametrize("content", [b"", b"not a file of arrays", FILE.read_bytes()[:500]])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "learned.npz"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"learned\.npz is not what training wrote"):
        load_learned("words", path)


def test_the_committed_file_fits_the_encoder_and_the_channels() -> None:
    learned = load_learned(MODEL_NAME)
    assert learned.title_mean is not None
    assert learned.title_mean.shape == (DIMENSIONS,)
    assert learned.heads.keys() <= {channel.slug for channel in load_catalogue(CHANNELS)}
    assert all(head.direction.shape == (DIMENSIONS,) for head in learned.heads.values())


def test_a_new_file_is_a_new_algorithm() -> None:
    """Stored answers are attributed to ALGORITHM: raise it with the file, then note both here."""
    assert (ALGORITHM, hashlib.sha256(FILE.read_bytes()).hexdigest()[:12]) == ("2", "1c980c740f81")
