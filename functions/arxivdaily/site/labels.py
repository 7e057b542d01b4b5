"""The words a reader sees for what the system knows: types, states, labels. Nothing else says them."""

from __future__ import annotations

import re

from arxivdaily.domain import injection, withdrawals
from arxivdaily.domain.affiliations import Source
from arxivdaily.domain.comments import venue as venue
from arxivdaily.domain.injection import Sign
from arxivdaily.domain.links import LinkKind
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Extent, Record, State
from arxivdaily.domain.repairs import next_try
from arxivdaily.domain.revisions import UpdateKind, update_kind
from arxivdaily.site import reasons
from arxivdaily.site.dates import instant

INJECTION = "疑似提示注入"

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
    State.REVISION: "修订",
    State.FAILED: "处理失败",
    State.PENDING: "处理中",
}

STATE_MEANINGS = {
    State.PUBLISHED: "收入频道，译文已通过检查；预算不足时可能只译标题与总结。",
    State.UNTRANSLATED: "收入频道，先以英文发布，译文稍后自动补上。",
    State.UNMATCHED: "不属于任何频道，不再处理。",
    State.REVISION: "旧论文的新版本，不交给模型；此前收录过的列入频道的更新。",
    State.FAILED: "尚不能发布，稍后自动重试。",
    State.PENDING: "正在等待分类或翻译。",
}

MARK_MEANINGS = (
    ("更新", "此前收录的论文有了新版本：说明标题、摘要、备注哪些有改动，只重译改动的部分。"),
    ("已修订 vN", "公告的是第 N 版，括号内为第一版的日期。"),
    ("已有 vN", "这一期收录的版本之后，论文又有了第 N 版；版本号未变时为“有更新”。"),
    (
        "CVPR 2026",
        "备注写明的会议或期刊；更新里第一次写明的标“新录用”。备注没有写明的不作判断，原文照样保留。",
    ),
    ("已撤稿", "作者或 arXiv 撤回了论文；页面保留并标明，不删除。"),
    ("译文待补", "还没有译文，或译文没有通过检查，先显示英文。"),
    ("只译标题", "当日预算所限；有时是“只译标题与总结”。"),
    (
        INJECTION,
        "台账里的提示：论文文字里有像是写给模型的话，或看不见的字符。只作说明，论文照常收录；研究提示注入的"
        "论文也会引用这样的话。",
    ),
    ("重译", "第一次的译文没有通过检查，显示的是第二次通过检查的译文。"),
)
"""The marks of papers and sections that a reader meets, for the about page."""

STAGES = {"classify": "分类", "translate": "翻译"}

UNTRANSLATED = "译文待补"
PARTIAL = {Extent.SUMMARY: "只译标题与总结", Extent.TITLE: "只译标题"}
WITHDRAWN = "已撤稿"


def is_withdrawn(paper: Paper) -> bool:
    """By arXiv's own mark, or by what the comment or the abstract says."""
    return withdrawals.is_gone(paper)


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
        waits = record.is_shown and record.state is not State.REVISION
        return "译文待补，先读原文。" if waits else ""
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
    newer = record.superseded
    labels = []
    if is_withdrawn(paper) or (newer and newer.withdrawn):
        labels.append(WITHDRAWN)
    if record.state is not State.REVISION:  # what is not sent to models waits for nothing
        if awaits_words(record):
            labels.append(UNTRANSLATED)
        elif record.translation and record.translation.extent in PARTIAL:
            labels.append(PARTIAL[record.translation.extent])
    if newer and not newer.withdrawn:
        labels.append(f"已有 v{newer.version}" if newer.version > paper.version else "有更新")
    if paper.announce_type.is_replacement and WITHDRAWN not in labels:
        first = f"（v1：{paper.submitted}）" if paper.submitted else ""
        labels.append(f"已修订 v{paper.version}{first}")
    accepted = venue(paper.comment)
    if accepted:
        is_news = record.is_update and update_kind(record) is UpdateKind.ACCEPTED
        labels.append(f"新录用 {accepted}" if is_news else accepted)
    return tuple(labels)


_PREFIXES = {
    UpdateKind.WITHDRAWN: "［已撤稿］",
    UpdateKind.ACCEPTED: "［新录用］",
    UpdateKind.REVISED: "［更新］",
}


def update_prefix(record: Record) -> str:
    """What stands before an update's title in a feed; empty for other papers."""
    return _PREFIXES[update_kind(record)] if record.is_update else ""


RESOURCES = {LinkKind.CODE: "代码", LinkKind.DATA: "数据", LinkKind.PROJECT: "项目"}
_SOURCES = {Source.HTML: "arXiv HTML 页面", Source.API: "arXiv API"}


def places_note(record: Record) -> str:
    """What stands in the place of institutions that are not known; empty where they are, or where
    nobody has looked for them yet."""
    known = record.affiliations
    return "未提供" if known and not known.block.institutions else ""


def places_source(record: Record) -> str:
    """Where the institutions are known from, and since when; empty where nobody has looked yet."""
    known = record.affiliations
    if known is None:
        return ""
    if known.source is Source.NONE:
        return "未提供"
    return f"{_SOURCES[known.source]}，{known.retrieved.date().isoformat()}"


def repair_note(record: Record) -> str:
    """How it stands with another try, for a paper that has not come through; empty for others. Times are
    Beijing's; the repair runs every hour, so a try begins within the hour after the one given."""
    if record.repair is None:
        return ""
    count = record.repair.tries + record.repair.sent
    tries = f"已自动重试 {count} 次" if count else ""
    if record.state is State.PENDING:
        return tries
    due = next_try(record)
    if due is None:
        return f"{tries}，不再自动重试" if tries else ""
    return f"{tries}，{instant(due)} 起再试" if tries else f"{instant(due)} 起自动重试"


def reason_in_words(record: Record) -> str:
    """`ledger_reason` as the data of a channel has it: our own sentences in Chinese, others as they are."""
    reason = ledger_reason(record)
    return reasons.said_in_chinese(reason) or reason


SIGNS = {
    Sign.OVERRIDE: "要求忽略指令",
    Sign.ROLE: "对话标记",
    Sign.ADDRESS: "对模型说话",
    Sign.SCORE: "索要分数",
    Sign.FORMAT: "仿造答案",
    Sign.HIDDEN: "隐形字符",
}


def flags(paper: Paper) -> str:
    """What is odd about a paper's text, for the ledger; mostly empty."""
    found = injection.signs(paper)
    return f"{INJECTION}（{'、'.join(SIGNS[sign] for sign in found)}）" if found else ""


# `arn:aws:sts::123456789012:assumed-role/TranslateRole/session`: AWS names accounts in its errors.
_ARN = re.compile(r"\barn:[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{0,12}:")
_ACCOUNT = re.compile(r"\b\d{12}\b")


def ledger_reason(record: Record) -> str:
    """Why a paper is in its state, empty for a published one; without the operator's account, because
    the ledger is public. `arxivdaily show` has the whole text."""
    if record.reason or record.state is State.PUBLISHED:
        return _ACCOUNT.sub("…", _ARN.sub("", record.reason))
    return STATE_MEANINGS[record.state]
