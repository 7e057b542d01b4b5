"""Signs that a paper's text speaks to a model instead of a reader.

A sign is a hint, no verdict: papers about prompt injection quote such words. So a sign changes
nothing of what becomes of a paper; the ledger tells it, and the paper is classified in a call of its own
(docs/adr/0018). Sources: the hidden instructions found in arXiv papers in 2025 (doi:10.1007/s10439-025-03827-7),
chat templates of common models, and the payloads of `tests/hostile`.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from arxivdaily.domain.papers import Paper

MAX_TEXT = 30_000  # characters of a paper that are looked at


class Sign(StrEnum):
    """What was found; the values are stable (they are published in the ledger's JSON)."""

    OVERRIDE = "override"  # previous instructions are to be ignored
    ROLE = "role-marker"  # the marks that separate turns of a chat
    ADDRESS = "addresses-model"  # a language model is spoken to
    SCORE = "asks-for-score"  # a score, a channel or praise is asked for
    FORMAT = "answer-format"  # an answer in this system's own form
    HIDDEN = "hidden-text"  # characters that nobody sees


def signs(paper: Paper) -> tuple[Sign, ...]:
    """The signs in a paper's title, abstract and comment, in a fixed order; mostly none."""
    return signs_in("\n".join((paper.title, paper.abstract, paper.comment or "")))


@lru_cache(maxsize=4_096)
def signs_in(text: str) -> tuple[Sign, ...]:
    """The signs in a text. Takes time in proportion to it."""
    text = text[:MAX_TEXT]
    found = {Sign.HIDDEN} if _HIDDEN.search(_FLAG.sub("", text)) else set()
    raw = _plain(text)
    # Letters alone: spaces, hyphens, zero-width characters and markup inside words hide nothing.
    letters = _NO_LETTER.sub("", raw)
    if _OVERRIDE.search(letters) or _OVERRIDE_ZH.search(letters):
        found.add(Sign.OVERRIDE)
    for sign, pattern in _PATTERNS:
        if pattern.search(raw):
            found.add(sign)
    return tuple(sign for sign in Sign if sign in found)


def visible(text: str) -> str:
    """The text without characters that a reader cannot see and a model would read."""
    return _INVISIBLE.sub("", text)


def _plain(text: str) -> str:
    """Lower case on one line, in compatibility form, without invisible characters, look-alikes as Latin."""
    shown = unicodedata.normalize("NFKC", visible(text)).casefold()
    return " ".join(shown.translate(_LOOK_ALIKES).split())


# Tags, zero-width space, word joiner and invisible operators, soft hyphen, variation selectors,
# interlinear marks, fillers. Not the joiners that Persian and Indic scripts and emoji need.
_INVISIBLE = re.compile(
    "[\U000e0000-\U000e007f\U000e0100-\U000e01ef\u200b\u2060-\u2064\u206a-\u206f\ufeff\u00ad\u180e\ufff9-\ufffb"
    "\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5]"
)
# Tags spell whole sentences; of the others a few may be a publisher's, a row of them is a code.
_HIDDEN = re.compile(
    "[\U000e0020-\U000e007e]{2}|[\U000e0100-\U000e01ef\ufe00-\ufe0f]{4}|[\u200b-\u200d\u2060-\u2064\ufeff]{8}"
)
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]{3,6}\U000e007f")  # of Scotland, say
_LOOK_ALIKES = str.maketrans("аеорсухіѕјԁһӏοανιρτ", "aeopcyxisjdhloavipt")
_NO_LETTER = re.compile(r"[^a-z\u4e00-\u9fff]+")

_OVERRIDE = re.compile(
    r"(?:ignore|disregard|forget|override|bypass|discard|donotfollow)"
    r"(?:all|any|every|the|your|my|our|of|those|these){0,4}"
    r"(?:previous|prior|preceding|earlier|above|former|foregoing|existing|system|original)"
    r"(?:and|or|system|safety|user|previous|other){0,2}"
    r"(?:instruct|prompt|rule|direct(?:ion|ive)|guideline|command|context|messages)"
    r"|(?:ignore|disregard|forget)(?:all|the|your|any|of){1,3}(?:instruct|prompt|rules|guidelines)"
    r"|(?:ignore|disregard|forget)(?:everything|anything|all|whatever)(?:that|which)?(?:was|is|you(?:were|have)(?:been)?)?"
    r"(?:told|said|written|above|before(?:this|that))"
)
_OVERRIDE_ZH = re.compile(
    r"(?:忽略|无视|忘记|忘掉|不要理会|不理会|不要遵守|忽視|無視)"
    r"(?:掉|你|以上|上述|上面|之前|此前|先前|前面|前述|所有|一切|全部|任何|的|系统|其他|你的|与|和|給|给){1,6}"
    r"(?:指令|指示|提示|要求|规则|规定|命令|设定|内容)"
)
# An order, not an account of what the authors did ("we rate every paper").
_ORDER = r"(?:^|[.!?;:,\"'。，}>)] ?|\b(?:please|must|should|shall|will|kindly|and|then|now|just|always|to) )"
_PATTERNS = (
    (
        Sign.ROLE,
        re.compile(
            r"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|start_header_id|end_of_turn)\|>"
            r"|\[/?inst\]|<</?sys>>|</?(?:start|end)_of_turn>|<\|begin_of_text\|>"
            r"|</?(?:system|system_prompt|system-prompt|assistant|instructions?|admin)>"
            r"|#{2,4} ?(?:system|instructions?|assistant|response) ?:"
            r"|(?:^|[.;!?。}\"'] ?|\\n)(?:system|assistant|developer)(?: (?:prompt|message|override|note))? ?[:：] ?"
            r"(?:you|please|ignore|set|output|assign|give|now|from now|do not|the (?:user|following|new)|new|override"
            r"|all|classify|return|score)\b"
            r"|\b(?:human|user) ?: [^.]{1,200}\b(?:assistant|ai) ?: "
            r"|(?:系统|系統)(?:提示|消息|指令) ?[:：]"
        ),
    ),
    (
        Sign.ADDRESS,
        re.compile(
            r"\b(?:if|when) you(?:'re| are) (?:an? |the )?(?:ai|llm|large language model|language model|automated|bot"
            r"|chatbot|assistant|classifier|translator|translating|classifying|summari[sz]ing)\b"
            r"|\b(?:note|notice|attention|message|instructions?|important) (?:to|for) (?:the |any |all |every )?"
            r"(?:ai|llm|gpt|language model|automated|machine) ?(?:reviewer|assistant|model|system|agent|classifier"
            r"|translator|reader|s)?s? ?[:,;]"
            r"|\bas an? (?:ai |large )?language model,? you\b"
            r"|\b(?:dear|hey|hello) (?:ai|llm|gpt|chatgpt|claude|gemini|deepseek|qwen|language model|assistant)\b"
            r"|\byou (?:are|will be|must act as|shall be) now (?:an? |the |in |no longer )"
            r"|\bfrom now on,? you (?:are|will|must|should)\b"
            r"|\b(?:reveal|print|repeat|output|show|leak) (?:me )?(?:your|the) (?:system|hidden|initial|original) "
            r"(?:prompt|instructions?|message)"
            r"|\byour (?:new|real|actual|only) (?:task|instructions?|goal|job|role) (?:is|are)\b"
            r"|你现在是|从现在(?:起|开始),?你|(?:如果|若)你是(?:一个|一名)?(?:ai|人工智能|大?语言模型|模型|翻译|分类)"
            r"|(?:输出|打印|泄露|重复)(?:你的)?系统提示"
        ),
    ),
    (
        Sign.SCORE,
        re.compile(
            _ORDER
            + r"(?:assign|give|grant|award|rate|score|mark|set|classify|put|place|list|rank|return|output)\b"
            r"[^.]{0,60}\b(?:this|our|the present|current) (?:paper|article|work|submission|manuscript|abstract)\b"
            r"[^.]{0,80}(?:\b100\b|\b(?:maximum|highest|perfect|top|full) (?:score|rating|relevance|marks?)"
            r"|\b(?:every|all|each)(?: \w+)? (?:channels?|categor(?:y|ies)|topics?)\b)"
            r"|"
            + _ORDER
            + r"(?:assign|give|grant|award|rate|score|set)\b[^.]{0,60}(?:\b100 ?(?:%|percent|points)?|\b(?:maximum|perfect"
            r"|highest) (?:score|relevance))[^.]{0,40}\b(?:every|all|each)(?: \w+)? (?:channels?|categor(?:y|ies))\b"
            r"|\b(?:every|all) (?:channels?)\b[^.]{0,60}\b(?:score|100)\b"
            r"|\b(?:other|remaining|rest of the) papers?\b[^.]{0,60}\b(?:score of )?(?:0|zero|empty|no channel|nothing)\b"
            r"|\b(?:give|write|provide) (?:only )?(?:a |an )?positive review\b"
            r"|\bdo not (?:highlight|mention) any (?:negatives?|weakness(?:es)?)\b"
            r"|\b(?:must|should) recommend (?:accepting|acceptance of) this (?:paper|submission)\b"
            r"|(?:给|為|为|将|把)(?:本文|本论文|这篇论文|该论文|本篇)[^。]{0,30}(?:100 ?分|满分|最高分|100 ?%|所有频道|全部频道|每个频道)"
            r"|(?:所有|全部|每个|每一个)(?:频道|頻道)[^。]{0,20}(?:100|满分|最高)"
        ),
    ),
    (
        Sign.FORMAT,
        re.compile(
            r"\\?[\"“'](?:matches|title_zh|abstract_zh|summary_zh)\\?[\"”'] ?:"
            r"|\\?[\"“']channel\\?[\"”'] ?:[^}]{0,80}[\"“']score\\?[\"”'] ?:"
            r"|\\?[\"“']arxiv_id\\?[\"”'] ?:"
        ),
    ),
)
