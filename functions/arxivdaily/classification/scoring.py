"""Evidence for a paper in a channel, weighed into a score from 0 to 100.

A few numbers with global weights, the same for every channel, so that a channel that an operator
adds tomorrow is scored like those that there were labels for; and for those, what the labels add.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ALGORITHM = "2"  # part of the prompt version: a change here makes old answers another model's


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for (or against) one paper in one channel.

    `standout`: similarity of the paper to the channel, in standard deviations above its similarity
    to all channels; about -2 to 6. `phrases`: log(1 + weight of the channel's phrases in title and
    abstract). `share`: that weight beside the best channel's, 0 to 1. `category`: 0 to 1, how
    strongly the primary arXiv category points here. `exclusion`: how much nearer (cosine) the paper
    is to what the channel excludes than to its best topic, 0 or more. `learned`: what labelled
    papers of this channel add, a logit; 0 for a channel without any.
    """

    standout: float
    phrases: float
    share: float
    category: float
    exclusion: float
    learned: float = 0.0


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic model's weights and intercept, and the score from which a paper is in a channel."""

    standout: float
    phrases: float
    share: float
    category: float
    exclusion: float
    intercept: float
    threshold: int


# Near what a logistic regression makes of the labels of 371 papers that a language model had labelled,
# each label weighted alike: 1.20, 1.20, 0.20, 1.39, -0.81 and -4.08 in this order
# (`infrastructure/evaluation/training.py` prints them). Papers whose label is their category were
# left out there: their category would decide everything. `share` is from an earlier fit to all labels,
# `category` and `threshold` are explained in docs/adr/0007; neighbouring values of the others change
# the mean average precision by less than 0.005.
WEIGHTS = Weights(
    standout=1.35, phrases=1.15, share=1.0, category=2.8, exclusion=-0.6, intercept=-4.5, threshold=40
)


def logit(evidence: Evidence, weights: Weights = WEIGHTS) -> float:
    """The logistic model's log odds that the paper belongs in the channel."""
    return (
        weights.intercept
        + weights.standout * evidence.standout
        + weights.phrases * evidence.phrases
        + weights.share * evidence.share
        + weights.category * evidence.category
        + weights.exclusion * evidence.exclusion
        + evidence.learned
    )


def score(evidence: Evidence, weights: Weights = WEIGHTS) -> int:
    """0 to 100: the probability in percent, rounded."""
    return percent(logit(evidence, weights))


def percent(log_odds: float) -> int:
    """Log odds as a probability in percent, rounded; finite whatever comes in."""
    return round(100 / (1 + math.exp(-max(-50.0, min(50.0, log_odds)))))
