"""Reasons as readers see them: in Chinese, whichever language the record has them in.

Records hold the choices of an operator and the errors of services in English, and what the gate objects to in
Chinese with its code. A page says each kind in Chinese. What nobody here has written (a service's message)
stands behind that as it is, quoted, so that no sentence changes its language on the way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from arxivdaily.domain.repairs import CRASHED, LOST
from arxivdaily.domain.revisions import NOT_SENT, OLDER, REPEATED


@dataclass(frozen=True, slots=True)
class Words:
    """A reason in Chinese, and what it quotes: somebody else's words, empty if there are none."""

    chinese: str
    quoted: str = ""

    @property
    def is_foreign(self) -> bool:
        """Whether the quotation is English: it has no Chinese character."""
        return bool(self.quoted) and not _HAN.search(self.quoted)


_HAN = re.compile(r"[\u3400-\u9fff]")
# The gate's: `摘要缺少或改动了公式：$x$（formula）；…`. The codes are for programs.
_CODE = re.compile(r"（[a-z]+(?:-[a-z]+)*）(?=；|$)")

# What we say ourselves, whole: each has a sentence of its own.
_SAID = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"no translator is configured", "没有配置翻译模型"),
        (r"limit: (\d+) papers of an edition are translated", r"本期只译最相关的 \1 篇"),
        (r"budget: the edition's budget is used up", "本期预算已用完"),
        (r"budget: title and summary only", "预算所限，只译标题与总结"),
        (r"budget: title only", "预算所限，只译标题"),
        (r"a replacement is recorded, not sent to the models", "旧论文的新版本，只登记"),
        (r"a withdrawal is recorded, not sent to the models", "已撤稿，此前未收录，只登记"),
        (re.escape(NOT_SENT), "文字未变或已撤稿，不再翻译"),
        (re.escape(REPEATED), "重复公告，内容未变"),
        (re.escape(OLDER), "比已收录的版本旧，只登记"),
        (r"a newer version is translated instead", "已有新版本，只译新版本"),
        (re.escape(CRASHED), "每次处理都中断，暂且放弃"),
        (re.escape(LOST), "一周里多次送出都没有下文，暂且放弃"),
        (r"arXiv's feed and API gave no abstract", "没有从 arXiv 得到摘要"),
        (r"a paper in the same call was put into more channels than a paper can be in",
         "同批论文的分类结果不可信"),
    )
)  # fmt: skip

# What services say, by how the reason begins or what it names; the first that fits. The rest is quoted.
_KINDS = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"given up: ", "暂且放弃"),
        (r"the model's classification was not valid", "模型的分类结果不合格式"),
        (r"the embedding model failed", "嵌入模型出错"),
        (r"(?:the model service|Bedrock) withheld", "模型服务拒绝给出回答"),
        (r"cannot |.*\bDynamoDB\b", "存取数据时出错"),
        (r".*(?:no connection to|name is unknown|Could not connect|EndpointConnection)", "连不上模型服务"),
        (r".*(?:not answer|not answering|timed? ?-?out\b)", "模型服务没有及时回答"),
        (r".*(?:Throttl|Too ?Many|\bHTTP 429\b|quota)", "模型服务限制了调用"),
        (r".*(?:AccessDenied|Unauthorized|\bHTTP 40[13]\b|credentials)", "模型服务拒绝了访问"),
        (r".*\b(?:Bedrock|model service|model|HTTP \d{3})\b", "模型服务出错"),
        (r".*\barXiv\b", "读取 arXiv 时出错"),
    )
)  # fmt: skip
_OTHER = "处理时出错"


def in_chinese(reason: str) -> Words:
    """A record's reason for a Chinese page; `reason` as it is stored, empty for none."""
    if said := said_in_chinese(reason):
        return Words(said)
    if _HAN.match(reason):  # ours, from the gate or the translator
        return Words(_CODE.sub("", reason))
    if not reason.strip():
        return Words("")
    line = " ".join(reason.split())
    return Words(next((words for pattern, words in _KINDS if pattern.match(line)), _OTHER), line)


def said_in_chinese(reason: str) -> str | None:
    """The sentence of a reason that is wholly ours; None for every other."""
    for pattern, words in _SAID:
        if found := pattern.fullmatch(reason):
            return found.expand(words)
    return None
