"""Every command of `arxivdaily`, as it is typed."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from infrastructure.cli import app


def commands(command: object, path: str = "arxivdaily") -> Iterator[tuple[str, set[str], str]]:
    """(name as typed, options, help) of every command; groups are gone through."""
    inner = getattr(command, "commands", None)
    if inner:
        for name, found in inner.items():
            yield from commands(found, f"{path} {name}")
        return
    options = {
        option
        for parameter in getattr(command, "params", ())
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }
    yield path, options, getattr(command, "help", None) or ""


COMMANDS = {name: (options, help_) for name, options, help_ in commands(typer.main.get_command(app))}
