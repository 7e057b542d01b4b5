"""A second model where the first one is busy, broken or refuses."""

from __future__ import annotations

import pytest
from arxivdaily.domain.records import Extent, Provenance, Spent, Usage
from arxivdaily.errors import ArxivDailyError, ConfigurationError, PermanentError, TransientError
from arxivdaily.fallback import FallbackClassifier, FallbackTranslator
from arxivdaily.ports import AnswerKey, ClassifyAnswer
from arxivdaily.use_cases.classify import ClassifyPapers
from arxivdaily.use_cases.dispatch import Dispatcher
from fakes import (
    EDITION,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    ScriptedClassifier,
    ScriptedTranslator,
    match,
    paper,
    record,
    used,
)

SECOND = Provenance("second-model", "1")


def classifiers() -> tuple[ScriptedClassifier, ScriptedClassifier, FallbackClassifier]:
    first = ScriptedClassifier()
    second = ScriptedClassifier(made_by=(SECOND,), spent=(Spent("classify", "second-model", Usage(7, 0, 3)),))
    return first, second, FallbackClassifier(first, second)


def failed(error: ArxivDailyError, *spent: Spent) -> ArxivDailyError:
    error.spent = spent
    return error


@pytest.mark.parametrize("error", [TransientError("throttled"), PermanentError("refused")])
def test_only_what_the_first_could_not_do_goes_to_the_second(error: ArxivDailyError) -> None:
    first, second, both = classifiers()
    first.outcomes["2606.00002"] = failed(error, Spent("classify", "test-model", Usage(5, 0, 5)))
    second.outcomes["2606.00002"] = (match(),)
    one, two = both.classify([paper(1), paper(2)])
    assert second.asked == ["2606.00002"]
    assert isinstance(one, ClassifyAnswer)
    assert isinstance(two, ClassifyAnswer)
    assert (one.made_by.model, two.made_by) == ("test-model", SECOND)
    assert [entry.model for entry in two.spent] == ["test-model", "second-model"]
    assert used(two.spent) == Usage(12, 0, 8)


def test_a_wrong_setting_is_nobody_elses_business() -> None:
    first, second, both = classifiers()
    first.outcomes["2606.00001"] = ConfigurationError("the key is wrong")
    (outcome,) = both.classify([paper(1)])
    assert isinstance(outcome, ConfigurationError)
    assert second.asked == []


def test_without_time_nobody_else_is_asked() -> None:
    first, second, both = classifiers()
    first.outcomes["2606.00001"] = TransientError("throttled")
    (outcome,) = both.classify([paper(1)], time_left=lambda: False)
    assert isinstance(outcome, TransientError)
    assert second.asked == []


def test_a_stored_answer_of_the_second_is_not_bought_again() -> None:
    store, messages, (_, second, both) = MemoryPaperStore(), RecordingMessages(), classifiers()
    store.add_records([record(1)])
    key = AnswerKey("2606.00001", 1, "classify", SECOND)
    store.put_answers({key: ClassifyAnswer((match(),), SECOND)})
    classify = ClassifyPapers(
        store, messages, both, Dispatcher(store, messages, translates=True, limit=0), Clock()
    )
    assert classify([record(1).key]) == {}
    assert second.asked == []
    assert store.records(EDITION)[0].classified_by == SECOND


def test_an_answer_of_the_second_is_stored_under_its_name() -> None:
    store, messages, (first, second, both) = MemoryPaperStore(), RecordingMessages(), classifiers()
    store.add_records([record(1)])
    first.outcomes["2606.00001"] = TransientError("throttled")
    second.outcomes["2606.00001"] = (match(),)
    classify = ClassifyPapers(
        store, messages, both, Dispatcher(store, messages, translates=True, limit=0), Clock()
    )
    assert classify([record(1).key]) == {}
    assert list(store.answers([AnswerKey("2606.00001", 1, "classify", SECOND)]))


def test_the_second_translator_says_that_it_repaired() -> None:
    first, second = ScriptedTranslator(), ScriptedTranslator(model="second-model")
    first.errors["2606.00001"] = failed(
        PermanentError("no"), Spent("translate", "test-model", Usage(9, 0, 9))
    )
    answer = FallbackTranslator(first, second).translate(paper(1))
    assert answer.made_by.model == "second-model"
    assert answer.translation.repaired
    assert used(answer.spent) == Usage(109, 0, 59)
    assert [p.model for p in FallbackTranslator(first, second).made_by(Extent.FULL)] == [
        "test-model",
        "second-model",
    ]


def test_if_both_fail_the_error_says_what_both_cost() -> None:
    first, second = ScriptedTranslator(), ScriptedTranslator(model="second-model")
    first.errors["2606.00001"] = failed(
        TransientError("busy"), Spent("translate", "test-model", Usage(1, 0, 1))
    )
    second.errors["2606.00001"] = failed(
        PermanentError("no"), Spent("translate", "second-model", Usage(2, 0, 2))
    )
    with pytest.raises(PermanentError) as caught:
        FallbackTranslator(first, second).translate(paper(1))
    assert used(caught.value.spent) == Usage(3, 0, 3)
