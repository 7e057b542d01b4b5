"""The settings that say what models cost and what may be spent: text in, values out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

import msgspec

from arxivdaily.domain.governor import Price, Tariff
from arxivdaily.errors import ConfigurationError
from arxivdaily.use_cases.allowance import Budget

_BUDGET = re.compile(r"(?P<amount>\d+(?:\.\d+)?)\s+(?P<unit>tokens|[A-Z]{3})")


def parse_prices(text: str) -> Mapping[str, Price]:
    """MODEL_PRICES: a JSON object of `[input, cached, output]` by model, of a million tokens each.

    Raises ConfigurationError for anything else.
    """
    if not text:
        return {}
    try:
        found = msgspec.json.decode(text, type=dict[str, tuple[float, float, float]])
    except msgspec.MsgspecError as error:
        raise ConfigurationError(
            f'MODEL_PRICES must be JSON like {{"model": [input, cached, output]}}: {error}'
        ) from error
    for model, prices in found.items():
        if min(prices) < 0 or not math.isfinite(max(prices)):
            raise ConfigurationError(f"MODEL_PRICES has a negative or endless price for {model!r}")
    return {model: Price(*prices) for model, prices in found.items()}


def parse_budget(text: str, prices: Mapping[str, Price], models: Iterable[str] = ()) -> Budget | None:
    """DAILY_BUDGET: an amount and `tokens` or a currency; None for empty text and for `none`.

    Raises ConfigurationError for text that is neither, and for money where one of the `models` in use
    has no price: a misspelt name must not make a model free.
    """
    if text in ("", "none"):
        return None
    found = _BUDGET.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            f"DAILY_BUDGET is {text!r}; write an amount and what it counts, "
            "as '2000000 tokens' or '1.50 USD', or none"
        )
    if found["unit"] == "tokens":
        return Budget(float(found["amount"]), Tariff({}))
    if missing := sorted({model for model in models if model} - prices.keys()):
        raise ConfigurationError(
            f"DAILY_BUDGET is in {found['unit']}, but MODEL_PRICES has no price for {', '.join(missing)}"
        )
    return Budget(float(found["amount"]), Tariff(prices, found["unit"]))


def tariff(budget: Budget | None, prices: Mapping[str, Price]) -> Tariff | None:
    """How money is counted where prices are known: in the budget's currency, else in one without a
    name; None without prices."""
    if not prices:
        return None
    currency = budget.tariff.currency if budget else ""
    return Tariff(prices, currency or "¤")
