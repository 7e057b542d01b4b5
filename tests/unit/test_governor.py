"""The governor: what is left out when a budget runs short, and never half a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from arxivdaily.domain.governor import (
    BUDGET_REACHED,
    BUDGET_SHORT,
    LADDER,
    Price,
    Tariff,
    estimates,
    extent_for,
    spent_on,
)
from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Extent, Provenance, Record, Spent, State, Usage, added, to_retry
from arxivdaily.errors import ArxivDailyError, ConfigurationError, PermanentError, TransientError
from arxivdaily.pricing import parse_budget, parse_prices, tariff
from arxivdaily.use_cases.allowance import Allowance, Budget
from arxivdaily.use_cases.translate import TranslatePapers
from fakes import (
    EDITION,
    NOW,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    ScriptedTranslator,
    match,
    record,
    translation,
)
from hypothesis import given
from hypothesis import strategies as st

TOKENS = Tariff({})
COSTS = {Extent.FULL: 150.0, Extent.SUMMARY: 110.0, Extent.TITLE: 25.0}


def rank(extent: Extent | None) -> int:
    return len(LADDER) if extent is None else LADDER.index(extent)


# --- the rule --------------------------------------------------------------------------------


def test_the_ladder() -> None:
    """Ten papers wait: each step needs enough for the other nine to take the step below."""
    assert extent_for(150 + 9 * 110, 10, COSTS) is Extent.FULL
    assert extent_for(150 + 9 * 110 - 1, 10, COSTS) is Extent.SUMMARY
    assert extent_for(110 + 9 * 25 - 1, 10, COSTS) is Extent.TITLE
    assert extent_for(25, 10, COSTS) is Extent.TITLE
    assert extent_for(24, 10, COSTS) is None


costs = st.tuples(*[st.floats(0.01, 1000)] * 3).map(
    lambda found: dict(zip(LADDER, sorted(found, reverse=True), strict=True))
)


@given(st.floats(-100, 1e6), st.floats(0, 1e6), st.integers(1, 2000), costs)
def test_more_money_never_means_less(
    left: float, more: float, waiting: int, prices: dict[Extent, float]
) -> None:
    assert rank(extent_for(left + more, waiting, prices)) <= rank(extent_for(left, waiting, prices))


@given(st.floats(0, 1e5), st.integers(1, 200), costs)
def test_a_day_is_never_half_missing(budget: float, papers: int, prices: dict[Extent, float]) -> None:
    """Each paper in turn: never more than the budget, and no paper without a title while another
    was given more than one, if the titles of all could be paid for at the start."""
    left = budget
    given_out: list[Extent | None] = []
    for waiting in range(papers, 0, -1):
        extent = extent_for(left, waiting, prices)
        given_out.append(extent)
        left -= prices[extent] if extent else 0
    assert left >= -1e-6
    if budget >= papers * prices[Extent.TITLE] + 1e-6:
        assert None not in given_out or all(e in (Extent.TITLE, None) for e in given_out)


# --- what things cost ------------------------------------------------------------------------


def test_tokens_and_money() -> None:
    spent = [Spent("translate", "m", Usage(1_000_000, 400_000, 100_000))]
    assert TOKENS.cost(spent) == 1_100_000
    money = Tariff({"m": Price(1.0, 0.1, 4.0)}, "USD")
    assert money.cost(spent) == pytest.approx(0.6 + 0.04 + 0.4)
    assert money.cost([Spent("translate", "local", Usage(10, 0, 10))]) == 0


def test_estimates_are_what_papers_have_cost_and_never_more_for_less() -> None:
    done = replace(
        record(1, State.PUBLISHED),
        matches=(match(),),
        translation=translation(),
        spent=(Spent("classify", "m", Usage(100)), Spent("translate", "m", Usage(40, 0, 10))),
    )
    classify, translate = estimates([done], TOKENS, "m")
    assert classify == 100
    assert translate == {Extent.FULL: 50, Extent.SUMMARY: 50, Extent.TITLE: 50}
    classify, translate = estimates([], TOKENS, "m")
    assert classify > 0
    assert translate[Extent.FULL] > translate[Extent.SUMMARY] > translate[Extent.TITLE] > 0


def test_sums_are_by_stage_and_model() -> None:
    a, b = Spent("classify", "m", Usage(1, 0, 2)), Spent("translate", "n", Usage(5, 5, 5))
    assert added([a, b], [a], [Spent("translate", "m", Usage())]) == (
        Spent("classify", "m", Usage(2, 0, 4)),
        b,
    )
    assert spent_on([replace(record(1), spent=(a,)), replace(record(2), spent=(a, b))]) == added([a, a, b])


# --- an edition under a budget ----------------------------------------------------------------


ESTIMATED = {  # what papers cost is what the first estimates say
    Extent.FULL: Usage(650, 0, 600),
    Extent.SUMMARY: Usage(600, 0, 120),
    Extent.TITLE: Usage(260, 0, 40),
}


class World:
    def __init__(self, papers: int, amount: float | None, limit: int = 0) -> None:
        self.store = MemoryPaperStore()
        self.translator = ScriptedTranslator(usage=ESTIMATED)
        self.amount = amount
        self.limit = limit
        records = [record(n, matches=(match(score=50 + n),)) for n in range(1, papers + 1)]
        self.store.add_records(records)
        self.keys = [r.key for r in records]

    def translate(self, concurrency: int = 1) -> Mapping[PaperKey, ArxivDailyError]:
        use_case = TranslatePapers(
            self.store,
            RecordingMessages(),
            self.translator,
            Clock(),
            concurrency=concurrency,
            budget=None if self.amount is None else Budget(self.amount, TOKENS),
            limit=self.limit,
        )
        return use_case(self.keys)

    def records(self) -> list[Record]:
        return list(self.store.records(EDITION))

    def extents(self) -> list[str]:
        return [r.translation.extent.value if r.translation else "-" for r in self.records()]


def test_without_a_budget_everything_is_translated() -> None:
    world = World(3, None)
    world.translate()
    assert world.extents() == ["full"] * 3


def test_a_budget_of_nothing_leaves_english_with_the_reason() -> None:
    world = World(3, 0)
    assert world.translate() == {}
    assert world.translator.asked == []
    assert [(r.state, r.reason) for r in world.records()] == [(State.UNTRANSLATED, BUDGET_REACHED)] * 3


def test_the_strongest_matches_get_the_most_and_everyone_gets_a_title() -> None:
    world = World(6, 3500)  # the first estimates: 1250, 720, 300 tokens
    world.translate()
    extents = world.extents()
    # the scores rise with the number
    assert extents == sorted(extents, key=["title", "summary", "full"].index)
    assert "-" not in extents
    assert {r.state for r in world.records()} == {State.PUBLISHED}
    partial = [r for r in world.records() if r.translation and r.translation.extent is not Extent.FULL]
    assert all(r.translation and r.reason == BUDGET_SHORT[r.translation.extent] for r in partial)


def test_a_raised_budget_completes_what_is_partial_and_pays_for_nothing_twice() -> None:
    world = World(4, 1300)
    world.translate()
    assert set(world.extents()) == {"title"}
    world.store = _retried(world.store)
    world.translate()  # the same budget: what is there stays, and nothing is asked again
    assert set(world.extents()) == {"title"}
    assert len(world.translator.asked) == 4
    assert {r.state for r in world.records()} == {State.PUBLISHED}
    world.store = _retried(world.store)
    world.amount = 1e9
    world.translate()
    assert world.extents() == ["full"] * 4
    assert len(world.translator.asked) == 8
    assert all(r.reason == "" for r in world.records())


def test_a_title_that_an_update_keeps_is_not_paid_for_where_the_budget_allows_titles_only() -> None:
    world = World(0, 400)
    kept = replace(translation(), title="标题", abstract="", summary="")
    update = record(1, matches=(match(),), kept=kept)
    world.store.add_records([update])
    world.keys = [update.key]
    world.translate()
    (found,) = world.records()
    assert world.translator.asked == []
    assert (found.state, found.reason, found.kept) == (State.UNTRANSLATED, BUDGET_REACHED, kept)


def test_an_update_asks_for_no_more_than_what_changed_however_large_the_budget() -> None:
    world = World(0, 1e9)
    update = record(1, matches=(match(),), kept=replace(translation(), title=""))
    world.store.add_records([update])
    world.keys = [update.key]
    world.translate()
    assert world.translator.extents == [Extent.TITLE]


def _retried(store: MemoryPaperStore) -> MemoryPaperStore:
    for found in store.records(EDITION):
        store.save(to_retry(found, NOW))
    return store


def test_what_a_refused_answer_cost_is_on_the_record_and_in_the_budget() -> None:
    world = World(1, None)
    refused = PermanentError("数字与原文不符")
    refused.spent = (Spent("translate", "m", Usage(100, 0, 50)),)
    world.translator.errors["2606.00001"] = refused
    world.translate()
    (found,) = world.records()
    assert (found.state, found.spent) == (State.UNTRANSLATED, refused.spent)


def test_what_a_passing_failure_cost_is_on_the_record_too() -> None:
    world = World(1, None)
    busy = TransientError("throttled")
    busy.spent = (Spent("translate", "m", Usage(100, 0, 50)),)
    world.translator.errors["2606.00001"] = busy
    assert list(world.translate()) == world.keys
    (found,) = world.records()
    assert (found.state, found.spent) == (State.PENDING, busy.spent)
    world.translator.errors.clear()
    world.translate()
    (found,) = world.records()
    assert TOKENS.cost(found.spent) == 150 + 1250


def test_threads_share_an_allowance() -> None:
    records = [record(n, matches=(match(),)) for n in range(1, 5)]
    allowance = Allowance(Budget(2 * 1250 + 720, TOKENS), records, "m")
    first, reserved = allowance.take()
    assert first is not None
    allowance.settle(reserved, [])  # nothing was paid after all
    others = [allowance.take()[0] for _ in range(3)]
    assert None not in others


# --- settings --------------------------------------------------------------------------------


def test_budgets_and_prices() -> None:
    prices = parse_prices('{"m": [0.3, 0.03, 1.2], "eu.n:0": [1, 1, 1]}')
    assert prices["m"] == Price(0.3, 0.03, 1.2)
    assert parse_prices("") == {}
    assert parse_budget("", prices) is None
    assert parse_budget("none", prices) is None
    assert parse_budget("2000000 tokens", {}) == Budget(2e6, Tariff({}))
    money = parse_budget("1.50 USD", prices)
    assert money == Budget(1.5, Tariff(prices, "USD"))
    assert tariff(money, prices) == Tariff(prices, "USD")
    assert tariff(None, {}) is None


@pytest.mark.parametrize("text", ["1.5", "USD 2", "-1 tokens", "1.5 dollars", "1,5 USD", "nan tokens"])
def test_a_budget_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="DAILY_BUDGET is"):
        parse_budget(text, {"m": Price(1, 1, 1)})


def test_money_for_a_model_without_a_price_is_an_error() -> None:
    prices = {"m": Price(1, 1, 1)}
    assert parse_budget("1 USD", prices, ["m", ""])
    with pytest.raises(ConfigurationError, match="MODEL_PRICES has no price for n"):
        parse_budget("1 USD", prices, ["m", "n"])
    assert parse_budget("1 tokens", {}, ["n"])


@pytest.mark.parametrize(
    "text", ["x", "[]", '{"m": 1}', '{"m": [1, 2]}', '{"m": ["1", 2, 3]}', '{"m": [1, 2, -3]}']
)
def test_prices_that_cannot_be_read_are_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="MODEL_PRICES"):
        parse_prices(text)


def test_records_are_dated_once() -> None:
    """A partial translation that stays as it is does not look changed to feeds."""
    world = World(1, 300)
    world.translate()
    before = world.records()[0].changed
    _retried(world.store)
    world.translate()
    assert world.records()[0].changed == before


def test_the_meter_counts_answers_and_failures() -> None:
    world = World(2, None)
    refused = PermanentError("no")
    refused.spent = (Spent("translate", "m", Usage(9, 0, 1)),)
    world.translator.errors["2606.00002"] = refused
    paid: list[Spent] = []
    TranslatePapers(
        world.store, RecordingMessages(), world.translator, Clock(), concurrency=1, meter=paid.extend
    )(world.keys)
    assert TOKENS.cost(paid) == 1250 + 10


@pytest.mark.parametrize(("amount", "asked", "text"), [(0, [], "old"), (1e9, ["2606.00001"], "2606.00001")])
def test_a_whole_translation_is_made_anew_only_where_a_whole_one_can_be_paid(
    amount: float, asked: list[str], text: str
) -> None:
    world = World(1, amount)
    (shown,) = world.records()
    by_another = replace(translation("old"), made_by=Provenance("another-model", "p0"))
    world.store.save(replace(shown, translation=by_another))
    assert world.translate() == {}
    (after,) = world.records()
    assert world.translator.asked == asked
    assert (after.state, after.reason) == (State.PUBLISHED, "")
    assert after.translation
    assert after.translation.title == f"标题：{text}"
