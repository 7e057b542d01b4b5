from __future__ import annotations

import json

import pytest
from arxivdaily.domain.records import Usage
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import Completion, Prompt
from arxivdaily.translation.by_sentence import SentenceTranslator, clauses, mask, sentences, unmask
from arxivdaily.translation.glossary import load_glossary
from fakes import paper, used
from hypothesis import given
from hypothesis import strategies as st


def test_sentences_end_where_they_end() -> None:
    text = (
        "We study $f(x). A$ and e.g. graphs, cf. Fig. 2 of Smith et al. The loss is 2.5. "
        "See https://example.org/a.B for code! Does it work? (Yes.) J. Doe agrees."
    )
    assert sentences(text) == [
        "We study $f(x). A$ and e.g. graphs, cf. Fig. 2 of Smith et al. The loss is 2.5.",
        "See https://example.org/a.B for code!",
        "Does it work?",
        "(Yes.)",
        "J. Doe agrees.",
    ]


@given(st.text(max_size=300))
def test_no_text_is_lost_between_sentences(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_symbols_stand_for_formulas_and_links() -> None:
    text = r"From $\ell_2$ to $9.38 \to 2.62$ by 5\% at https://example.org/x"
    masked, symbols = mask(text)
    assert masked == "From X1 to X2 by 5% at X3"
    assert unmask("X3处X1到X2", symbols) == r"https://example.org/x处$\ell_2$到$9.38 \to 2.62$"


def test_symbols_avoid_those_of_the_text() -> None:
    assert mask("X1 and $x$")[0] == "X1 and Y1"


def test_names_are_shown_first_and_hidden_when_they_got_lost() -> None:
    source = paper(1, title="A Study of Things, Part 1", abstract="We compare PageRank and SDE with SDE.")
    lost = "我们比较了两种方法的优劣。"
    made, model = translator(
        {**GOOD, "We compare": [lost], "We compare X1": ["我们把 X1 和 X2 与 X2 作了比较。"]}
    )
    model.answers = dict(reversed(model.answers.items()))
    assert made.translate(source).translation.abstract == "我们把 PageRank 和 SDE 与 SDE 作了比较。"


@given(st.lists(st.sampled_from(["$a$", "$b_1$", "word", "https://x.org/a", "X1"]), max_size=20))
def test_masking_can_be_undone(words: list[str]) -> None:
    text = " ".join(words)
    assert unmask(*mask(text)) == text


def test_long_sentences_are_cut_near_the_middle() -> None:
    long = "We propose a method that is very good at many things, and show that it works well everywhere."
    assert clauses(long) == (
        "We propose a method that is very good at many things",
        "and show that it works well everywhere.",
    )
    assert clauses("Short, but sweet.") is None
    assert clauses("w" * 200) is None


class ScriptedModel:
    """Answers by the question's sentence; what has no answer gets a default translation."""

    model = "small"

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def complete(self, prompt: Prompt) -> Completion:
        self.asked.append(prompt.user)
        for start, texts in self.answers.items():
            if f"Sentence: {start}" in prompt.user or prompt.user.startswith(start):
                text = texts.pop(0) if len(texts) > 1 else texts[0]
                return Completion(json.dumps({"zh": text}, ensure_ascii=False), Usage(10, 0, 5))
        return Completion('{"zh": "这是一句合格的中文译文，说明了方法和结果。"}', Usage(10, 0, 5))


GOOD = {
    "A Study": ["事物研究，第 1 部分"],
    "We reach": ["我们以 X1 达到 92.5%。"],
    "摘要": ["针对事物的研究提出新方法，效果更好。后面还有一句。"],
}
SOURCE = paper(1, title="A Study of Things, Part 1", abstract=r"We reach 92.5\% with $x<y$. It works well.")


def translator(answers: dict[str, list[str]]) -> tuple[SentenceTranslator, ScriptedModel]:
    model = ScriptedModel(answers)
    return SentenceTranslator(model, load_glossary()), model


def test_a_paper_is_put_together_from_its_sentences() -> None:
    made, model = translator(GOOD)
    answer = made.translate(SOURCE)
    assert answer.translation.title == "事物研究，第 1 部分"
    assert answer.translation.abstract.startswith("我们以 $x<y$ 达到 92.5%。这是一句")
    assert answer.translation.summary == "针对事物的研究提出新方法，效果更好。"
    assert used(answer.spent) == Usage(40, 0, 20)
    assert answer.translation.made_by.model == "small"
    assert len(model.asked) == 4


def test_the_title_again_is_no_summary() -> None:
    made, _ = translator({**GOOD, "摘要": ["事物研究，第 1 部分。", "针对事物的研究提出了新方法。"]})
    assert made.translate(SOURCE).translation.summary == "针对事物的研究提出了新方法。"


def test_a_bad_sentence_is_asked_again_with_what_is_wrong() -> None:
    made, model = translator({**GOOD, "We reach": ["我们以 X1 达到很高。", "我们以 X1 达到 92.5%。"]})
    assert "92.5%" in made.translate(SOURCE).translation.abstract
    assert any("上次的译文有误" in question for question in model.asked)


def test_english_words_left_standing_are_objected_to() -> None:
    left = "我们以 X1 reach 了 92.5%。"
    made, model = translator({**GOOD, "We reach": [left, "我们以 X1 达到 92.5%。"]})
    assert "reach" not in made.translate(SOURCE).translation.abstract
    assert any("没有译出 reach" in question for question in model.asked)


def test_what_stays_wrong_is_refused_with_the_reasons() -> None:
    made, _ = translator({**GOOD, "We reach": ["我们达到很高。"]})
    with pytest.raises(PermanentError, match="formula"):
        made.translate(SOURCE)


def test_no_abstract_no_call() -> None:
    made, model = translator(GOOD)
    with pytest.raises(PermanentError):
        made.translate(paper(1, abstract=" "))
    assert model.asked == []


def test_a_model_that_cannot_be_asked_is_a_passing_failure() -> None:
    class Away(ScriptedModel):
        def complete(self, prompt: Prompt) -> Completion:
            raise TransientError("away", retry_after=1000)

    with pytest.raises(TransientError, match="away"):
        SentenceTranslator(Away({}), load_glossary()).translate(SOURCE)
