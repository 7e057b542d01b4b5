"""The gate: what good translators do passes, each kind of damage is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arxivdaily.domain.records import Extent
from arxivdaily.translation import gate
from arxivdaily.translation.gate import Code, check
from arxivdaily.translation.normalise import normalise
from arxivdaily.translation.prompt import SYSTEM
from fakes import paper
from hypothesis import given
from hypothesis import strategies as st

SOURCE = paper(
    title="Sketch-Guided Flow Matching with RL for 3D Scenes",
    abstract=(
        r"We study flow matching (FM) under a loss $\ell_2(x, \hat{x})$ and a prior $p(z)$. "
        r"Our method, SketchFlow, is trained on 5,250 scenes with 10 million views in 1.5 hours. "
        r"It lowers the FID from 9.38 to 2.62, is 2.3x faster at 25 ms a frame, and gains "
        r"12.5\% over GPT-4o. "
        r"Two ablations confirm the role of $\ell_2(x, \hat{x})$, as argued by \cite{kim2024}. "
        r"Code is available at https://github.com/example/sketchflow."
    ),
)
TITLE = "面向3D场景的草图引导流匹配与强化学习"
SENTENCES = (
    r"我们研究损失$\ell_2(x, \hat{x})$和先验$p(z)$下的流匹配（FM）问题",
    "我们的方法SketchFlow在5250个场景和1000万个视图上训练，用时1.5小时",
    r"它将FID从9.38降至2.62，以每帧25毫秒的速度快2.3倍，并且比GPT-4o提高12.5%",
    r"两项消融实验确认了$\ell_2(x, \hat{x})$的作用，正如\cite{kim2024}所论证的那样",
    "代码见https://github.com/example/sketchflow",
)
ABSTRACT = "。".join(SENTENCES) + "。"
SUMMARY = "提出SketchFlow，用草图引导的流匹配生成三维场景，FID从9.38降至2.62。"


def codes(title: str = TITLE, abstract: str = ABSTRACT, summary: str = SUMMARY) -> set[Code]:
    return {refusal.code for refusal in check(SOURCE, title, abstract, summary)}


def of(english: str, chinese: str) -> set[Code]:
    """Objections to one sentence, padded so that language and length are not in question."""
    pad = "We describe the design of the system and explain why it works in practice for its users."
    source = paper(title="A Study of Things", abstract=f"{pad} {english}")
    text = f"我们描述了该系统的设计，并解释它在实际中为何对用户有效。{chinese}"
    return {r.code for r in check(source, "关于事物的研究", text, "研究了一个系统的设计与效果。")}


def test_a_good_translation_passes() -> None:
    assert check(SOURCE, TITLE, ABSTRACT, SUMMARY) == ()


DAMAGE: dict[str, tuple[Code, Callable[[str], str]]] = {
    "formula dropped": (Code.FORMULA, lambda t: t.replace("$p(z)$", "")),
    "formula dropped once of twice": (Code.FORMULA, lambda t: t.replace(r"$\ell_2(x, \hat{x})$", "", 1)),
    "formula changed by a byte": (Code.FORMULA, lambda t: t.replace(r"\hat", "hat")),
    "number dropped": (Code.NUMBER, lambda t: t.replace("2.62", "更低的值")),
    "number changed": (Code.NUMBER, lambda t: t.replace("9.38", "9.83")),
    "scale changed": (Code.NUMBER, lambda t: t.replace("1000万", "10亿")),
    "percentage from nowhere": (Code.NUMBER, lambda t: t.replace("。", "，提升17.3%。", 1)),
    "percent sign dropped": (Code.UNIT, lambda t: t.replace("12.5%", "12.5")),
    "times dropped": (Code.UNIT, lambda t: t.replace("2.3倍", "2.3")),
    "unit changed": (Code.UNIT, lambda t: t.replace("25毫秒", "25秒")),
    "address dropped": (Code.URL, lambda t: t.replace("https://github.com/example/sketchflow", "网上")),
    "address changed": (Code.URL, lambda t: t.replace("sketchflow", "sketch-flow")),
    "address invented": (Code.URL, lambda t: t + "另见https://example.org/x。"),
    "citation dropped": (Code.CITATION, lambda t: t.replace(r"\cite{kim2024}", "前人")),
    "acronym dropped": (Code.ACRONYM, lambda t: t.replace("FID", "指标")),
    "name translated": (Code.ACRONYM, lambda t: t.replace("SketchFlow", "草图流")),
    "English all along": (Code.NOT_CHINESE, lambda t: SOURCE.abstract),
    "a few words left in English": (
        Code.COPIED,
        lambda t: t.replace("。", "，这是 matching 的 views 且 prior 已 trained under hours。", 1),
    ),
    "one sentence in English": (
        Code.COPIED,
        lambda t: t.replace(SENTENCES[3], "Two ablations confirm the role of the loss as argued before"),
    ),
    "cut short": (Code.TRUNCATED, lambda t: t[: len(t) - 4 - len(SENTENCES[4])]),
    "half the sentences": (Code.LENGTH, lambda t: "。".join(SENTENCES[:2]) + "。"),
    "much too short": (Code.LENGTH, lambda t: "我们研究了流匹配。"),
    "much too long": (
        Code.LENGTH,
        lambda t: t + "".join(f"第{c}段是与原文毫不相干的补充说明文字。" for c in TITLE * 2),
    ),
    "nothing": (Code.EMPTY, lambda t: " "),
    "a refusal": (Code.REFUSAL, lambda t: "抱歉，我无法协助处理该请求。"),
    "a refusal in English": (Code.REFUSAL, lambda t: "I'm sorry, I cannot assist with that."),
    "a preface": (Code.LEAK, lambda t: "以下是译文：" + t),
    "a field name": (Code.LEAK, lambda t: '{"abstract_zh": "' + t),
    "the instructions": (Code.LEAK, lambda t: t + SYSTEM[Extent.FULL].splitlines()[3][3:]),
    "a sentence twice": (Code.REPEATED, lambda t: SENTENCES[1] + "。" + t),
    "a loop": (Code.REPEATED, lambda t: t.replace("作用", "作用机制与原因" * 5)),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_to_the_abstract_is_named(kind: str) -> None:
    code, damage = DAMAGE[kind]
    assert code in codes(abstract=normalise(damage(ABSTRACT)))


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("", Code.EMPTY),
        (SOURCE.title, Code.NOT_CHINESE),
        ("面向场景的草图引导流匹配与强化学习", Code.NUMBER),
        ("抱歉，我无法翻译。", Code.REFUSAL),
        ("标题：" + TITLE, Code.LEAK),
    ],
)
def test_damage_to_the_title_is_named(title: str, code: Code) -> None:
    assert code in codes(title=title)


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        ("", Code.EMPTY),
        ("This is the answer in English although Chinese was asked for.", Code.NOT_CHINESE),
        ("抱歉，我无法协助处理该请求。", Code.REFUSAL),
        ("提出一种方法，准确率达到97.1%，优于以往工作。", Code.NUMBER),
        ("提出一种方法，代码见https://example.org/code。", Code.URL),
        ("提出一种非常有效的新方法，" * 30, Code.LENGTH),
    ],
)
def test_damage_to_the_summary_is_named(summary: str, code: Code) -> None:
    assert code in codes(summary=summary)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("It uses 1,000 images.", "它使用1000张图像。"),
        ("It uses 1000 images.", "它使用1,000张图像。"),
        ("It has 10 million users.", "它有1000万用户。"),
        ("It has 2.5 billion users.", "它有25亿用户。"),
        ("A 7B model is used.", "使用了70亿参数的模型。"),
        ("It gains 10\\% on average.", "平均提升10%。"),
        ("It gains 10 percent on average.", "平均提升百分之10。"),
        ("It gains 10-20% on average.", "平均提升10至20%。"),
        ("It gains 3% (absolute).", "绝对提升3个百分点。"),
        ("It is 2.3x faster.", "速度快2.3倍。"),
        (r"It is 2.3$\times$ faster.", "速度快2.3倍。"),
        (r"It is $3.31\times$ faster.", "速度快3.31倍。"),
        ("It predicts a 2D field.", "它预测二维场。"),
        ("It ranked 1st.", "它排名第一。"),
        ("It uses 3 datasets.", "它使用三个数据集。"),
        ("Farms of the 1920s are studied.", "研究了20世纪20年代的农场。"),
        ("Farms of the 1920s are studied.", "研究了 20 世纪 20 年代的农场。"),
        ("SpeechTD is used.", "使用了语音 TD。"),
        ("There are two parts, (1) speed and (2) size.", "有两部分：第一是速度，第二是大小。"),
        ("It takes 10 ms.", "需要10毫秒。"),
        ("It takes 10 ms.", "需要10 ms。"),
        ("It draws on .5 and .25 as weights.", "它以0.5和0.25为权重。"),
        ("For $m=2$, $p=4$ it holds.", "当$m=2, p=4$时成立。"),
        ("The cost is $O(N)$.", "代价为O(N)。"),
        (r"The angle $\rho$ is small.", "角度ρ很小。"),
        (r"It converges as $t \to \infty.$", r"当$t \to \infty$时收敛。"),
        (r"It is \emph{exactly} \textbf{equivalent}.", "它完全等价。"),
        ("Large language models (LLMs) are used.", "使用了大语言模型。"),
        ("AI-powered NLP methods are used.", "使用了人工智能驱动的自然语言处理方法。"),
        ("Graph prompt tuning (GPRT) is used.", "使用了图提示调优。"),
        ("LoRA-finetuned ResNet18 is used.", "使用了LoRA微调的ResNet18。"),
        ("This does NOT hold.", "这并不成立。"),
        ("As Kim et al. showed, it works.", "正如Kim等人所示，它有效。"),
        ("Qwen2.5-7B is used.", "使用了Qwen2.5-7B。"),
        ("It costs $100 and then $200 a month in total.", "每月花费100美元，随后200美元。"),
    ],
)
def test_what_good_translators_write_passes(english: str, chinese: str) -> None:
    assert of(english, chinese) == set()


@pytest.mark.parametrize(
    ("english", "chinese", "code"),
    [
        ("It has 10 million users.", "它有10亿用户。", Code.NUMBER),
        ("There are (1) speed and (2) size.", "有（1）速度和（）大小。", Code.NUMBER),
        ("It uses 3 datasets.", "它使用数据集。", Code.NUMBER),
        ("It takes 10 ms.", "需要10秒。", Code.UNIT),
        (r"The value \alpha is small.", "该值很小。", Code.COMMAND),
        ("As Kim et al. showed, it works.", "正如金等人所示，它有效。", Code.CITATION),
        ("GPT-4 is used.", "使用了GPT。", Code.ACRONYM),
        ("DRL is used, and DRL wins.", "使用了该方法，并且胜出。", Code.ACRONYM),
        ("The set $V$ is large, as is $V + W$.", "该集合很大，$V + W$也是。", Code.FORMULA),
    ],
)
def test_what_bad_translators_write_does_not(english: str, chinese: str, code: Code) -> None:
    assert code in of(english, chinese)


def test_papers_about_refusals_may_speak_of_them() -> None:
    english = 'Models refuse with "I cannot assist" even when asked politely.'
    assert Code.REFUSAL not in of(english, "模型会以“对不起，我无法协助”来拒绝，即使礼貌地询问。")


def test_reasons_are_bounded_and_say_the_code() -> None:
    source = paper(abstract="See " + " ".join(f"https://example.org/{'x' * 300}{n}" for n in range(20)))
    for refusal in check(source, "研究", "见网址。", "研究了网址。"):
        assert len(refusal.reason) < 500
        assert refusal.code in refusal.reason


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_judged(english: str, chinese: str) -> None:
    refusals = check(paper(title=english, abstract=english), chinese, chinese, chinese)
    assert all(isinstance(refusal.reason, str) for refusal in refusals)


@pytest.mark.parametrize(
    "filler", ["$", "\\(", "a ", "1,", "1 ", "（", "{", "\\a{", "x/", "ab." * 2, "我" * 3 + " "]
)
def test_hostile_text_is_judged_in_time(filler: str) -> None:
    text = filler * (6000 // len(filler))
    check(paper(title="A Study of Things", abstract=text), "研究", text, "研究了事物。")
    normalise(text)


@pytest.mark.parametrize(
    "brought",
    [
        "<b>新</b>",
        "//evil.example/x",
        "／／evil.example",
        "evil.com",
        "[这里](//evil.example)",
        "<img src=x onerror=x>",
        r"\href{//evil.example}{x}",
        "mailto:x",
        "e\u200bvil.com",
        "%2F%2Fevil.example",
        "&lt;script&gt;",
    ],
)
def test_no_part_of_an_answer_brings_tags_or_links(brought: str) -> None:
    for part in ("title", "abstract", "summary"):
        texts = {"title": TITLE, "abstract": ABSTRACT, "summary": SUMMARY}
        texts[part] = f"{texts[part].rstrip('。')} {brought} 。"
        refusals = check(SOURCE, texts["title"], texts["abstract"], texts["summary"])
        assert [r.part for r in refusals if r.code is Code.ADDED] == [part]
    of_sentence = gate.check_text("title", SOURCE.title, normalise(f"{TITLE} {brought}"))
    assert Code.ADDED in {refusal.code for refusal in of_sentence}


def test_every_code_has_a_reason() -> None:
    assert set(gate.REASONS) == set(Code)
