"""What labelled papers taught the embedded classifier: where papers lie, and a direction a channel.

`learned.npz` is made by `infrastructure/evaluation/training.py` (docs/adr/0007 says from what and
why). Channels without labels are not in it and are scored by the channel file alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from arxivdaily.errors import ConfigurationError

FILE = Path(__file__).with_name("learned.npz")

Vector = NDArray[np.float32]  # shape (dimensions,)


@dataclass(frozen=True, slots=True)
class Head:
    """A linear correction for one channel: direction · paper vector + offset, in log odds."""

    direction: Vector
    offset: float


@dataclass(frozen=True)
class Learned:
    """`title_mean` and `abstract_mean`: means of the encoder's vectors over papers, None if unknown.

    `seen` are the identifiers of the papers that the heads were fitted to: an evaluation must not
    judge the heads by these.
    """

    encoder: str
    title_mean: Vector | None
    abstract_mean: Vector | None
    heads: Mapping[str, Head]
    seen: frozenset[str] = frozenset()

    @classmethod
    def nothing(cls, encoder: str = "") -> Learned:
        return cls(encoder, None, None, {})

    def logit(self, channel: str, vector: Vector) -> float:
        """What is added to the log odds of a channel for a paper's unit vector; 0 without a head."""
        head = self.heads.get(channel)
        return float(head.direction @ vector) + head.offset if head else 0.0


def load_learned(encoder: str, path: Path = FILE) -> Learned:
    """What was learned with this encoder; nothing if the file is for another one.

    Raises ConfigurationError for a file that is not there or not whole.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            if str(file["encoder"]) != encoder:
                return Learned.nothing(encoder)
            directions = file["directions"].astype(np.float32)
            return Learned(
                encoder,
                file["title_mean"].astype(np.float32),
                file["abstract_mean"].astype(np.float32),
                {
                    str(slug): Head(direction, float(offset))
                    for slug, direction, offset in zip(
                        file["channels"], directions, file["offsets"], strict=True
                    )
                },
                frozenset(str(arxiv_id) for arxiv_id in file["seen"]),
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ConfigurationError(f"{path} is not what training wrote: {error}") from error


def save_learned(learned: Learned, path: Path = FILE) -> None:
    """Write a file that `load_learned` reads; half precision is ample for directions."""
    if learned.title_mean is None or learned.abstract_mean is None:
        raise ValueError("there is nothing to save without the means of papers")
    slugs = sorted(learned.heads)
    np.savez_compressed(
        path,
        encoder=np.array(learned.encoder),
        title_mean=learned.title_mean.astype(np.float16),
        abstract_mean=learned.abstract_mean.astype(np.float16),
        channels=np.array(slugs),
        directions=np.stack([learned.heads[slug].direction for slug in slugs]).astype(np.float16),
        offsets=np.array([learned.heads[slug].offset for slug in slugs], dtype=np.float32),
        seen=np.array(sorted(learned.seen)),
    )
