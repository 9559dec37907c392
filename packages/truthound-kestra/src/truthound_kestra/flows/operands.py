"""Operands: what the expressions of a template are put together of, so that one without a value is told.

Kestra takes a part of ``'a' ~ inputs.x`` or ``"a#{inputs.x}"`` without a value for an empty string, and the whole for
one that has a value.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["condition_of", "with_parts_told"]

_BLOCK: Final = re.compile(r"\{(?P<kind>[{%#])")
_CLOSING: Final = {"{": "}}", "%": "%}", "#": "#}"}
_VERBATIM: Final = re.compile(r"-?\s*(raw|verbatim)\b")
_SPACE: Final = re.compile(r"\s*")
_TAG: Final = re.compile(r"-?\s*(?:(?P<name>\w+)\s*)(?P<head>\w+\s*=(?!=)|\w+\s+in\b)?")
_EVALUATED: Final = ("set", "if", "elseif", "for")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?[lL]?")
_STRING: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_SIGN: Final = re.compile(r"\?\?\??|==|!=|<=|>=|\.\.|[<>+\-*/%|~]|(?:is\s+not|is|and|or|equals|contains|matches)\b")
# How tightly the operators of Pebble bind, and Kestra's own ?? and ???.
_BINDS: Final = {
    "or": 10, "and": 15, "is": 20, "is not": 20, "contains": 20, "matches": 20, "equals": 30, "==": 30, "!=": 30,
    "<": 30, ">": 30, "<=": 30, ">=": 30, "+": 40, "-": 40, "*": 60, "/": 60, "%": 60, "|": 100, "~": 110, "..": 120,
    "??": 120, "???": 120,
}  # fmt: skip
_COMPARES: Final = 30
_UNARY: Final = 500
_DEEPEST: Final = 50
_LITERALS: Final = ("true", "false")


class _UnknownError(Exception):
    """Something that is none of what is known of expressions; it is left as it is."""


@dataclass(frozen=True)
class _Node:
    """An expression.

    Attributes:
        pieces: Its text and the expressions in it, in order.
        source: Its text.
        joins: Whether it puts its expressions together to a string, which always has a value.
        given: Whether it has a value by itself.
        shown: The places of those expressions in it, one of which is its value as it is.
        decides: Whether it is true or false, and nothing else.
    """

    pieces: tuple[str | _Node, ...]
    source: str
    joins: bool = False
    given: bool = False
    shown: tuple[int, ...] = ()
    decides: bool = False


def with_parts_told(template: str, mark: Callable[[str], str], error: Callable[[str], str]) -> str:
    """A template whose expressions, and their parts, say where they have no value. What is not understood stays.

    Args:
        template: The template.
        mark: Gives the string, as an expression, that is printed in place of an expression without a value.
        error: Gives an expression that fails, for a part whose string is not printed but computed with.
    """
    result, place = [], 0
    while (block := _BLOCK.search(template, place)) is not None:
        kind, end = block["kind"], template.find(_CLOSING[block["kind"]], block.end())
        if end < 0 or (kind == "%" and _VERBATIM.match(template, block.end())):
            return template
        changed, after = template[block.start() : end + 2], end + 2
        if kind != "#":
            with suppress(_UnknownError, IndexError):
                changed, after = _changed(template, block, mark, error)
        result += [template[place : block.start()], changed]
        place = after
    return "".join(result) + template[place:]


def condition_of(template: str) -> str | None:
    """The code of a template that is a single expression, which is true or false and nothing else; None for others."""
    text = template.strip()
    reader = _Reader(text, 3 if text.startswith("{{-") else 2)
    try:
        node = reader.expression()
    except (_UnknownError, IndexError):
        return None
    whole = text.startswith("{{") and text[reader.place :].strip() in ("}}", "-}}")
    return node.source if whole and node.decides else None


def _changed(
    template: str, block: re.Match[str], mark: Callable[[str], str], error: Callable[[str], str]
) -> tuple[str, int]:
    """A block that says where its parts have no value, and where it ends in the template."""
    printed = block["kind"] == "{"
    begin = block.end()
    if printed:
        begin += template.startswith("-", begin)
    else:
        tag = _TAG.match(template, begin)
        if tag is None or tag["name"] not in _EVALUATED:
            raise _UnknownError
        begin = tag.end()
    reader = _Reader(template, begin)
    node = reader.expression()
    closing = re.compile(r"\s*(-?\}\})" if printed else r"\s*(-?%\})").match(template, reader.place)
    if closing is None:
        raise _UnknownError
    written = _written(node, mark, error, shown=printed)
    if printed and not _is_given(node):
        written = f" ({written}) ?? {mark(node.source)} "
    else:
        written = f"{'' if template[begin - 1].isspace() else ' '}{written} "
    return template[block.start() : begin] + written + closing.group(1), closing.end()


def _is_given(node: _Node) -> bool:
    return node.joins or node.given


def _written(node: _Node, mark: Callable[[str], str], error: Callable[[str], str], *, shown: bool) -> str:
    """The text of an expression whose parts say where they have no value.

    Args:
        node: The expression.
        mark: As for `with_parts_told`.
        error: As for `with_parts_told`.
        shown: Whether its value is printed as it is.
    """
    result = []
    for place, piece in enumerate(node.pieces):
        if isinstance(piece, str):
            result.append(piece)
            continue
        visible = shown and (node.joins or place in node.shown)
        text = _written(piece, mark, error, shown=visible)
        if node.joins and not _is_given(piece):
            text = f"(({text}) ?? {(mark if visible else error)(piece.source)})"
        result.append(text)
    return "".join(result)


class _Reader:
    """Reads the expression that begins at a place of a template."""

    def __init__(self, text: str, place: int, depth: int = 0) -> None:
        self.text = text
        self.place = place
        self.depth = depth

    def expression(self, least: int = 0) -> _Node:
        """An expression of operators that bind at least so tightly."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _UnknownError
        self._blank()
        start = self.place
        left = self._operand()
        while (sign := self._sign(least)) is not None:
            left = self._joined_by(sign, left, start)
        if least == 0 and self._peek() == "?":
            left = self._choice(left, start)
        self.depth -= 1
        return left

    def _joined_by(self, sign: str, left: _Node, start: int) -> _Node:
        between = self._taken(sign)
        if sign in ("|", "is", "is not"):
            right = self._call()
            return self._node(start, left, between, *right, decides=sign != "|")
        right_node = self.expression(_BINDS[sign] + 1)
        if sign == "~":
            return self._node(start, left, between, right_node, joins=True)
        if sign in ("??", "???"):
            given = _is_given(left) or _is_given(right_node)
            return self._node(start, left, between, right_node, given=given, shown=(0, 2))
        return self._node(start, left, between, right_node, decides=_BINDS[sign] <= _COMPARES)

    def _choice(self, condition: _Node, start: int) -> _Node:
        first_sign = self._taken("?")
        first = self.expression()
        if self._peek() != ":":
            raise _UnknownError
        second_sign = self._taken(":")
        second = self.expression()
        given = _is_given(first) and _is_given(second)
        return self._node(start, condition, first_sign, first, second_sign, second, given=given, shown=(2, 4))

    def _operand(self) -> _Node:
        """A value and what is got from it: ``inputs.x[0]``, ``'a'``, ``(…)``, ``-1``."""
        start = self.place
        unary = re.compile(r"not\b|[+\-]").match(self.text, start)
        if unary is not None:
            self.place = unary.end()
            self._blank()
            sign = self.text[start : self.place]
            return self._node(start, sign, self.expression(_UNARY), given=True, decides=sign.startswith("not"))
        pieces, options = self._simple()
        while self._peek() in (".", "[", "(") and not self.text.startswith("..", self.place):
            pieces += self._blank_piece()
            if self.text[self.place] == ".":
                pieces += [self._taken(".")]
                name = _WORD.match(self.text, self.place) or _NUMBER.match(self.text, self.place)
                if name is None:
                    raise _UnknownError
                self.place = name.end()
                pieces += [name.group()]
            else:
                pieces += self._list(self.text[self.place])
            options = {}
        return self._node(start, *pieces, **options)

    def _simple(self) -> tuple[list[str | _Node], dict[str, object]]:
        start, sign = self.place, self._peek()
        if sign == '"':
            return self._string()
        if sign == "(":
            self.place += 1
            inner = self.expression()
            opening, between = "(", self._taken(")")
            return [opening, inner, between], {
                "given": _is_given(inner),
                "shown": (1,),
                "decides": inner.decides,
            }
        if sign in ("[", "{"):
            return self._list(sign), {"given": True}
        for pattern, known in ((_STRING, True), (_NUMBER, True), (_WORD, False)):
            if (found := pattern.match(self.text, start)) is not None:
                self.place = found.end()
                literal = found.group() in _LITERALS
                return [found.group()], {"given": known or literal, "decides": literal}
        raise _UnknownError

    def _string(self) -> tuple[list[str | _Node], dict[str, object]]:
        """A string in double quotes, in which ``#{…}`` stands for the value of an expression."""
        pieces: list[str | _Node] = []
        start, place = self.place, self.place + 1
        while self.text[place] != '"':
            if self.text.startswith("#{", place):
                self.place = place + 2
                inner = self.expression()
                pieces += [self.text[start : place + 2], inner]
                self._blank()
                if self.text[self.place] != "}":
                    raise _UnknownError
                start = place = self.place
            place += 2 if self.text[place] == "\\" else 1
        self.place = place + 1
        pieces.append(self.text[start : self.place])
        return pieces, {"joins": len(pieces) > 1, "given": True}

    def _call(self) -> list[str | _Node]:
        """The name of a filter or test, and its arguments."""
        name = _WORD.match(self.text, self.place)
        if name is None:
            raise _UnknownError
        self.place = name.end()
        return [name.group(), *(self._list("(") if self._peek() == "(" else [])]

    def _list(self, opening: str) -> list[str | _Node]:
        """What is in brackets: values, keys and values, or arguments with or without names."""
        closing = {"(": ")", "[": "]", "{": "}"}[opening]
        pieces: list[str | _Node] = [self._taken(opening)]
        while self._peek() != closing:
            pieces += [self.expression(), *self._blank_piece()]
            if self.text[self.place] in ",:=":
                pieces.append(self._taken(self.text[self.place]))
            elif self.text[self.place] != closing:
                raise _UnknownError
        pieces += self._blank_piece()
        self.place += 1
        return [*pieces, closing]

    def _node(self, start: int, *pieces: str | _Node, **options: object) -> _Node:
        source = self.text[start : self.place].strip()
        return _Node(pieces, source, **options)  # type: ignore[arg-type]

    def _sign(self, least: int) -> str | None:
        """The operator that follows, if it binds at least so tightly."""
        match = _SIGN.match(self.text, _end(_SPACE, self.text, self.place))
        if match is None or self.text.startswith(("-}}", "-%}", "%}"), match.start()):
            return None
        sign = " ".join(match.group().split())
        return sign if _BINDS[sign] >= least else None

    def _taken(self, sign: str) -> str:
        """An operator with the blanks around it; the place is behind them."""
        start = self.place
        self._blank()
        pattern = re.compile(r"\s+".join(map(re.escape, sign.split())))
        found = pattern.match(self.text, self.place)
        if found is None:
            raise _UnknownError
        self.place = found.end()
        self._blank()
        return self.text[start : self.place]

    def _peek(self) -> str:
        """The character that follows the blanks."""
        return self.text[_end(_SPACE, self.text, self.place)]

    def _blank(self) -> None:
        self.place = _end(_SPACE, self.text, self.place)

    def _blank_piece(self) -> list[str | _Node]:
        start = self.place
        self._blank()
        return [self.text[start : self.place]] if self.place > start else []


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return place if match is None else match.end()
