"""Every regular expression of the package, and texts made from its own parts that it is slow on, if any are.

A backtracking expression is slow where a repeat meets a text that it can divide in many ways before it
fails. So for each repeat there is a beginning that leads to it, something that it repeats, many times, and
an end that makes the whole fail. Where the same text is reached by two repeats in a row, or by a repeat
within a repeat, twice the text takes four times as long, or a few more characters double the time.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import random
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import arxivdaily

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_constants as ops
    import sre_parse as parser

_ALPHABET = " \n\t0123456789aAbeinortxzIXZ_/-.,;:()[]{}<>&$%#@!?'\"\\^~*+=|中，。“年éα\u00a0\u0301\x00"
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT)
_ENDS = ("\x00", "!", "\n", "a", "9", " ")
_MANY = 4  # a repeat of at most so many times divides no text in many ways
_CHOICES = 6  # of what a repeat repeats


@dataclass(frozen=True)
class Expression:
    """A pattern and where it was found: `arxivdaily.domain.venues:_TOKEN`, or a place in a file."""

    where: str
    pattern: re.Pattern[str] | re.Pattern[bytes]


def all_expressions() -> tuple[Expression, ...]:
    """Those that modules keep by a name, and those that are written where they are used."""
    found: dict[tuple[str | bytes, int], Expression] = {}
    for module in _modules():
        for name, value in vars(module).items():
            for pattern in _patterns_in(value):
                found.setdefault(_key(pattern), Expression(f"{module.__name__}:{name}", pattern))
        for line, pattern in _literals(Path(str(module.__file__))):
            found.setdefault(_key(pattern), Expression(f"{module.__name__}, line {line}", pattern))
    return tuple(found.values())


def _key(pattern: re.Pattern[Any]) -> tuple[str | bytes, int]:
    return pattern.pattern, pattern.flags


def _modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(arxivdaily.__path__, "arxivdaily."):
        yield importlib.import_module(info.name)


def _patterns_in(value: object, depth: int = 3) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, Mapping):
        yield from _patterns_in((*value.keys(), *value.values()), depth)
    elif depth and isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from _patterns_in(one, depth - 1)


def _literals(path: Path) -> Iterator[tuple[int, re.Pattern[Any]]]:
    """`re.search(r"…", text)` and the like; in an f-string whatever is put in counts as a word."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[first, *rest]):
                text = _text_of(first)
                if text is None:
                    continue
                flags = 0
                for one in rest:
                    if (
                        isinstance(one, ast.Attribute)
                        and isinstance(one.value, ast.Name)
                        and one.value.id == "re"
                    ):
                        flags |= getattr(re, one.attr)
                try:
                    yield node.lineno, re.compile(text, flags)
                except re.error:
                    continue  # what is put in holds a part of its syntax: the module keeps the whole by a name


def _text_of(node: ast.expr) -> str | bytes | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [str(v.value) if isinstance(v, ast.Constant) else "word" for v in node.values]
        return "".join(parts)
    return None


@dataclass(frozen=True)
class Attack:
    """`beginning`, then `repeated` as often as there is room, then `end`."""

    beginning: str
    repeated: str
    end: str

    def times(self, count: int) -> str:
        return self.beginning + self.repeated * count + self.end


def attacks(pattern: re.Pattern[Any]) -> tuple[Attack, ...]:
    """Texts for every repeat of a pattern, the same for the same pattern."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    chance = random.Random(repr(source))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tree: Any = parser.parse(source, pattern.flags & ~re.UNICODE & ~re.DEBUG)
    found: dict[Attack, None] = {}
    for beginning, body in _repeats(tree, "", chance):
        pumps = {_sample(body, chance) for _ in range(_CHOICES)}
        pumps |= {beginning + pump for pump in pumps}
        for pump in sorted(filter(None, pumps)):
            for end in chance.sample(_ENDS, 3):
                found[Attack(beginning, pump, end)] = None
    return tuple(found)


@cache
def all_attacks() -> tuple[Attack, ...]:
    """Those of all expressions."""
    return tuple(attack for one in all_expressions() for attack in attacks(one.pattern))


def _repeats(tree: Iterable[Any], before: str, chance: random.Random) -> Iterator[tuple[str, Any]]:
    """What leads to a repeat, and what it repeats."""
    for op, value in tree:
        if op in _REPEATS or op is getattr(ops, "POSSESSIVE_REPEAT", None):
            _, most, body = value
            if most == ops.MAXREPEAT or most > _MANY:
                yield before, body
            yield from _repeats(body, before, chance)
        else:
            for inner in _inside(op, value):
                yield from _repeats(inner, before, chance)
        before += _sample([(op, value)], chance)


def _inside(op: Any, value: Any) -> Sequence[Any]:
    if op is ops.SUBPATTERN:
        return (value[3],)
    if op is ops.BRANCH:
        return tuple(value[1])
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return (value[1],)
    return (value,) if op is getattr(ops, "ATOMIC_GROUP", None) else ()


def _sample(tree: Iterable[Any], chance: random.Random) -> str:
    """A text that the tree matches, looking neither forward nor back."""
    parts = []
    for op, value in tree:
        if op is ops.LITERAL:
            parts.append(chr(value))
        elif op in (ops.NOT_LITERAL, ops.ANY, ops.IN):
            parts.append(_one_of(op, value, chance))
        elif op is ops.BRANCH:
            parts.append(_sample(chance.choice(value[1]), chance))
        elif op in _REPEATS or op is getattr(ops, "POSSESSIVE_REPEAT", None):
            least, most, body = value
            count = max(least, min(most, chance.choice((0, 1, 1, 2))))
            parts += [_sample(body, chance) for _ in range(min(count, 40))]
        elif op in (ops.SUBPATTERN, getattr(ops, "ATOMIC_GROUP", None)):
            parts.append(_sample(value[3] if op is ops.SUBPATTERN else value, chance))
    return "".join(parts)


def _one_of(op: Any, value: Any, chance: random.Random) -> str:
    if op is ops.ANY:
        return chance.choice(" a0/(中")
    if op is ops.NOT_LITERAL:
        return chance.choice([c for c in " a0/(中" if c != chr(value)])
    fitting = [c for c in _ALPHABET if _accepts(value, c)]
    if fitting:
        return chance.choice(fitting)
    kind, first = value[0]
    return chr(first if kind is ops.LITERAL else first[0]) if kind in (ops.LITERAL, ops.RANGE) else ""


_CATEGORIES: Mapping[Any, Callable[[str], bool]] = {
    ops.CATEGORY_DIGIT: str.isdigit,
    ops.CATEGORY_NOT_DIGIT: lambda c: not c.isdigit(),
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
    ops.CATEGORY_WORD: lambda c: c.isalnum() or c == "_",
    ops.CATEGORY_NOT_WORD: lambda c: not (c.isalnum() or c == "_"),
}


def _accepts(items: Iterable[Any], char: str) -> bool:
    items = list(items)
    negated = bool(items) and items[0][0] is ops.NEGATE
    accepted = False
    for kind, value in items[negated:]:
        if kind is ops.LITERAL:
            accepted |= ord(char) == value
        elif kind is ops.RANGE:
            accepted |= value[0] <= ord(char) <= value[1]
        elif kind is ops.CATEGORY:
            accepted |= bool(_CATEGORIES[value](char))
    return accepted != negated
