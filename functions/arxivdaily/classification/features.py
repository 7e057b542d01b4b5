"""From a catalogue and a paper to the evidence that `scoring` weighs. Pure, given the vectors.

Imports numpy: import this module where it is used, not at start-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from arxivdaily.classification.learned import Learned
from arxivdaily.classification.phrases import normalise, occurrences
from arxivdaily.classification.scoring import Evidence
from arxivdaily.domain.channels import Catalogue, Channel, Topic
from arxivdaily.domain.papers import Paper

Vectors = NDArray[np.float32]  # one row a text, unit length

ABSTRACT_WEIGHT = 2.0  # an abstract says more than its title (weight 1), a title says it more sharply
TITLE_PHRASE_WEIGHT = 2.0  # an expression in the title counts like two in the abstract
OTHER_SOURCE_WEIGHT = 0.5  # of a source that is not a channel's first
_MAX_COUNT = 3  # repetitions beyond this say nothing new


class Encoder(Protocol):
    @property
    def model(self) -> str:
        """The name that answers are attributed to."""

    def encode(self, texts: Sequence[str], *, remember: bool = False) -> Vectors:
        """Unit vectors, one row a text. `remember`: the texts stay the same from process to
        process, so the vectors may be kept in a file. Raises ArxivDailyError."""


@dataclass(frozen=True)
class ChannelEvidence:
    """A channel's evidence for a paper, and what a reason can be written from.

    `topic_similarity` is the cosine to each topic, in order. `found` are the channel's phrases in
    the paper as the channel file writes them, strongest first; `topic_weight` their weight a topic.
    """

    channel: Channel
    evidence: Evidence
    topic_similarity: tuple[float, ...]
    topic_weight: tuple[float, ...]
    found: tuple[str, ...]


@dataclass(frozen=True)
class _Profile:
    """One channel as vectors and phrases. `phrases`: normalised to as written, distinct."""

    channel: Channel
    centre: NDArray[np.float32]
    topics: Vectors
    exclusions: Vectors
    phrases: Mapping[str, str]
    topic_phrases: tuple[frozenset[str], ...]


class Profiles:
    """A catalogue prepared for comparison: several texts a channel, embedded once.

    Channel texts are centred on their own mean and papers on the mean of papers: what every text
    of the field has in common (it is about computing) says nothing about the channel, and hides
    what does. `learned` is what labelled papers taught (`Learned.nothing()` without any).
    """

    def __init__(self, catalogue: Catalogue, encoder: Encoder, learned: Learned) -> None:
        channels = tuple(catalogue)
        texts = [text for channel in channels for text in (*_own_texts(channel), *channel.exclusions)]
        vectors = encoder.encode(texts, remember=True)
        own = np.concatenate(
            [
                np.repeat([True, False], [2 + len(channel.topics), len(channel.exclusions)])
                for channel in channels
            ]
        )
        self._mean = vectors[own].mean(axis=0)
        self._profiles = tuple(_profiles(channels, self._centred(vectors)))
        self._centres = np.stack([profile.centre for profile in self._profiles])
        # A phrase that several channels claim is evidence for each of them in part.
        self._owners = Counter(words for profile in self._profiles for words in profile.phrases)
        self._listed_by = Counter(category for channel in channels for category in channel.sources)
        self._home_of = Counter(channel.sources[0] for channel in channels if channel.sources)
        self._learned = learned

    def paper_vector(self, title: Vectors, abstract: Vectors | None) -> Vectors:
        """One unit vector of shape (dimensions,) for a paper, from the encoder's vectors of its texts."""
        means = self._learned.title_mean, self._learned.abstract_mean
        title_mean, abstract_mean = (self._mean if mean is None else mean for mean in means)
        vector = _unit(title - title_mean)
        if abstract is not None:
            vector = _unit(vector + ABSTRACT_WEIGHT * _unit(abstract - abstract_mean))
        return vector

    def compare(self, paper: Paper, vector: Vectors) -> list[ChannelEvidence]:
        """The evidence of every channel for a paper with this `paper_vector`, in the catalogue's order."""
        centre = self._centres @ vector
        topics = [profile.topics @ vector for profile in self._profiles]
        standout = _standardised(2 * centre + np.asarray([similarity.max() for similarity in topics]))
        weights = [self._phrase_weights(profile, paper) for profile in self._profiles]
        totals = [sum(found.values()) for found in weights]
        strongest = max(totals)
        outcome = []
        for i, profile in enumerate(self._profiles):
            excluded = profile.exclusions @ vector
            outcome.append(
                ChannelEvidence(
                    profile.channel,
                    Evidence(
                        standout=float(standout[i]),
                        phrases=float(np.log1p(totals[i])),
                        share=totals[i] / (strongest + 1),
                        category=self._category(profile.channel, paper),
                        exclusion=max(0.0, float(excluded.max(initial=-1.0) - topics[i].max())),
                        learned=self._learned.logit(profile.channel.slug, vector),
                    ),
                    tuple(float(value) for value in topics[i]),
                    tuple(
                        sum(weights[i].get(words, 0.0) for words in phrases)
                        for phrases in profile.topic_phrases
                    ),
                    tuple(
                        profile.phrases[words]
                        for words in sorted(weights[i], key=weights[i].__getitem__, reverse=True)
                    ),
                )
            )
        return outcome

    def _phrase_weights(self, profile: _Profile, paper: Paper) -> dict[str, float]:
        phrases = tuple(profile.phrases)
        weights: dict[str, float] = {}
        for text, factor in ((paper.title, TITLE_PHRASE_WEIGHT), (paper.abstract, 1.0)):
            for words, count in occurrences(phrases, normalise(text)).items():
                strength = factor * min(_MAX_COUNT, count) ** 0.5 / self._owners[words]
                weights[words] = weights.get(words, 0.0) + strength
        return weights

    def _category(self, channel: Channel, paper: Paper) -> float:
        """How strongly the primary category points here: 1 for a channel that alone has it first.

        A category is divided among the channels that claim it. Cross-listed categories say nothing
        more: on labelled papers their fitted weight was zero.
        """
        primary = paper.categories[0]
        if primary not in channel.sources:
            return 0.0
        if channel.sources[0] == primary:
            return float(self._home_of[primary] ** -0.5)
        return OTHER_SOURCE_WEIGHT * float(self._listed_by[primary] ** -0.5)

    def _centred(self, vectors: Vectors) -> Vectors:
        return _unit(vectors - self._mean)


def _own_texts(channel: Channel) -> list[str]:
    """What a channel is: its description, its expressions, and each of its topics."""
    return [
        channel.description_en,
        _titled(channel.en, channel.phrases),
        *(_titled(topic.en, topic.phrases) for topic in channel.topics),
    ]


def _titled(name: str, phrases: Sequence[str]) -> str:
    return f"{name}: {', '.join(phrases)}" if phrases else name


def _profiles(channels: Sequence[Channel], vectors: Vectors) -> list[_Profile]:
    profiles = []
    start = 0
    for channel in channels:
        topics = start + 2
        exclusions = topics + len(channel.topics)
        end = exclusions + len(channel.exclusions)
        written = [*channel.phrases, *(phrase for topic in channel.topics for phrase in topic.phrases)]
        profiles.append(
            _Profile(
                channel,
                centre=_unit(vectors[start:exclusions].mean(axis=0)),
                topics=vectors[topics:exclusions],
                exclusions=vectors[exclusions:end],
                phrases={normalise(phrase): phrase for phrase in reversed(written)},
                topic_phrases=tuple(_normalised(topic) for topic in channel.topics),
            )
        )
        start = end
    return profiles


def _normalised(topic: Topic) -> frozenset[str]:
    return frozenset(normalise(phrase) for phrase in topic.phrases)


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Vectors = vectors / np.maximum(length, np.float32(1e-12))
    return unit


def _standardised(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Zero mean, unit deviation; zeros where all values are the same."""
    deviation = float(values.std())
    if deviation < 1e-9:
        return np.zeros_like(values)
    standard: NDArray[np.float32] = (values - values.mean()) / deviation
    return standard
