"""The classifier that needs no model service: sentence vectors, phrases and categories.

What each paper shows is gathered by `features`, weighed by `scoring`; here the best channels
are chosen, with a topic and a reason a reader can check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from arxivdaily.classification.scoring import ALGORITHM, WEIGHTS, Weights, score
from arxivdaily.domain.channels import Catalogue, Topic
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Match, Provenance
from arxivdaily.errors import ArxivDailyError, OutOfTimeError
from arxivdaily.ports import ClassifyAnswer, always

if TYPE_CHECKING:
    from arxivdaily.classification.features import ChannelEvidence, Encoder, Profiles, Vectors
    from arxivdaily.classification.learned import Learned

MAX_MATCHES = 4
# A topic is named when its phrases are there, or when the paper is this near (cosine of centred
# vectors; papers and their right topics lie at 0.2 to 0.6, unrelated ones around 0).
_TOPIC_SIMILARITY = 0.2
_TOPIC_PHRASE_WEIGHT = 0.08
_REASON_PHRASES = 3
_TELLING_CATEGORY = 0.5  # of category evidence: the category of few channels, this one first


class EmbeddedClassifier:
    """`ports.Classifier` on this computer. The answer for a paper does not depend on its batch."""

    is_paid = False

    def __init__(
        self,
        encoder: Encoder,
        catalogue: Catalogue,
        weights: Weights = WEIGHTS,
        learned: Learned | None = None,
    ) -> None:
        """`learned`: by default what the package holds for this encoder."""
        self._encoder = encoder
        self._catalogue = catalogue
        self._weights = weights
        self._learned = learned

    @property
    def made_by(self) -> Sequence[Provenance]:
        return (Provenance(self._encoder.model, f"embedded-{ALGORITHM}-{self._catalogue.version}"),)

    def classify(
        self, papers: Sequence[Paper], time_left: Callable[[], bool] = always
    ) -> Sequence[ClassifyAnswer | ArxivDailyError]:
        """One outcome a paper, in order: 0 to 4 matches, best first."""
        outcomes: list[ClassifyAnswer | ArxivDailyError] = []
        for paper in papers:
            try:
                if not time_left():
                    raise OutOfTimeError
                outcomes.append(ClassifyAnswer(self._matches(paper), self.made_by[0]))
            except ArxivDailyError as error:
                outcomes.append(error)
        return outcomes

    @cached_property
    def _profiles(self) -> Profiles:
        from arxivdaily.classification.features import Profiles
        from arxivdaily.classification.learned import load_learned

        learned = self._learned or load_learned(self._encoder.model)
        return Profiles(self._catalogue, self._encoder, learned)

    def evidence(self, paper: Paper) -> Sequence[ChannelEvidence]:
        """Every channel's evidence for a paper, in the catalogue's order."""
        return self.compare(paper)[1]

    def compare(self, paper: Paper) -> tuple[Vectors, Sequence[ChannelEvidence]]:
        """The paper's vector, and every channel's evidence: for evaluation, training and tests."""
        vectors = self._encoder.encode([paper.title, paper.abstract] if paper.abstract else [paper.title])
        vector = self._profiles.paper_vector(vectors[0], vectors[1] if paper.abstract else None)
        return vector, self._profiles.compare(paper, vector)

    def _matches(self, paper: Paper) -> tuple[Match, ...]:
        found = [(score(entry.evidence, self._weights), entry) for entry in self.evidence(paper)]
        above = [(points, entry) for points, entry in found if points >= self._weights.threshold]
        above.sort(key=lambda pair: (-pair[0], pair[1].channel.slug))
        return tuple(_match(points, entry, paper) for points, entry in above[:MAX_MATCHES])


def _match(points: int, entry: ChannelEvidence, paper: Paper) -> Match:
    topic = best_topic(entry)
    category = paper.primary if entry.evidence.category >= _TELLING_CATEGORY else ""
    return Match(entry.channel.slug, topic.slug if topic else None, points, reason(entry, topic, category))


def best_topic(entry: ChannelEvidence) -> Topic | None:
    """The channel's topic that the paper is nearest to, by vectors and phrases; None if none is near."""
    ranked = [
        (similarity + _TOPIC_PHRASE_WEIGHT * weight, similarity, weight, topic)
        for topic, similarity, weight in zip(
            entry.channel.topics, entry.topic_similarity, entry.topic_weight, strict=True
        )
    ]
    _, similarity, weight, topic = max(ranked, key=lambda item: item[0])
    return topic if weight > 0 or similarity >= _TOPIC_SIMILARITY else None


def reason(entry: ChannelEvidence, topic: Topic | None, category: str = "") -> str:
    """One Chinese line naming the evidence: what the text is near, phrases found in it, and the primary
    category if it says something (标题与摘要接近“扩散模型”；命中 diffusion model；主分类 cs.GR)."""
    text = f"标题与摘要接近“{topic.zh if topic else entry.channel.zh}”"
    named: list[str] = []
    for phrase in entry.found:  # not both "flow matching" and "flow matching model"
        if not any(phrase in other or other in phrase for other in named):
            named.append(phrase)
    if named:
        text += f"；命中 {'、'.join(named[:_REASON_PHRASES])}"
    if category:
        text += f"；主分类 {category}"
    return text
