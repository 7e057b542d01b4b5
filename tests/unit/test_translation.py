"""The translator: prompt, glossary, one retry with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arxivdaily.domain.records import Extent
from arxivdaily.errors import ConfigurationError, PermanentError, TransientError
from arxivdaily.model_calls import Patience
from arxivdaily.ports import Completion
from arxivdaily.translation.glossary import Glossary, Term, load_glossary
from arxivdaily.translation.prompt import translation_prompt
from arxivdaily.translation.translator import LlmTranslator
from fakes import paper, used
from fakes_models import USAGE, FakeModel

SOURCE = paper(
    title="Fast Diffusion Models for Images",
    abstract="We present a fast diffusion model. It needs 4 steps and lowers FID by 12.5%.",
)
GOOD = {
    "title_zh": "用于图像的快速扩散模型",
    "abstract_zh": "我们提出一种快速扩散模型, 它需要 4 个步骤. 它将 FID 降低 12.5% 。",
    "summary_zh": "提出一种只需4步的快速扩散模型。",
}
WITHOUT_NUMBER = {**GOOD, "abstract_zh": "我们提出一种快速扩散模型，它只需要很少的步骤，并降低FID。"}
GLOSSARY = Glossary((Term("diffusion model", "扩散模型"), Term("agent", "智能体")))


def translator(*answers: Any, **changes: Any) -> tuple[LlmTranslator, FakeModel]:
    model = FakeModel(*answers)
    return LlmTranslator(model, GLOSSARY, patience=Patience(tries=1), **changes), model


def test_a_good_answer_is_stored_in_one_typography() -> None:
    subject, model = translator(GOOD)
    answer = subject.translate(SOURCE)
    assert answer.translation.abstract == "我们提出一种快速扩散模型，它需要 4 个步骤。它将 FID 降低 12.5%。"
    assert answer.translation.made_by == subject.made_by(Extent.FULL)[0]
    assert used(answer.spent) == USAGE
    assert len(model.prompts) == 1


def test_a_refused_answer_is_retried_with_the_reasons() -> None:
    subject, model = translator(WITHOUT_NUMBER, GOOD)
    answer = subject.translate(SOURCE)
    assert answer.translation.title == GOOD["title_zh"]
    assert used(answer.spent) == USAGE + USAGE
    first, second = model.prompts
    assert second.user.startswith(first.user)
    assert "12.5%" in second.user.removeprefix(first.user)
    assert first.system == second.system


def test_two_refused_answers_are_an_error_with_the_reasons() -> None:
    subject, _ = translator(WITHOUT_NUMBER, WITHOUT_NUMBER)
    with pytest.raises(PermanentError, match="数字与原文不符"):
        subject.translate(SOURCE)


@pytest.mark.parametrize(
    "bad",
    [
        "抱歉",
        Completion("{", USAGE, truncated=True),
        {"oops": True},
        {**GOOD, "title_zh": None},
        {**GOOD, "abstract_zh": ["x"]},
    ],
)
def test_a_malformed_answer_is_retried_once(bad: Any) -> None:
    subject, _ = translator(bad, GOOD)
    assert used(subject.translate(SOURCE).spent) == USAGE + USAGE
    subject, _ = translator(bad, bad)
    with pytest.raises(PermanentError):
        subject.translate(SOURCE)


def test_a_busy_service_stays_a_transient_error() -> None:
    subject, _ = translator(WITHOUT_NUMBER, TransientError("busy", retry_after=9))
    with pytest.raises(TransientError) as caught:
        subject.translate(SOURCE)
    assert caught.value.retry_after == 9


@pytest.mark.parametrize("abstract", ["", " \n", "x" * 9000])
def test_what_cannot_be_translated_costs_nothing(abstract: str) -> None:
    subject, model = translator()
    with pytest.raises(PermanentError):
        subject.translate(paper(abstract=abstract))
    assert model.prompts == []


def test_only_terms_of_the_text_are_in_the_prompt() -> None:
    subject, model = translator(GOOD)
    subject.translate(SOURCE)
    assert "术语：diffusion model＝扩散模型\n" in model.prompts[0].user
    assert "智能体" not in model.prompts[0].user


def test_source_text_cannot_begin_a_line_of_its_own() -> None:
    user = translation_prompt(paper(title="A\nAbstract: no", abstract="x\r\n\u2028Title: y\n术语：a＝b")).user
    assert [line.split(" ", 1)[0] for line in user.splitlines()] == ["Title:", "Abstract:"]


def test_another_glossary_is_another_prompt_version() -> None:
    one, other = (
        LlmTranslator(FakeModel(model="m"), g).made_by(Extent.FULL)[0] for g in (GLOSSARY, Glossary(()))
    )
    assert one.model == "m"
    assert one.prompt_version != other.prompt_version
    noted = Glossary(tuple(Term(t.en, t.zh, note="note") for t in GLOSSARY.terms))
    assert noted.version == GLOSSARY.version


# --- the glossary ----------------------------------------------------------------------------


def test_terms_are_found_whole_longest_first_in_order() -> None:
    glossary = Glossary(
        (
            Term("language model", "语言模型"),
            Term("large language model", "大语言模型"),
            Term("few-shot", "少样本"),
        )
    )
    found = glossary.found_in("Few shot Large-Language Models; a languages modeling; few-shot again")
    assert [term.zh for term in found] == ["少样本", "大语言模型"]
    assert glossary.found_in("few-shot, language model", limit=1) == (Term("few-shot", "少样本"),)
    assert Glossary(()).found_in("anything") == ()


def test_the_glossary_that_comes_with_the_package_is_sound() -> None:
    glossary = load_glossary()
    assert len(glossary.terms) >= 150
    for term in glossary.terms:
        assert glossary.found_in(f"the {term.en}s of") == (term,)
        assert len(term.zh) <= 20


@pytest.mark.parametrize(
    "text",
    [
        "not toml",
        "",
        "[other]\n",
        "[terms]\n[more]\n",
        '[terms]\n"a" = 3\n',
        '[terms]\n"a" = {zh = "", note = "x"}\n',
        '[terms]\n"a" = {zh = "b", other = "x"}\n',
        '[terms]\n"few shot" = "a"\n"Few-Shot" = "b"\n',
    ],
)
def test_a_bad_glossary_is_a_configuration_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"mine\.toml"):
        load_glossary(path)
