"""`arxivdaily doctor`: what has to be right before a day can be made, each with what to do about it.

The checks: `checks.py`, `stack_checks.py`, `arxiv_checks.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from arxivdaily.errors import ConfigurationError
from arxivdaily.settings import Settings
from rich.console import RenderableType

from infrastructure.operator import arxiv_checks, checks, stack_checks
from infrastructure.operator.access import Readable
from infrastructure.operator.arxiv_checks import Probe, head
from infrastructure.operator.checks import Check, Level, Models
from infrastructure.operator.report import row, table
from infrastructure.operator.stack import Clients, StackApplication

_VARIABLE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
_SETTINGS = frozenset(field.name.upper() for field in fields(Settings))


@dataclass(frozen=True)
class Diagnosis:
    checks: Sequence[Check]

    @property
    def problems(self) -> list[str]:
        return [f"{c.name}: {c.found}. {c.advice}".strip() for c in self.checks if c.level is Level.FAIL]

    def data(self) -> Mapping[str, Any]:
        return {"checks": [asdict(check) for check in self.checks]}

    def shown(self) -> Iterator[RenderableType]:
        made = table("doctor", "", "check", "found", "what to do")
        for check in self.checks:
            row(made, check.level.value, check.name, check.found, check.advice)
        yield made


def diagnose(
    application: Readable,
    *,
    clients: Clients | None,
    asks_models: bool,
    probe: Probe = head,
    models: Models | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Diagnosis:
    """Check everything; what cannot be checked because of an earlier failure is left out.

    `clients` are AWS's for a stack, None for this computer. A model is asked only if `asks_models`.
    Settings are named as they are set: parameters of a stack, variables of this computer.
    """
    found = _diagnose(application, clients, asks_models=asks_models, probe=probe, models=models, now=now)
    return found if clients is None else Diagnosis([_by_parameters(check) for check in found.checks])


def _by_parameters(check: Check) -> Check:
    def parameter(match: re.Match[str]) -> str:
        return match[0].title().replace("_", "") if match[0] in _SETTINGS else match[0]

    return replace(
        check, found=_VARIABLE.sub(parameter, check.found), advice=_VARIABLE.sub(parameter, check.advice)
    )


def _diagnose(
    application: Readable,
    clients: Clients | None,
    *,
    asks_models: bool,
    probe: Probe,
    models: Models | None,
    now: Callable[[], datetime],
) -> Diagnosis:
    found: list[Check] = []
    if clients is not None and isinstance(application, StackApplication):
        found += stack_checks.account(clients)
        if any(check.level is Level.FAIL for check in found):
            return Diagnosis(found)
        found += stack_checks.stack(application, clients)
        if any(check.level is Level.FAIL for check in found):
            return Diagnosis(found)
    found += checks.stored(application, is_local=clients is None)
    try:
        settings = application.settings
    except ConfigurationError as error:
        found.append(Check("settings", Level.FAIL, str(error), "Set it, deploy again."))
        return Diagnosis(found)
    found += checks.settings_in_use(settings, is_local=clients is None)
    if clients is not None and settings.llm_api_key_parameter:
        found.append(stack_checks.key(settings.llm_api_key_parameter, clients))
    found += checks.files(settings)
    found += arxiv_checks.feed_and_clock(settings, probe, now)
    if asks_models:
        found += checks.models_in_use(settings, models)
    elif "llm" in (settings.classifier, settings.translator) and clients is not None:
        found.append(Check("model", Level.OK, "not asked", "--model asks each one short question."))
    return Diagnosis(found)
