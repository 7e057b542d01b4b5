"""Which sentence of a translation belongs to which of the source, and which is missing.

Sentences are aligned in order, one to one as a rule, two to one or one to two where translators
join or split them, by length and by anchors: numbers, names, formulas, and common words whose
Chinese the lexicon knows (W. A. Gale, K. W. Church, "A program for aligning sentences in bilingual
corpora", Computational Linguistics 19, 1993, with anchors added).
"""

from __future__ import annotations

import math
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

from arxivdaily.translation import spans

_LEXICON = Path(__file__).with_name("lexicon.toml")

_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|etc|vs|cf|Fig|Eq|Sec|Tab|approx|resp|w\.r\.t|St|Dr|No|[A-Z])\.)$"
)
_ENGLISH_END = re.compile(r"[.!?]['\")\]]*\s+(?=[\"'(\[]?[A-Z0-9$\\\0])")
_CHINESE_END = re.compile(r"[。！？!?]+[”』」）)]*|；(?![^（）]*）)|(?<=[^\d\s.])\.(?=\s|$|[\u4e00-\u9fff])")

# Log odds, of a sentence and its translation against two that have nothing to do with each other.
# In good pairs 95 anchors of 100 are found again; in a sentence of the same abstract that has nothing to do
# with it 20. Somewhat less is claimed here, for translators whose words are not in the lexicon.
_FOUND = math.log(0.94 / 0.3)
_NOT_FOUND = math.log(0.06 / 0.7)
_MOST = 12.0  # what the anchors of one sentence can say, either way
_RATIO = 0.36  # characters of Chinese for one of English, white space left out
_SPREAD = 0.25  # standard deviation of the logarithm of that, for one sentence
_JOINED = -3.5  # log odds of two sentences made one, or one made two
_MISSING = -3.5  # log odds of a sentence left out, before it is looked at
_SHORT = 25  # characters of English; shorter sentences say too little to be missed
_FULL_STOP = re.compile(r"[。！？!?]|(?<=[^\d\s.])\.(?=\s|$)")
_ENOUGH_WORDS = 4
_UNDERSTOOD_FOR_ORDER = 0.8
_WELL_UNDERSTOOD = 0.9  # asked for where the Chinese has as many sentences as the English
_UNDERSTOOD = 0.75  # of the lexicon's words; good translations have 0.95, unrelated text 0.2
_MOVES = (  # English sentences, Chinese sentences, log odds of their going together
    (1, 1, 0.0),
    (2, 1, _JOINED),
    (1, 2, _JOINED),
    (3, 1, 2 * _JOINED),
    (1, 3, 2 * _JOINED),
    (2, 2, 2 * _JOINED),
    (1, 0, _MISSING),
    (0, 1, _MISSING),
)
_LONGEST = max(right for _, right, _ in _MOVES)  # targets that one sentence may become

_Run = tuple[int, int]  # of targets: the first, and the one after the last


@dataclass(frozen=True, slots=True)
class Anchor:
    """Something of an English sentence that its translation should have, in one of these forms.

    `start` is its place in the sentence.
    """

    forms: tuple[str, ...]
    start: int

    @property
    def is_number(self) -> bool:
        return self.forms[0][:1].isdigit()

    @property
    def is_word(self) -> bool:
        """Whether it is a word of the lexicon, not something that stays as it is."""
        return any("\u4e00" <= form[:1] <= "\u9fff" for form in self.forms)


class Bitext:
    """An English text and its Chinese one, by sentences. What several questions need is worked out once."""

    def __init__(self, english: str, chinese: str) -> None:
        self._chinese = chinese
        self.sources, self.targets = english_sentences(english), chinese_sentences(chinese)
        self._anchors = [anchors_of(sentence) for sentence in self.sources]
        self._text = "".join(self.targets)
        self._ends = [0, *accumulate(map(len, self.targets))]  # where targets begin and end in the text
        last = len(self.targets)
        # What a sentence may become.
        self._all_runs = [(j, end) for j in range(last) for end in range(j + 1, min(j + _LONGEST, last) + 1)]
        self._places: dict[tuple[str, ...], frozenset[_Run]] = {}  # of the forms of an anchor

    def missing_sentences(self) -> list[str]:
        """The English sentences that the Chinese has left out, as far as can be told."""
        if len(self.sources) < 2 or not self.targets:
            return []
        places = self.align()
        missing = [
            source
            for source, at in zip(self.sources, places, strict=True)
            if at is None and len(source) >= _SHORT
        ]
        if 2 * len(missing) > len(self.sources):
            return []  # the alignment has lost its way; the gate's rule of length sees what misses so much
        is_shorter = len(_FULL_STOP.findall(self._chinese)) < len(self.sources)
        enough = _UNDERSTOOD if is_shorter else _WELL_UNDERSTOOD
        return missing if missing and self._understood(places) >= enough else []

    def misplaced_numbers(self) -> list[str]:
        """Numbers that stand where another one of the source should: in another sentence, or exchanged.

        Only numbers that both texts have equally often are judged.
        """
        if not self.sources or not self.targets:
            return []
        there, here = (
            Counter(n for text in texts for n, _ in _numbers(text)) for texts in (self.targets, self.sources)
        )
        judged = {number for number, count in here.items() if there[number] == count}
        if not judged:
            return []
        groups: dict[range, list[str]] = {}
        aligned = self.align(by_numbers=False)
        if self._understood(aligned) < _UNDERSTOOD_FOR_ORDER:
            return []
        for source, places in zip(self.sources, aligned, strict=True):
            if places is not None:
                groups.setdefault(places, []).append(source)
        wrong: list[str] = []
        for places, group in groups.items():
            source, text = " ".join(group), "".join(self.targets[j] for j in places)
            wanted = [(number, at) for number, at in _numbers(source) if number in judged]
            found = [(number, at) for number, at in _numbers(text) if number in judged]
            wrong += (Counter(n for n, _ in wanted) - Counter(n for n, _ in found)).keys()
            wrong += _exchanged(source, wanted, text, found)
        return list(dict.fromkeys(wrong))

    def align(self, *, by_numbers: bool = True) -> list[range | None]:
        """For each source sentence the places of its translation in `targets`; None for one left out.

        The likeliest alignment in order, by dynamic programming. `by_numbers`: whether numbers count
        among what tells sentences.
        """
        evidence = [
            self._evidence([anchor for anchor in anchors if by_numbers or not anchor.is_number])
            for anchors in self._anchors
        ]
        english = [0, *accumulate(map(_length, self.sources))]
        chinese = [0, *accumulate(map(_length, self.targets))]
        best = {(0, 0): 0.0}
        came: dict[tuple[int, int], tuple[int, int]] = {}
        for i in range(len(self.sources) + 1):
            for j in range(len(self.targets) + 1):
                if (reached := best.get((i, j))) is None:
                    continue
                for down, right, prior in _MOVES:
                    to = i_to, j_to = i + down, j + right
                    if i_to > len(self.sources) or j_to > len(self.targets):
                        continue
                    value = reached + prior
                    if down and right:
                        for of_one in evidence[i:i_to]:
                            value += of_one[j, j_to]
                        value += _fit(english[i_to] - english[i], chinese[j_to] - chinese[j])
                    if value > best.get(to, -math.inf):
                        best[to] = value
                        came[to] = i, j
        found: list[range | None] = [None] * len(self.sources)
        at = len(self.sources), len(self.targets)
        while at in came:
            before = came[at]
            if at[1] > before[1]:
                for i in range(before[0], at[0]):
                    found[i] = range(before[1], at[1])
            at = before
        return found

    def _understood(self, places: list[range | None]) -> float:
        """How much of what is not missing reads as the lexicon expects: whether its word can be taken.

        A translator with a vocabulary of its own is judged by the other rules. 0 where there are too
        few words to tell.
        """
        found = total = 0
        for anchors, at in zip(self._anchors, places, strict=True):
            if at is not None:
                words = [anchor for anchor in anchors if anchor.is_word]
                total += len(words)
                found += sum((at.start, at.stop) in self._runs(anchor.forms) for anchor in words)
        return found / total if total >= _ENOUGH_WORDS else 0.0

    def _evidence(self, anchors: list[Anchor]) -> dict[_Run, float]:
        """Log odds that a sentence with these anchors belongs to a run of targets, for every run that
        an alignment may give it."""
        found = Counter(run for anchor in anchors for run in self._runs(anchor.forms))
        return {
            run: max(-_MOST, min(_MOST, found[run] * _FOUND + (len(anchors) - found[run]) * _NOT_FOUND))
            for run in self._all_runs
        }

    def _runs(self, forms: tuple[str, ...]) -> frozenset[_Run]:
        """The runs of targets, as (first, end), that have one of the forms."""
        if (known := self._places.get(forms)) is not None:
            return known
        found: set[_Run] = set()
        for form in forms:
            at = self._text.find(form)
            while at >= 0:
                # From the target where it begins to the one where it ends; a join may make a form, too.
                first, end = bisect_right(self._ends, at) - 1, bisect_left(self._ends, at + len(form))
                found.update(
                    (j, k)
                    for j in range(max(0, end - _LONGEST), first + 1)
                    for k in range(end, min(j + _LONGEST, len(self.targets)) + 1)
                )
                at = self._text.find(form, at + 1)
        self._places[forms] = frozenset(found)
        return self._places[forms]


def _fit(english: int, chinese: int) -> float:
    """How well the lengths go together: 0 at the usual ratio."""
    deviation = math.log((chinese + 3) / (_RATIO * english + 3)) / _SPREAD
    return -min(deviation * deviation / 2, 8.0)


def _exchanged(
    source: str, wanted: Sequence[tuple[str, int]], text: str, found: Sequence[tuple[str, int]]
) -> list[str]:
    """Numbers of one sentence in another order than in the source, though nothing explains it.

    Years of citations (Bai and Ng, 2002) and numbers of names (Llama 3) move with their names.
    """
    here, there = (Counter(number for number, _ in numbers) for numbers in (wanted, found))
    once = [
        (n, at)
        for n, at in wanted
        if here[n] == 1 and not _BELONGS_TO_NAME.search(source[max(0, at - _NAME) : at])
    ]
    places = {number: at for number, at in found if there[number] == 1}
    placed = [(number, at, places[number]) for number, at in once if number in places]
    wrong = []
    landmarks: list[tuple[int, list[int]]] | None = None
    for (one, at_one, zh_one), (other, at_other, zh_other) in pairwise(placed):
        if zh_one < zh_other:
            continue
        between = source[at_one:at_other]
        joined = _CONJUNCTION.search(between)
        if _ATTRIBUTE.search(between) and not joined:
            continue  # "a of b" is "b 中的 a"
        if not _COORDINATE.search(between):
            bar = _CLAUSE_VOTES if _PREPOSITION.search(between) and not joined else 0
            if landmarks is None:
                landmarks = _landmarks(source, text)
            if _votes(landmarks, (at_one, at_other), (zh_one, zh_other)) > bar:
                continue
        wrong += [one, other]
    return wrong


def _landmarks(source: str, text: str) -> list[tuple[int, list[int]]]:
    """Where the anchors that are words or names begin in a sentence, and where in its translation."""
    found = []
    for anchor in anchors_of(source):
        if not anchor.is_number:
            places = [m.start() for form in anchor.forms for m in re.finditer(re.escape(form), text)]
            if places:
                found.append((anchor.start, sorted(places)))
    return found


def _votes(landmarks: list[tuple[int, list[int]]], at: tuple[int, int], zh: tuple[int, int]) -> int:
    """How many more of the words around two numbers have moved with them than have not.

    Each anchor that is clearly nearer to one of the numbers votes.
    """
    votes = 0
    for start, places in landmarks:
        nearer = abs(start - at[1]) - abs(start - at[0])  # positive: nearer to the first
        if abs(nearer) < _CLEARLY:
            continue
        to_first, to_second = (_distance(places, place) for place in zh)
        if to_first != to_second:
            votes += 1 if (nearer > 0) == (to_first < to_second) else -1
    return votes


def _distance(places: list[int], place: int) -> int:
    """To the nearest of `places`, which are in order."""
    after = bisect_left(places, place)
    return min(abs(one - place) for one in places[max(0, after - 1) : after + 1])


_NAME = 80  # characters before a number that may name what it belongs to
_BELONGS_TO_NAME = re.compile(r"(?:[A-Z][A-Za-z]*|al\.?),?\s?\(?$")
_CLAUSE_VOTES = -2  # a whole phrase may have moved to the front, and the words of two phrases mix
_PREPOSITION = re.compile(r"\b(?:of|from|across|over|among|in|on|at|for|using|with|compared)\b")
_ATTRIBUTE = re.compile(
    r"\b(?:of|from|across|over|among|in|within|on|at|after|under|per|for|spanning|covering|between|since"
    r"|during|by)"
    r"(?:\s+(?:the|these|all|its|our|first|last|about|around|over|only|nearly|approximately|more than"
    r"|up to))*"
    r"[\s~$>(]*$"
)
_CONJUNCTION = re.compile(r"\b(?:and|or|but|while|whereas)\b")
_COORDINATE = re.compile(r"(?:\band|\bor|\bto|\bversus|\bvs\.?|[–,;]|→)[\s~$<>(+\\-]*$")
_CLEARLY = 8  # characters of English


def _numbers(text: str) -> list[tuple[str, int]]:
    """Numbers that stand alone (not in a name, a formula or an address), without separators, with
    their places."""
    kept = spans.protected(text)
    return [
        (found[0].replace(",", ""), found.start())
        for found in _NUMBER.finditer(text)
        if not spans.overlaps(kept, found.start(), found.start() + 1)
    ]


_NUMBER = re.compile(
    r"(?<![\d.,A-Za-z_\-^{])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\d.,A-Za-z_\-^{])\d+(?:\.\d+)?(?![\d.]*\d)(?![A-Za-z}])"
)


def anchors_of(sentence: str) -> list[Anchor]:
    """What a translation of this sentence should have, each thing once."""
    found = spans.find(sentence)
    exact, stems = _lexicon()
    anchors: dict[tuple[str, ...], int] = {}

    def add(forms: tuple[str, ...], written: str) -> None:
        anchors.setdefault(forms, max(0, sentence.find(written)))

    for formula in found.formulas:
        add((formula,), formula)
    for name in found.names:
        add((_stem(name),), name)
    for number in found.numbers:
        if len(number.digits) > 1:
            add((number.digits, number.text), number.text)
    for word in _WORD.finditer(found.prose):
        key = word[0].lower()
        stem = next((key[:n] for n in range(len(key), 2, -1) if key[:n] in stems), "")
        if forms := exact.get(key) or stems.get(stem, ()):
            add(forms, word[0])
    return [Anchor(forms, start) for forms, start in anchors.items()]


_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")


def _stem(name: str) -> str:
    """The part of a name that stays as it is: `LLMs` and `LLM-based` are 大模型 made with LLM."""
    first = re.split(r"[-/]", name)[0]
    name = first if len(first) > 2 else name
    return name[:-1] if re.fullmatch(r"[A-Z][A-Za-z0-9]*[A-Z0-9]s", name) else name


@cache
def _lexicon() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Words, and stems, to what they become in Chinese; the file comes with the package."""
    exact: dict[str, tuple[str, ...]] = {}
    stems: dict[str, tuple[str, ...]] = {}
    for words, forms in tomllib.loads(_LEXICON.read_text("utf-8"))["words"].items():
        for word in words.split():
            if word.endswith("*"):
                stems[word[:-1]] = tuple(forms)
            else:
                exact[word] = tuple(forms)
    return exact, stems


def english_sentences(text: str) -> list[str]:
    """Sentences of English prose; formulas and addresses are not cut."""
    return _split(" ".join(text.split()), _ENGLISH_END, _ABBREVIATION)


def chinese_sentences(text: str) -> list[str]:
    """Sentences of Chinese prose; a semicolon ends one, for English often has a full stop there."""
    return _split(text.strip(), _CHINESE_END, None)


def _split(text: str, end: re.Pattern[str], abbreviation: re.Pattern[str] | None) -> list[str]:
    places = spans.protected(text)
    pieces, start = [], 0
    for match in end.finditer(text):
        if spans.overlaps(places, match.start(), match.start() + 1):
            continue
        if abbreviation and abbreviation.search(text, start, match.start() + 1):
            continue
        pieces.append(text[start : match.end()].strip())
        start = match.end()
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if piece]


def _length(text: str) -> int:
    return len("".join(text.split()))
