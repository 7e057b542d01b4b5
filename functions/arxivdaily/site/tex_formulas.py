r"""latex2mathml with its work counted.

It reads every token once but calls itself for almost each (`\sqrt\sqrt\sqrt x`, `a \over b \over c`), and
converts some nodes twice: the operator of `\sideset`, so that these double their time when nested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement  # nosec B405 # nothing is parsed with it

from latex2mathml import walker
from latex2mathml.converter import Converter, Mode
from latex2mathml.tokenizer import tokenize

from arxivdaily.site.tex_work import Work


def to_element(tex: str, work: Work, *, display: bool) -> Element:
    """A formula as `math`. Raises TooMuchWorkError, and a dozen kinds for what the library cannot read."""
    math = Element("math")
    nodes = _nodes(tex, work, display=display)
    _Converter(work, "block" if display else "inline")._convert_group(nodes, SubElement(math, "mrow"))
    return math


def _nodes(tex: str, work: Work, *, display: bool = False) -> Iterator[Any]:
    return iter(walker._walk(_Tokens(tex, work), block=display, macros={}))


class _Tokens:
    """The tokens of a formula. The library loops over them once a level, so open loops are its depth."""

    def __init__(self, tex: str, work: Work) -> None:
        self._tokens = tokenize(tex)
        self._work = work

    def __next__(self) -> str:
        self._work.spend()
        return str(next(self._tokens))

    def __iter__(self) -> Iterator[str]:
        self._work.descend()
        try:
            for token in self._tokens:
                self._work.spend()
                yield token
        finally:
            self._work.ascend()


class _Converter(Converter):
    """A converter that counts every node it converts, each time it does."""

    def __init__(self, work: Work, display: str) -> None:
        super().__init__(display=display)
        self._work = work

    def _convert_group(self, nodes: Iterable[Any], *args: Any, **kwargs: Any) -> None:
        self._work.descend()
        super()._convert_group(self._counted(nodes), *args, **kwargs)
        self._work.ascend()

    def _counted(self, nodes: Iterable[Any]) -> Iterator[Any]:
        for node in nodes:
            self._work.spend()
            yield node

    def _separate_by_mode(self, text: str) -> Iterator[tuple[str, Mode]]:  # type: ignore[override] # was static
        r"""The library reads formulas inside `\hbox{…}` by itself: they are read here first, and counted."""
        for piece, mode in super()._separate_by_mode(text):
            if mode is Mode.MATH:
                _nodes(piece, self._work)
            yield piece, mode
