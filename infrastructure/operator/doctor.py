"""`arxivdaily doctor`: what has to be right before a day can be made, each with what to do about it.

The checks: `checks.py`, `stack_checks.py`, `limit_checks.py`, `arxiv_checks.py`, `model_checks.py`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from arxivdaily.errors import ConfigurationError
from arxivdaily.settings import Settings
from rich.console import RenderableType

from infrastructure.local.errors import LocalError
from infrastructure.operator import arxiv_checks, checks, limit_checks, model_checks, stack_checks
from infrastructure.operator.access import Readable
from infrastructure.operator.arxiv_checks import Probe, head
from infrastructure.operator.checks import Check, Level
from infrastructure.operator.local_state import LocalState
from infrastructure.operator.model_checks import Models
from infrastructure.operator.report import row, table
from infrastructure.operator.stack import Clients, StackApplication

_VARIABLE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)*\b")
_SETTINGS = frozenset(field.name.upper() for field in fields(Settings))


@dataclass(frozen=True)
class Diagnosis:
    checks: Sequence[Check]

    @property
    def problems(self) -> list[str]:
        return [
            f"{c.name}: {c.found.rstrip('. ')}. {c.advice}".strip()
            for c in self.checks
            if c.level is Level.FAIL
        ]

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
    stored = list(checks.stored(application, is_local=clients is None))
    found += stored
    if isinstance(application, StackApplication) and all(check.level is Level.OK for check in stored):
        found += stack_checks.protection(application)
    try:
        if isinstance(application, LocalState):
            application.check_models()
            if asks_models:
                application.name_models()
        settings = application.settings
    except (ConfigurationError, LocalError) as error:
        advice = "Set it." if clients is None else "Set it, deploy again."
        found.append(Check("settings", Level.FAIL, str(error), advice))
        return Diagnosis(found)
    if isinstance(application, LocalState) and (objection := application.unused):
        found.append(Check("settings", Level.WARN, *objection.split(": ", 1)))
    found += checks.settings_in_use(settings, is_local=clients is None)
    if clients is not None and settings.llm_api_key_parameter:
        found.append(stack_checks.key(settings.llm_api_key_parameter, clients))
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    if clients is not None and isinstance(application, StackApplication):
        region = application.region
        found += limit_checks.limits(application, settings, clients)
    found += checks.files(settings)
    found += arxiv_checks.feed_and_clock(settings, probe, now)
    if asks_models:
        profiles = model_checks.profiles_of(clients) if clients is not None else lambda _: None
        found += model_checks.models_in_use(
            settings, models, region=region, profiles=profiles, is_local=clients is None
        )
    elif "llm" in (settings.classifier, settings.translator) and clients is not None:
        found.append(Check("model", Level.OK, "not asked", "--model asks each what the functions ask."))
    return Diagnosis(found)
