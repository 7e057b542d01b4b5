"""Another channel file, or another prompt, on papers that are stored: what would change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arxivdaily.domain.governor import Price, Tariff
from arxivdaily.domain.records import PastVersion, Provenance, Record, Spent, State, Usage
from arxivdaily.errors import PermanentError
from arxivdaily.ports import AnswerKey, ClassifyAnswer
from arxivdaily.use_cases.compare import classifiable, compare
from arxivdaily.use_cases.reprocess import plan
from fakes import EDITION, MODEL, NOW, MemoryPaperStore, ScriptedClassifier, match, paper, record, translation

NEWER = Provenance("better-model", "2")


def test_what_channels_gain_and_lose() -> None:
    one, two, three = (paper(n) for n in (1, 2, 3))
    before = ScriptedClassifier({one.arxiv_id: (match("a"),), two.arxiv_id: (match("a"), match("b"))})
    after = ScriptedClassifier(
        {two.arxiv_id: (match("a"),), one.arxiv_id: (match("c", 60),), three.arxiv_id: (match("c", 90),)}
    )
    found = compare(before, after, [one, two, three])
    assert (found.papers, found.matched_before, found.matched_after) == (3, 2, 3)
    channels = {c.channel: c for c in found.channels}
    assert {s: (c.before, c.after) for s, c in channels.items()} == {"a": (2, 1), "b": (1, 0), "c": (0, 2)}
    assert [change.paper for change in channels["a"].lost] == [one]
    assert [change.paper for change in channels["b"].lost] == [two]
    assert [change.match.score for change in channels["c"].gained] == [90, 60]
    assert channels["a"].gained == channels["c"].lost == ()


def test_a_paper_that_cannot_be_classified_ends_it() -> None:
    broken = ScriptedClassifier({paper(1).arxiv_id: PermanentError("no model")})
    with pytest.raises(PermanentError, match="no model"):
        compare(ScriptedClassifier(), broken, [paper(1)])


def test_replacements_are_not_compared() -> None:
    update = replace(record(2), history=(PastVersion("2026-06-01", 1, "T", "A", None, NOW),))
    empty = replace(record(3), paper=paper(3, abstract=""))
    assert classifiable([record(1), update, empty, record(4, State.REVISION)]) == [paper(1)]


def made(number: int, by: Provenance, tokens: int = 100) -> Record:
    return record(
        number,
        State.PUBLISHED,
        matches=(match(),),
        classified_by=by,
        translation=translation(),
        spent=(Spent("classify", by.model, Usage(tokens, 0, 0)),),
    )


def test_what_is_done_again_and_what_it_costs() -> None:
    store = MemoryPaperStore()
    stored = made(3, MODEL).paper
    store.put_answers({AnswerKey(stored.arxiv_id, 1, "classify", NEWER): ClassifyAnswer((match(),), NEWER)})
    records = [made(1, MODEL), made(2, NEWER), made(3, MODEL), record(4), record(5, State.FAILED)]
    found = plan(store, EDITION, records, "classify", [NEWER], None)
    assert (found.papers, found.stored) == (("2606.00001", "2606.00003"), 1)
    assert (found.cost, found.currency) == (100, ""), "tokens where there are no prices"
    prices = Tariff({MODEL.model: Price(2, 0, 0), NEWER.model: Price(2, 0, 0)}, "USD")
    assert plan(store, EDITION, records, "classify", [NEWER], prices).cost == pytest.approx(200 / 1e6)


def test_a_fallback_model_is_no_reason_to_do_it_again() -> None:
    found = plan(MemoryPaperStore(), EDITION, [made(1, MODEL)], "classify", [NEWER, MODEL], None)
    assert (found.papers, found.cost) == ((), 0)


def test_translations_are_told_by_who_made_them() -> None:
    records = [made(1, MODEL), record(2, State.UNTRANSLATED, matches=(match(),)), record(3, State.UNMATCHED)]
    found = plan(MemoryPaperStore(), EDITION, records, "translate", [NEWER], None)
    assert found.papers == ("2606.00001",)
    by = translation().made_by
    assert plan(MemoryPaperStore(), EDITION, records, "translate", [by], None).papers == ()
