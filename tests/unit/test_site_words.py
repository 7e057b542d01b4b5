"""Labels, dates, punctuation and paths."""

from __future__ import annotations

from datetime import datetime

import pytest
import site_samples as samples
from arxivdaily.domain.governor import BUDGET_REACHED, BUDGET_SHORT
from arxivdaily.domain.records import Extent, State, Translation
from arxivdaily.site import calendar, dates, labels, urls, views
from arxivdaily.use_cases.dispatch import LIMIT_REACHED, NO_TRANSLATOR
from arxivdaily.use_cases.recording import NOT_PROCESSED
from fakes import MODEL, match, record


def test_what_a_comment_says_becomes_labels() -> None:
    assert labels.venue("Accepted to CVPR 2026") == "CVPR 2026"
    assert labels.is_withdrawn(samples.paper("2603.00001", comment="Withdrawn: superseded"))
    assert not labels.is_withdrawn(samples.paper("2603.00001"))


@pytest.mark.parametrize(
    ("source", "typeset"),
    [
        ("数据中:用判别器", "数据中：用判别器"),
        ("判别器(DRL),利用", "判别器(DRL)，利用"),
        ("SpectralDiT: 流匹配", "SpectralDiT：流匹配"),
        ("损失$x$,其中", "损失$x$，其中"),
        ("从1,000到2:1", "从1,000到2:1"),
        ("A, B and C", "A, B and C"),
        ("好吗?", "好吗？"),
    ],
)
def test_punctuation_beside_chinese_is_full_width(source: str, typeset: str) -> None:
    assert views.full_width(source) == typeset


def test_dates_in_chinese() -> None:
    assert dates.day("2026-03-05") == "3月5日"
    assert dates.weekday("2026-03-08") == "周日"
    assert dates.day_and_weekday("2026-03-05") == "3月5日（周四）"
    assert dates.next_edition("2026-03-06") == "下一期：3月9日（周一）。"
    assert dates.next_edition("2026-06-19") == (
        "6月22日（周一）没有新的一期：美国假日六月节（6月19日）。下一期：6月23日（周二）。"
    )


@pytest.mark.parametrize(
    ("read", "note"),
    [
        ("2026-03-05T05:10+00:00", None),  # ten minutes after the feeds turn in the east of the USA
        ("2026-03-05T10:30+00:00", "本期晚于平常：北京时间3月5日 18:30 才从 arXiv 读到。"),
        ("2026-03-05T17:05+00:00", "本期晚于平常：北京时间3月6日 01:05 才从 arXiv 读到。"),
        ("2026-03-06T05:00+00:00", None),  # the next is due: made later from an archive
    ],
)
def test_late_editions_say_so(read: str, note: str | None) -> None:
    assert dates.late_note("2026-03-05", datetime.fromisoformat(read)) == note


def test_gaps_name_holidays_and_nothing_else() -> None:
    assert dates.gap_note("2026-03-05", "2026-03-06") is None
    assert dates.gap_note("2026-03-06", "2026-03-09") is None  # a weekend
    assert dates.gap_note(None, "2026-03-09") is None
    assert dates.gap_note("2026-06-19", "2026-06-23") == (
        "6月22日（周一）没有新的一期：美国假日六月节（6月19日）。"
    )
    assert dates.gap_note("2026-03-03", "2026-03-05") == "3月4日（周三）没有新的一期。"
    assert dates.gap_note("2025-11-03", "2026-03-05") is None  # the archive's gap, not arXiv's


def test_calendar_tells_quiet_days_from_weekends() -> None:
    editions = [samples.edition("2026-02-27", counts={"robotics": 3}), samples.edition("2026-03-03")]
    february, march = calendar.months("robotics", editions, urls.Urls(samples.SITE_URL))
    days = {day.number: day for week in february.weeks for day in week}
    assert (days[27].kind, days[27].count, days[26].kind, days[28].kind) == (
        "edition",
        3,
        "outside",
        "weekend",
    )
    assert february.count == 3
    days = {day.number: day for week in march.weeks for day in week}
    assert [days[n].kind for n in (1, 2, 3, 4)] == ["weekend", "quiet", "edition", "outside"]
    assert days[3].href == "/robotics/2026-03-03/"
    assert days[2].why == ""
    june = [samples.edition("2026-06-19"), samples.edition("2026-06-23")]
    (month,) = calendar.months("robotics", june, urls.Urls(samples.SITE_URL))
    assert {day.why for week in month.weeks for day in week} == {"", "美国假日六月节（6月19日）"}


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (urls.HOME, "index.html"),
        (urls.paper("cs/0601001"), "papers/cs/0601001/index.html"),
        (urls.channel_edition("a-b", "2026-03-05"), "a-b/2026-03-05/index.html"),
        (urls.feed("a-b", "rss"), "a-b/rss.xml"),
        (urls.ledger_json("2026-03-05"), "ledger/2026-03-05.json"),
        (urls.NOT_FOUND, "404.html"),
    ],
)
def test_object_keys(path: str, key: str) -> None:
    assert urls.object_key(path) == key


def test_arxiv_links_name_the_version() -> None:
    paper = samples.paper("cs/0601001", version=3)
    assert urls.arxiv_abs(paper) == "https://arxiv.org/abs/cs/0601001v3"
    assert urls.arxiv_pdf(paper) == "https://arxiv.org/pdf/cs/0601001v3"
    assert urls.arxiv_html(paper) == "https://arxiv.org/html/cs/0601001v3"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (NO_TRANSLATOR, "没有配置翻译模型"),
        (LIMIT_REACHED.format(limit=24), "本期只译最相关的 24 篇"),
        (BUDGET_REACHED, "本期预算已用完"),
        (BUDGET_SHORT[Extent.SUMMARY], "预算所限，只译标题与总结"),
        (BUDGET_SHORT[Extent.TITLE], "预算所限，只译标题"),
        (NOT_PROCESSED, "旧论文的新版本，只登记"),
        ("摘要数字与原文不符：90%（number）", "摘要数字与原文不符：90%（number）"),
    ],
)
def test_the_operators_choices_are_in_the_readers_language(reason: str, words: str) -> None:
    found = record(1, State.UNTRANSLATED, reason=reason, matches=(match(),))
    assert labels.reason_in_words(found) == words
    assert labels.ledger_reason(found) == reason


@pytest.mark.parametrize(
    ("translation", "kind", "words", "label"),
    [
        (None, None, "译文待补", "译文待补"),
        (Translation("题", "摘要。", "总结。", MODEL), "machine", "已通过检查", None),
        (Translation("题", "摘要。", "总结。", MODEL, repaired=True), "repaired", "重译", None),
        (Translation("题", "", "总结。", MODEL), "partial", "只译标题并作总结", "只译标题与总结"),
        (Translation("题", "", "", MODEL), "partial", "只译标题", "只译标题"),
    ],
)
def test_what_a_reader_sees_of_a_translation(
    translation: Translation | None, kind: str | None, words: str, label: str | None
) -> None:
    state = State.PUBLISHED if translation else State.UNTRANSLATED
    found = record(1, state, translation=translation, matches=(match(),))
    assert labels.translation_kind(found) == kind
    assert words in labels.translation_note(found)
    assert [name for name in labels.paper_labels(found) if "译" in name] == ([label] if label else [])


def test_the_public_ledger_does_not_name_the_operators_account() -> None:
    refused = (
        "cannot read the API key: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/T-1/f "
        "is not authorized to perform: ssm:GetParameter on resource: "
        "arn:aws:ssm:us-east-1:123456789012:parameter/key (account 123456789012)"
    )
    found = record(1, State.UNTRANSLATED, reason=refused, matches=(match(),))
    assert labels.ledger_reason(found) == (
        "cannot read the API key: AccessDeniedException: User: assumed-role/T-1/f "
        "is not authorized to perform: ssm:GetParameter on resource: parameter/key (account …)"
    )
