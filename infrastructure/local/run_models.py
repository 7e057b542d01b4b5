"""The models that a state is made with, for the commands beside `local run`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from arxivdaily.settings import Settings

from infrastructure.local.archive import known, site_of
from infrastructure.local.model_use import Choice, named
from infrastructure.local.run import Options, plan, settings_of


def choice_of(state: Path, classifier: str = "", translator: str = "") -> Choice:
    """Who sorts and who translates: what is said here, else what the state's last run was told, else a run's
    defaults. The last run's limit holds whoever translates; one of no papers, for a translator not said here.
    """
    limit = None
    said, record = (classifier, translator), known(state)
    if record is not None:
        # What is said of one stage says nothing of the other, but for a run's own default.
        translator = translator or ("" if classifier else record.translator)
        classifier = classifier or record.classifier
        limit = record.limit
    classifier = classifier or "embedded"
    translator = translator or ("llm" if classifier == "llm" else "embedded")
    if limit == 0:
        translator, limit = said[1] or "none", None
    return Choice(classifier, translator, limit, as_last_run="llm" not in said)


def settings_for(choice: Choice, environment: Mapping[str, str]) -> Settings:
    """As the functions of a run are told; ConfigurationError for a value that is wrong."""
    return settings_of(choice, environment)


def checked(state: Path, choice: Choice, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with names for an endpoint's models.

    Raises UsageError for a choice that a run would refuse.
    """
    chosen = settled(state, choice, environment)
    return {**environment, **named(chosen, environment, settings_of(chosen, environment))}


def settled(state: Path, choice: Choice, environment: Mapping[str, str]) -> Choice:
    """The choice as a run settles it, without asking an endpoint; UsageError for one that it would refuse."""
    options = Options(
        edition=None,
        state=state,
        site=site_of(state),
        classifier=choice.classifier,
        translator=choice.translator,
        limit=choice.limit,
        serve=False,
        port=8000,
        as_last_run=choice.as_last_run,
    )
    return plan(options, environment)
