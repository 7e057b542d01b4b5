"""The words a reader sees for what the system knows: types, states, labels. Nothing else says them."""

from __future__ import annotations

import re

from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Extent, Record, State

ANNOUNCE_TYPES = {
    AnnounceType.NEW: "新提交",
    AnnounceType.CROSS: "交叉",
    AnnounceType.REPLACE: "替换",
    AnnounceType.REPLACE_CROSS: "交叉替换",
}

STATES = {
    State.PUBLISHED: "已发布",
    State.UNTRANSLATED: "译文待补",
    State.UNMATCHED: "未收录",
    State.REVISION: "仅登记",
    State.FAILED: "处理失败",
    State.PENDING: "处理中",
}

STATE_MEANINGS = {
    State.PUBLISHED: "收入频道，译文已通过检查；预算不足时可能只译标题与总结。",
    State.UNTRANSLATED: "收入频道，先以英文发布，译文稍后自动补上。",
    State.UNMATCHED: "不属于任何频道，不再处理。",
    State.REVISION: "旧论文的新版本，登记在册，不交给模型。",
    State.FAILED: "尚不能发布，稍后自动重试。",
    State.PENDING: "正在等待分类或翻译。",
}

STAGES = {"classify": "分类", "translate": "翻译"}

UNTRANSLATED = "译文待补"
PARTIAL = {Extent.SUMMARY: "只译标题与总结", Extent.TITLE: "只译标题"}
WITHDRAWN = "已撤稿"

# arXiv puts no withdrawal into the announcement: authors and administrators write it in the comment.
_WITHDRAWN = re.compile(
    r"\b(?:paper|article|submission|manuscript|preprint|version|work)\b[^.;]{0,80}\bwithdrawn\b"
    r"|^\W*withdrawn\b|\bwithdrawn by\b",
    re.IGNORECASE,
)

_VENUE = re.compile(
    r"\b(AAAI|AAMAS|ACL|AISTATS|ASE|ASPLOS|BMVC|CCS|CHI|CIKM|COLING|COLM|COLT|CoNLL|CoRL|CSCW|CVPR|EACL|"
    r"ECAI|ECCV|ECIR|ECML(?:-PKDD)?|EMNLP|EuroSys|FSE|HPCA|ICASSP|ICCV|ICDCS|ICDE|ICDM|ICLR|ICML|ICRA|ICSE|"
    r"IJCAI|IJCNN|INTERSPEECH|Interspeech|IROS|ISCA|ISMIR|ISSTA|KDD|MICCAI|MICRO|MLSys|NAACL|NDSS|NeurIPS|"
    r"NSDI|OSDI|PLDI|POPL|RecSys|RSS|SIGGRAPH(?: Asia)?|SIGIR|SIGMOD|SOSP|UAI|UIST|USENIX Security|"
    r"VLDB|WACV|WSDM|WWW)\s{0,3}(?:['’]\s?(\d\d)|(20\d\d))\b"
)
_ACCEPTED = re.compile(
    r"\b(?:accept|appear|publish|camera|oral|poster|spotlight|highlight|present|proceedings)", re.IGNORECASE
)
_NOT_YET = re.compile(r"\b(?:submitted|under review|in review|rejected|withdrawn)\b", re.IGNORECASE)
_BARE_VENUE_LENGTH = 60  # characters; a comment this short that names a venue means acceptance


def is_withdrawn(paper: Paper) -> bool:
    return bool(paper.comment and _WITHDRAWN.search(paper.comment))


def venue(comment: str | None) -> str | None:
    """`Accepted to CVPR 2026` -> `CVPR 2026`; None for anything that may only be a submission."""
    if not comment or _NOT_YET.search(comment):
        return None
    found = _VENUE.search(comment)
    if not found or not (_ACCEPTED.search(comment) or len(comment) <= _BARE_VENUE_LENGTH):
        return None
    name, short, long = found.groups()
    return f"{name} {long or '20' + short}"


def awaits_words(record: Record) -> bool:
    """Whether the paper is shown in English for want of a translation."""
    return record.is_shown and record.translation is None


def translation_kind(record: Record) -> str | None:
    """`machine`, `repaired` (a second answer, the first having been refused), `partial` (what the
    day's budget allowed), None for a paper in English: for programs."""
    translation = record.translation
    if translation is None:
        return None
    if translation.extent is not Extent.FULL:
        return "partial"
    return "repaired" if translation.repaired else "machine"


def translation_note(record: Record) -> str:
    """What the reader should know of the Chinese text, as a sentence."""
    translation = record.translation
    if translation is None:
        return "译文待补，先读原文。" if record.is_shown else ""
    if translation.extent is Extent.SUMMARY:
        return "机器翻译；今日预算所限，只译标题并作总结，摘要暂为原文。"
    if translation.extent is Extent.TITLE:
        return "机器翻译；今日预算所限，只译标题，摘要暂为原文。"
    if translation.repaired:
        return "机器翻译，初次译文未通过检查，此为重译后通过检查的版本。"
    return "机器翻译，已通过检查：公式、数字、名称与原文一致。"


def paper_labels(record: Record) -> tuple[str, ...]:
    """Labels in the order of how much they change what a reader does with the paper."""
    paper = record.paper
    labels = []
    if is_withdrawn(paper):
        labels.append(WITHDRAWN)
    if awaits_words(record):
        labels.append(UNTRANSLATED)
    elif record.translation and record.translation.extent in PARTIAL:
        labels.append(PARTIAL[record.translation.extent])
    if paper.announce_type.is_replacement:
        labels.append(f"已修订 v{paper.version}")
    accepted = venue(paper.comment)
    if accepted:
        labels.append(accepted)
    return tuple(labels)


# The operator's own choices are written in English for logs and programs; readers get Chinese.
_CHOICES = (
    (re.compile(r"no translator is configured"), "没有配置翻译模型"),
    (re.compile(r"limit: (\d+) papers of an edition are translated"), r"本期只译最相关的 \1 篇"),
    (re.compile(r"budget: the edition's budget is used up"), "本期预算已用完"),
    (re.compile(r"budget: title and summary only"), "预算所限，只译标题与总结"),
    (re.compile(r"budget: title only"), "预算所限，只译标题"),
    (re.compile(r"a replacement is recorded, not sent to the models"), "旧论文的新版本，只登记"),
)


def reason_in_words(record: Record) -> str:
    """`ledger_reason` as a reader sees it."""
    reason = ledger_reason(record)
    for pattern, words in _CHOICES:
        if found := pattern.fullmatch(reason):
            return found.expand(words)
    return reason


def ledger_reason(record: Record) -> str:
    """Why a paper is in its state, empty for a published one."""
    if record.reason or record.state is State.PUBLISHED:
        return record.reason
    return STATE_MEANINGS[record.state]
