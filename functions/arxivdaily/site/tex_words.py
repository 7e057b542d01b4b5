r"""pylatexenc with its work counted: the nodes of a text, and what they say in Unicode.

Its parser tolerates what is wrong by reading it again: where an argument's brace never closes it goes on
to the end, gives the argument up and begins anew behind the command. So each `\frac{` doubles its time,
and two dozen of them take hours. Its matrices grow as fast: every cell is padded to the widest, which may
be a matrix itself.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from pylatexenc import latex2text, latexwalker

from arxivdaily.site.tex_work import Work

# It warns about every oddity of every abstract; what it cannot read is shown as TeX anyway.
logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)


def nodes(tex: str, work: Work) -> list[Any]:
    """The nodes of a text, however broken. Raises TooMuchWorkError."""
    found, _, _ = _Walker(tex, work).get_latex_nodes()
    return list(found)


def text_of(node: Any, work: Work) -> str:
    """One node in Unicode. Raises TooMuchWorkError."""
    return str(_Text(work).node_to_text(node))


def to_text(tex: str, work: Work) -> str:
    """A text in Unicode. Raises TooMuchWorkError."""
    return str(_Text(work).nodelist_to_text(nodes(tex, work)))


@cache
def known() -> Any:
    """pylatexenc's table of what it can say in Unicode."""
    return latex2text.get_default_latex_context_db()


@cache
def _grammar() -> Any:
    return latexwalker.get_default_latex_context_db()


class _Walker(latexwalker.LatexWalker):  # type: ignore[misc] # the library has no types
    """A parser that counts the characters of every token it reads, each time it reads them."""

    def __init__(self, tex: str, work: Work) -> None:
        super().__init__(tex, latex_context=_grammar(), tolerant_parsing=True)
        self._work = work

    def get_token(self, pos: int, *args: Any, **kwargs: Any) -> Any:
        try:
            token = super().get_token(pos, *args, **kwargs)
        except latexwalker.LatexWalkerEndOfStream:
            self._work.spend(1 + len(self.s) - pos)
            raise
        self._work.spend(1 + token.pos + token.len - pos)
        return token

    def get_latex_nodes(self, *args: Any, **kwargs: Any) -> Any:
        self._work.descend()
        try:
            return super().get_latex_nodes(*args, **kwargs)
        finally:
            self._work.ascend()


class _Text(latex2text.LatexNodes2Text):  # type: ignore[misc] # the library has no types
    """A formatter that counts every node it formats and every character that it makes of one."""

    def __init__(self, work: Work) -> None:
        super().__init__(latex_context=known(), math_mode="text", strict_latex_spaces=False)
        self._work = work

    def node_to_text(self, *args: Any, **kwargs: Any) -> Any:
        self._work.descend()
        try:
            text = super().node_to_text(*args, **kwargs)
        finally:
            self._work.ascend()
        self._work.spend(1 + len(text))
        return text

    def apply_simplify_repl(self, node: Any, simplify_repl: Any, what: str) -> Any:
        if simplify_repl is latex2text.fmt_matrix_environment_node:
            return simplify_repl(node, l2tobj=_Cells(self, self._work))
        return super().apply_simplify_repl(node, simplify_repl, what)


class _Cells:
    """A matrix's cells, with what padding them all to the widest will make of them counted beforehand."""

    def __init__(self, text: _Text, work: Work) -> None:
        self._text = text
        self._work = work
        self._cells = self._widest = self._counted = 0

    def nodelist_to_text(self, nodelist: Any) -> str:
        text = str(self._text.nodelist_to_text(nodelist))
        self._cells += 1
        self._widest = max(self._widest, len(text.strip()))
        padded = self._cells * self._widest
        self._work.spend(padded - self._counted)
        self._counted = padded
        return text
