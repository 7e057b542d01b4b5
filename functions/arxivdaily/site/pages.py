"""Templates to bytes. The only module that knows Jinja."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from arxivdaily.site.contexts import SiteContext

if TYPE_CHECKING:
    from jinja2 import Environment


_FRAGMENTS = 1200  # as many months as are kept (calendar.py)


@lru_cache(maxsize=8)
def _environment(templates_dir: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(templates_dir),
        # For every template: select_autoescape's default leaves `*.html.j2` unescaped.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@lru_cache(maxsize=_FRAGMENTS)
def _fragment(environment: Environment, template: str, page: object) -> str:
    return environment.get_template(f"{template}.html.j2").render(page=page)


class Renderer:
    """Renders a page context with the template of its name."""

    def __init__(self, templates_dir: Path, site: SiteContext) -> None:
        self._environment = _environment(templates_dir)
        self._site = site

    def render(self, template: str, page: object) -> bytes:
        """`template` without its suffix (`channel`); `page` is one of the contexts."""
        text = self._environment.get_template(f"{template}.html.j2").render(page=page, site=self._site)
        return text.encode()

    def fragment(self, template: str, page: Hashable) -> Markup:
        """A part of pages that depends on its context alone, and is kept for the next render."""
        made = _fragment(self._environment, template, page)
        return Markup(made)  # nosec B704 # a template's, escaped there
