"""Damage done to good translations on purpose, with a seed, to see whether the gate notices.

Each kind is a pure function from a pair and a source of chance to the damaged Chinese, or None
where the pair offers nothing to damage in that way. Damage is real: a number that is dropped was
demanded by the source, two numbers that are swapped differ, a dropped sentence said something.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from arxivdaily.translation import spans

_SENTENCE = re.compile(r"[^。！？!?]+[。！？!?]+[”』」）)]*|[^。！？!?]+$")
_NUMBER = re.compile(r"(?<![\d.,A-Za-z-])\d[\d,]*(?:\.\d+)?(?!\.?[\d,]*\d|[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Pair:
    """A paper's English title and abstract and a good Chinese translation of both, with a summary."""

    title: str
    abstract: str
    title_zh: str
    abstract_zh: str
    summary_zh: str


Corruption = Callable[[Pair, random.Random], str | None]


def drop_number(pair: Pair, chance: random.Random) -> str | None:
    """Leave out one number that stands in the English abstract, wherever it stands in the Chinese."""
    numbers = _shared_numbers(pair)
    if not numbers:
        return None
    gone = chance.choice(numbers)
    return _tidy(re.sub(_exactly(gone), "", pair.abstract_zh))


def change_number(pair: Pair, chance: random.Random) -> str | None:
    """Another number in place of one of the source's."""
    numbers = _shared_numbers(pair)
    if not numbers:
        return None
    old = chance.choice(numbers)
    digits = [i for i, character in enumerate(old) if character.isdigit()]
    place = chance.choice(digits)
    other = chance.choice([d for d in "123456789" if d != old[place]])
    new = old[:place] + other + old[place + 1 :]
    if new in pair.abstract:
        return None
    return re.sub(_exactly(old), new, pair.abstract_zh)


def swap_numbers(pair: Pair, chance: random.Random) -> str | None:
    """Exchange two different numbers."""
    numbers = _shared_numbers(pair)
    if len(numbers) < 2:
        return None
    one, other = chance.sample(numbers, 2)
    swapped = re.sub(_exactly(one), "\0", pair.abstract_zh)
    return re.sub(_exactly(other), one, swapped).replace("\0", other)


def drop_formula(pair: Pair, chance: random.Random) -> str | None:
    """Leave out a formula."""
    formulas = _formulas(pair)
    if not formulas:
        return None
    return _tidy(pair.abstract_zh.replace(chance.choice(formulas), ""))


def change_formula(pair: Pair, chance: random.Random) -> str | None:
    """Change one letter or digit inside a formula."""
    formulas = [f for f in _formulas(pair) if re.search(r"[A-Za-z0-9]", spans.formula_body(f))]
    if not formulas:
        return None
    old = chance.choice(formulas)
    place = chance.choice([m.start() for m in re.finditer(r"[A-Za-z0-9]", old)])
    new = old[:place] + ("7" if old[place] != "7" else "3") + old[place + 1 :]
    return None if new in pair.abstract else pair.abstract_zh.replace(old, new)


def drop_sentence(pair: Pair, chance: random.Random) -> str | None:
    """Leave out one sentence of the abstract, of those that say something (ten characters or more)."""
    sentences = _sentences(pair.abstract_zh)
    long = [i for i, sentence in enumerate(sentences) if spans.chinese_count(sentence) >= 10]
    if len(sentences) < 2 or not long:
        return None
    gone = chance.choice(long)
    return "".join(sentences[:gone] + sentences[gone + 1 :])


def leave_english(pair: Pair, _chance: random.Random) -> str | None:
    """The English abstract in place of the Chinese one."""
    return " ".join(pair.abstract.split())


def leave_english_sentence(pair: Pair, chance: random.Random) -> str | None:
    """One sentence of the English, of eight words or more, in place of a Chinese one."""
    english = re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(pair.abstract.split()))
    sentences = _sentences(pair.abstract_zh)
    if len(english) != len(sentences) or len(sentences) < 2:
        return None
    long = [i for i, s in enumerate(english) if len(re.findall(r"\b[a-z]{2,}", s)) >= 8]
    if not long:
        return None
    place = chance.choice(long)
    return "".join([*sentences[:place], english[place], *sentences[place + 1 :]])


_REFUSALS = (
    "抱歉，我无法协助处理该请求。",
    "对不起，我不能翻译这段内容。",
    "很抱歉，作为一个人工智能助手，我无法提供该摘要的翻译。",
    "我无法完成这个请求，请提供其他文本。",
    "作为AI语言模型，我不能处理此类内容。",
    "该内容可能违反使用政策，我无法为您翻译。",
    "I'm sorry, but I can't assist with that request.",
    "I cannot translate this abstract.",
    "As an AI language model, I am unable to help with this.",
    "Sorry, I can't help with that.",
)


def refuse(pair: Pair, chance: random.Random) -> str | None:
    """A refusal in place of the translation, or before it."""
    refusal = chance.choice(_REFUSALS)
    return refusal if chance.random() < 0.7 else refusal + pair.abstract_zh


def repeat(pair: Pair, chance: random.Random) -> str | None:
    """A sentence twice, or a phrase over and over, as models do that have lost their way."""
    sentences = _sentences(pair.abstract_zh)
    place = chance.randrange(len(sentences))
    if chance.random() < 0.5:
        if spans.chinese_count(sentences[place]) < 10:
            return None
        again = [*sentences[: place + 1], sentences[place], *sentences[place + 1 :]]
        return "".join(again)
    clean = re.sub(r"[^\u4e00-\u9fff]", "", sentences[place])
    if len(clean) < 6:
        return None
    return "".join(sentences[:place]) + clean[:6] * chance.randint(4, 12)


def truncate(pair: Pair, chance: random.Random) -> str | None:
    """Stop somewhere between 40% and 95% of the text, in the middle of a sentence."""
    text = pair.abstract_zh.rstrip()
    end = round(len(text) * chance.uniform(0.4, 0.95))
    while end > 0 and (text[end - 1] in "。！？!?；;" or text[end:][:1] in "。！？!?；;"):
        end -= 1
    return text[:end] or None


def invent_url(pair: Pair, chance: random.Random) -> str | None:
    """An address that the source does not have."""
    name = "".join(chance.choice("abcdefghijklmnop") for _ in range(6))
    where = chance.choice(
        [f"https://github.com/{name}/{name}", f"https://{name}.github.io", f"http://www.{name}.com"]
    )
    return pair.abstract_zh + f"代码见 {where} 。"


def drop_url(pair: Pair, chance: random.Random) -> str | None:
    """Leave out an address."""
    urls = [url for url in spans.find(pair.abstract_zh).urls if "://" in url]
    return _tidy(pair.abstract_zh.replace(chance.choice(urls), "")) if urls else None


def drop_percent(pair: Pair, chance: random.Random) -> str | None:
    """A percentage without its sign."""
    found = [
        m
        for m in re.finditer(r"\d\s?\\?%", pair.abstract_zh)
        if m[0][0] + "%" in re.sub(r"\s|\\", "", pair.abstract)
    ]
    if not found:
        return None
    match = chance.choice(found)
    number = re.search(r"[\d.,]+$", pair.abstract_zh[: match.start() + 1])
    if number and re.search(rf"(?<![\d.]){re.escape(number[0])}(?!\s?\\?%|[\d.]*\d)", pair.abstract):
        return None  # the source has it without the sign as well
    return pair.abstract_zh[: match.start() + 1] + pair.abstract_zh[match.end() :]


def drop_name(pair: Pair, chance: random.Random) -> str | None:
    """Leave out the name of a method, dataset or model wherever it stands.

    Names in capitals and small letters; acronyms may be spelt out, and names in brackets are a gloss.
    """
    names = [
        name
        for name in dict.fromkeys(spans.find(pair.abstract_zh).names)
        if re.fullmatch(r"[A-Z]+[a-z]+\w*[A-Z]\w*", name)
        and name in pair.abstract
        and f"（{name}）" not in pair.abstract_zh
    ]
    if not names:
        return None
    gone = chance.choice(names)
    return _tidy(re.sub(rf"(?<![A-Za-z0-9]){re.escape(gone)}(?![A-Za-z0-9])", "", pair.abstract_zh))


_LEAKS = (
    "以下是译文：{}",
    "译文：{}",
    '{{"title_zh": "", "abstract_zh": "{}"}}',
    "{}逐句译全，不增不减，用通顺的书面语；句末用句号。",
    "{}总结用一句中文，不超过 80 字，说明问题、方法和结果。",
    "```json\n{}\n```",
)


def leak_prompt(pair: Pair, chance: random.Random) -> str | None:
    """Words of the instructions, or talk about the task, in the text."""
    return chance.choice(_LEAKS).format(pair.abstract_zh)


KINDS: Mapping[str, Corruption] = {
    function.__name__.replace("_", "-"): function
    for function in (
        drop_number, change_number, swap_numbers, drop_formula, change_formula, drop_sentence,
        leave_english, leave_english_sentence, refuse, repeat, truncate, invent_url, drop_url,
        drop_percent, drop_name, leak_prompt,
    )
}  # fmt: skip


def corruptions(pair: Pair, seed: str) -> Iterator[tuple[str, Pair]]:
    """Every kind of damage once, where it applies, by name. The same seed gives the same damage."""
    for name, corrupt in KINDS.items():
        damaged = corrupt(pair, random.Random(f"{seed}:{name}"))  # nosec B311 # repeatable chance, no secret
        if damaged is not None and damaged != pair.abstract_zh:
            yield name, replace(pair, abstract_zh=damaged)


def _shared_numbers(pair: Pair) -> list[str]:
    """Numbers of two digits or more that stand in both texts in the same form, outside formulas."""
    english, chinese = spans.find(pair.abstract).prose, spans.find(pair.abstract_zh).prose
    wanted = {m[0].rstrip(",") for m in _NUMBER.finditer(english)}
    found = dict.fromkeys(m[0].rstrip(",") for m in _NUMBER.finditer(chinese))
    return [number for number in found if number in wanted and len(number) >= 2]


def _exactly(number: str) -> str:
    return rf"(?<![\d.,A-Za-z]){re.escape(number)}(?!\.?[\d,]*\d|[A-Za-z])"


def _formulas(pair: Pair) -> list[str]:
    """Formulas with some markup or a variable in them, in both texts."""
    wanted = set(spans.find(pair.abstract).formulas)
    return [
        f
        for f in dict.fromkeys(spans.find(pair.abstract_zh).formulas)
        if f in wanted
        and re.search(r"[A-Za-z]", spans.formula_body(f))
        and not re.fullmatch(r"\\[a-z]+", spans.formula_body(f))
    ]


def _sentences(text: str) -> list[str]:
    return [m[0] for m in _SENTENCE.finditer(text) if m[0].strip()]


def _tidy(text: str) -> str:
    return re.sub(r"[（(]\s*[）)]", "", text)
