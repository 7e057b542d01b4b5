"""A reason is read in one language: Chinese on pages, English in a terminal."""

from __future__ import annotations

import re

import pytest
from arxivdaily.domain.governor import BUDGET_REACHED, BUDGET_SHORT
from arxivdaily.domain.repairs import CRASHED, LOST
from arxivdaily.domain.revisions import NOT_SENT, OLDER, REPEATED
from arxivdaily.site.reasons import in_chinese, said_in_chinese
from arxivdaily.translation.gate import PARTS, Code, Refusal
from arxivdaily.use_cases.dispatch import LIMIT_REACHED, NO_TRANSLATOR, SUPERSEDED
from arxivdaily.use_cases.recording import NO_ABSTRACT, NOT_PROCESSED
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.reasons import OBJECTIONS, in_english

HAN = re.compile(r"[\u3400-\u9fff]")
OURS = (
    NO_TRANSLATOR, LIMIT_REACHED.format(limit=24), SUPERSEDED, BUDGET_REACHED, *BUDGET_SHORT.values(),
    NOT_PROCESSED, NO_ABSTRACT, NOT_SENT, REPEATED, OLDER, CRASHED, LOST,
)  # fmt: skip


@pytest.mark.parametrize("reason", [reason for reason in OURS if reason])
def test_what_we_say_ourselves_is_wholly_chinese_on_a_page(reason: str) -> None:
    words = in_chinese(reason)
    assert HAN.match(words.chinese)
    assert not words.quoted
    assert not re.search(r"[A-Za-z]{2}", words.chinese.replace("arXiv", ""))
    assert said_in_chinese(reason) == words.chinese
    assert in_english(reason) == reason


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Bedrock ThrottlingException: Too many requests", "模型服务限制了调用"),
        ("model service, HTTP 429: slow down", "模型服务限制了调用"),
        ("model service, HTTP 401: no key (check LLM_API_KEY)", "模型服务拒绝了访问"),
        ("model service, HTTP 400: max_tokens", "模型服务出错"),
        ("the model service did not answer in time", "模型服务没有及时回答"),
        ("the model service did not answer within 60 s", "模型服务没有及时回答"),
        ("no connection to the model service: connection refused (check LLM_BASE_URL)", "连不上模型服务"),
        ("Bedrock: Could not connect to the endpoint URL", "连不上模型服务"),
        ("the model service withheld the answer", "模型服务拒绝给出回答"),
        ("Bedrock withheld the answer: content_filtered", "模型服务拒绝给出回答"),
        ("the model's classification was not valid: there is no channel 'x'", "模型的分类结果不合格式"),
        ("the embedding model failed: bad alloc", "嵌入模型出错"),
        ("cannot save records: ProvisionedThroughputExceededException", "存取数据时出错"),
        ("what answers is no model service but a web page (check LLM_BASE_URL)", "模型服务出错"),
        ("kettles", "处理时出错"),
    ],
)
def test_a_service_s_words_are_quoted_behind_their_kind(reason: str, kind: str) -> None:
    words = in_chinese(reason)
    assert (words.chinese, words.quoted, words.is_foreign) == (kind, reason, True)
    assert in_english(reason) == reason


def test_a_quotation_in_chinese_is_not_said_to_be_english() -> None:
    words = in_chinese("model service, HTTP 402: 余额不足")
    assert words.quoted
    assert not words.is_foreign


DETAILS = st.one_of(
    st.just(""),
    st.just("译文 12 字，原文 340 字符"),
    st.just("译文 2 句，原文 7 句"),
    st.just("230 字，至多 220 字"),
    st.just("BERT、GPT-4、LoRA、ViT、CLIP 等 7 处"),
    st.text(st.characters(codec="utf-8", exclude_characters="“”（）；"), max_size=60),
)
REFUSALS = st.builds(Refusal, st.sampled_from(Code), st.sampled_from(sorted(PARTS)), DETAILS)


@given(st.lists(REFUSALS, min_size=1, max_size=5))
def test_what_the_gate_objects_to_is_english_in_a_terminal(refusals: list[Refusal]) -> None:
    told = in_english("；".join(refusal.reason for refusal in refusals))
    assert not HAN.search(re.sub("“[^”]*”", "", told))
    for refusal in refusals:
        assert f"the {refusal.part} {OBJECTIONS[refusal.code]}" in told


@given(st.lists(REFUSALS, min_size=1, max_size=5))
def test_and_chinese_without_codes_on_a_page(refusals: list[Refusal]) -> None:
    words = in_chinese("；".join(refusal.reason for refusal in refusals))
    assert not words.quoted
    assert not any(f"（{code}）" in words.chinese for code in Code)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("没有摘要可译", "there is no abstract to translate"),
        ("原文超过 9000 字符，不送翻译", "the text is longer than 9000 characters and is not sent"),
        ("回答没有写完", "the model's answer breaks off"),
        ("回答不是 JSON 对象", "the model's answer is not a JSON object"),
        ("摘要数字与原文不符：90%（number）", "the abstract has other numbers than the original (90%)"),
        ("标题缺少英文缩写或名称：BERT、GPT 等 7 处（acronym）",
         "the title lacks an acronym or a name (BERT, GPT and others, 7 in all)"),
        ("另一句话", "refused: “另一句话”"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_translator_s_reasons_in_english(reason: str, told: str) -> None:
    assert in_english(reason) == told
