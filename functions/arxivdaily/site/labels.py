"""The words a reader sees for what the system knows: types, states, labels. Nothing else says them."""

from __future__ import annotations

import re

from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Record, State

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
    State.PUBLISHED: "收入频道，译文已通过检查。",
    State.UNTRANSLATED: "收入频道，先以英文发布，译文稍后自动补上。",
    State.UNMATCHED: "不属于任何频道，不再处理。",
    State.REVISION: "旧论文的新版本，登记在册，不交给模型。",
    State.FAILED: "尚不能发布，稍后自动重试。",
    State.PENDING: "正在等待分类或翻译。",
}

UNTRANSLATED = "译文待补"
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


def paper_labels(record: Record) -> tuple[str, ...]:
    """Labels in the order of how much they change what a reader does with the paper."""
    paper = record.paper
    labels = []
    if is_withdrawn(paper):
        labels.append(WITHDRAWN)
    if awaits_words(record):
        labels.append(UNTRANSLATED)
    if paper.announce_type.is_replacement:
        labels.append(f"已修订 v{paper.version}")
    accepted = venue(paper.comment)
    if accepted:
        labels.append(accepted)
    return tuple(labels)


def ledger_reason(record: Record) -> str:
    """Why a paper is in its state, empty for a published one."""
    if record.reason or record.state is State.PUBLISHED:
        return record.reason
    return STATE_MEANINGS[record.state]
