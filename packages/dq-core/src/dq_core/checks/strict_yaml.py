"""YAML and JSON read strictly: equal keys are refused with their lines, and nothing can grow without limit.

PyYAML keeps the last of equal keys and follows aliases, nesting and numbers as far as they go. Here the events are
counted before anything is built, and the values are built from the nodes, whose lines are known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from .._shared.moments import finer_than_columns
from ..errors import RuleError
from .options import MOST_LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_CHARACTERS", "Document", "is_twofold", "read_yaml", "size_problem"]

#: Characters of one document.
MOST_CHARACTERS = 1_000_000
#: Values after aliases are followed; a long string counts as several.
_MOST_VALUES = 100_000
_CHARACTERS_OF_A_VALUE = 100
#: Characters of a number.
_LONGEST_NUMBER = 1000

# The parser in C is ten times as fast; wheels of PyYAML have it. It refuses the pairs of surrogates that JSON writes.
_FAST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SURROGATE = re.compile(r"\\u[dD][89abAB]")
_MERGE, _STRING, _BOOLEAN = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:str", "tag:yaml.org,2002:bool"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_NUMBERS = {"tag:yaml.org,2002:int": "a number", "tag:yaml.org,2002:float": "a number"}
_LOOKS_LIKE = {**_NUMBERS, _TIMESTAMP: "a date", "tag:yaml.org,2002:binary": "binary data"}
_SEQUENCE, _MAPPING, _NULL = "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", "tag:yaml.org,2002:null"
_OF_COLLECTIONS = frozenset({_SEQUENCE, _MAPPING, *(f"tag:yaml.org,2002:{kind}" for kind in ("set", "omap", "pairs"))})
_SWITCHES = frozenset({"yes", "no", "on", "off"})
_OCTAL = re.compile(r"[-+]?0[0-9_]+")
_DIGITS = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
#: What YAML 1.2 takes for a number, and YAML 1.1 for text where it is not written as 1.0e+3.
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.?[0-9]*)([eE][-+]?[0-9]+)?|0o[0-7]+")
#: What YAML 1.1 takes for a number, and YAML 1.2 for text: 1_000, 0b11.
_OF_1_1 = re.compile(r"[-+]?(0b|[0-9.][^_]*_).*")
#: What JSON takes for a float, as Python writes it, and YAML for text.
_JSON_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)[eE][-+]?[0-9]+|NaN|-?Infinity")


@dataclass(frozen=True)
class Document:
    """A document that was read.

    Attributes:
        data: Its value.
        origin: What errors call it, or None.
    """

    data: Any
    origin: str | None
    _lines: dict[int, tuple[int, ...]] = field(repr=False)

    def places(self, values: Any) -> tuple[str, ...]:
        """Where each item of a list of the document is written; empty for anything else."""
        return tuple(_place(self.origin, line) for line in self._lines.get(id(values), ()))


def read_yaml(text: str, origin: str | None = None) -> Document:
    """Read a document.

    Args:
        text: YAML or JSON.
        origin: What errors call it (the path of a file), or None.

    Raises:
        RuleError: It is not YAML, keys are given twice, or it exceeds a limit; every problem names its line.
    """
    if len(text) > MOST_CHARACTERS:
        raise RuleError([size_problem(origin)])
    loader = yaml.SafeLoader if _SURROGATE.search(text) else _FAST_LOADER
    try:
        _measure(text, origin, loader)
        root = yaml.compose(text, loader)
    except yaml.YAMLError as error:
        raise RuleError([_not_yaml(error, origin)]) from None
    except UnicodeError:
        raise RuleError([f"{_prefix(origin)}The rules hold half of a surrogate pair, which is no text."]) from None
    builder = _Builder(origin, json=isinstance(root, yaml.CollectionNode) and bool(root.flow_style))
    data = None if root is None else builder.built(root)[0]
    if builder.problems:
        raise RuleError(builder.problems)
    return Document(data, origin, builder.lines)


def size_problem(origin: str | None) -> str:
    """The sentence for a document that is too large."""
    return f"{_prefix(origin)}The rules have more than {MOST_CHARACTERS} characters, which is the limit."


def _measure(text: str, origin: str | None, loader: Any) -> None:
    """Refuse what is nested too deeply or has too many values, before anything is built."""
    level = values = 0
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
            if level > MOST_LEVELS:
                place = _place(origin, _line(event))
                raise RuleError([f"{place}: lists and mappings are nested more than {MOST_LEVELS} levels deep."])
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1
        values += isinstance(event, yaml.NodeEvent)
        if values > _MOST_VALUES:
            raise RuleError([_too_many(origin, _line(event))])


class _Builder:
    """Builds the values of nodes; an alias is built once and counted each time.

    Args:
        origin: What errors call the document.
        json: Whether ``1e5`` is a number, as in JSON; it is a string in YAML.
    """

    def __init__(self, origin: str | None, *, json: bool) -> None:
        self.origin = origin
        self.json = json
        self.problems: list[str] = []
        self.lines: dict[int, tuple[int, ...]] = {}
        self._known: dict[int, tuple[Any, int] | None] = {}
        self._loader = yaml.SafeLoader("")

    def built(self, node: yaml.Node) -> tuple[Any, int]:
        """The value of a node, and how many values it holds."""
        if id(node) in self._known:
            known = self._known[id(node)]
            if known is None:
                raise RuleError([f"{self._at(node)}: the alias refers to what it is a part of."])
            return known
        self._known[id(node)] = None
        match node:
            case yaml.ScalarNode(tag=tag) if tag not in _OF_COLLECTIONS:
                found = self._scalar(node), 1 + len(node.value) // _CHARACTERS_OF_A_VALUE
            case yaml.SequenceNode(tag=tag) if tag == _SEQUENCE:
                found = self._list(node)
            case yaml.MappingNode(tag=tag) if tag == _MAPPING:
                found = self._mapping(node)
            case _:
                raise RuleError([f"{self._at(node)}: The rules are not valid YAML: {node.tag} has no meaning here."])
        if found[1] > _MOST_VALUES:
            raise RuleError([_too_many(self.origin, node.start_mark.line + 1)])
        self._known[id(node)] = found
        return found

    def _list(self, node: yaml.SequenceNode) -> tuple[list[Any], int]:
        items = [self.built(item) for item in node.value]
        values = [value for value, _ in items]
        self.lines[id(values)] = tuple(item.start_mark.line + 1 for item in node.value)
        return values, 1 + sum(size for _, size in items)

    def _mapping(self, node: yaml.MappingNode) -> tuple[dict[Any, Any], int]:
        own: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        first: dict[Any, int] = {}
        total = 1
        for key_node, value_node in node.value:
            merges = key_node.tag == _MERGE
            key = _MERGE if merges else self._key(key_node)
            value, size = self.built(value_node)
            total += 1 + size
            line = key_node.start_mark.line + 1
            if key in first:
                self._given_twice("<<" if merges else key, first[key], line)
            elif merges:
                for given in self._to_merge(value, value_node):
                    # Of several mappings, the first that has a key gives its value.
                    merged = {**given, **merged}
            else:
                own[key] = value
            first.setdefault(key, line)
        return {**merged, **own}, total

    def _to_merge(self, value: Any, node: yaml.Node) -> Iterator[dict[Any, Any]]:
        for given in value if isinstance(value, list) else [value]:
            if isinstance(given, dict):
                yield given
            else:
                self.problems.append(f"{self._at(node)}: '<<' takes mappings, not {given!r:.80}.")

    def _key(self, node: yaml.Node) -> Any:
        if not isinstance(node, yaml.ScalarNode) or node.tag in _OF_COLLECTIONS:
            raise RuleError([f"{self._at(node)}: a key must be a string, not a list or a mapping."])
        return self._scalar(node)

    def _given_twice(self, key: Any, first: int, second: int) -> None:
        where = f"in line {first}" if first == second else f"in lines {first} and {second}"
        self.problems.append(f"{_place(self.origin, second)}: the key {key!r:.80} is given twice, {where}.")

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        written: str = node.value
        plain = not node.style
        if node.tag in _NUMBERS:
            if len(written) > _LONGEST_NUMBER:
                raise RuleError(
                    [f"{self._at(node)}: the number {written[:20]}… has more than {_LONGEST_NUMBER} characters."]
                )
            if ":" in written:
                # YAML 1.1 takes 12:30 for 750, which nobody means.
                return written
        if plain and node.tag == _TIMESTAMP and (problem := finer_than_columns(written)) is not None:
            self.problems.append(f"{self._at(node)}: {problem}.")
        if node.tag == _NULL and written not in ("", "~", "null", "Null", "NULL"):
            self.problems.append(f"{self._at(node)}: {written[:80]!r} is not null.")
        if plain and not self.json and (twofold := _twofold(written, node.tag)) is not None:
            self.problems.append(f"{self._at(node)}: {written:.80} is {twofold}, or in quotes if it is text.")
            return written
        try:
            float_of_json = self.json and plain and node.tag == _STRING and _JSON_FLOAT.fullmatch(written)
            value = float(written) if float_of_json else self._loader.construct_object(node)
            if isinstance(value, float):
                return _number(written.replace("_", ""), value)
        except yaml.YAMLError as error:
            raise RuleError([_not_yaml(error, self.origin)]) from None
        except (ValueError, ArithmeticError, LookupError, AttributeError) as error:
            kind = _LOOKS_LIKE.get(node.tag, node.tag)
            self.problems.append(f"{self._at(node)}: {written[:80]!r} looks like {kind} and is none ({error!s:.80}).")
            return written
        return self._text(value, node) if isinstance(value, str) else value

    def _text(self, value: str, node: yaml.Node) -> str:
        """The string, with each pair of surrogates that JSON writes for one character as that character."""
        if value.isascii():
            return value
        try:
            return value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeError:
            self.problems.append(f"{self._at(node)}: the string holds half of a surrogate pair, which is no text.")
            return ""

    def _at(self, node: yaml.Node) -> str:
        return _place(self.origin, node.start_mark.line + 1)


def _number(written: str, value: float) -> float | Decimal:
    """The number as it is written, if a float would round it, be 0 or infinite."""
    if _DIGITS.fullmatch(written) and Decimal(written) != Decimal(repr(value)):
        return Decimal(written)
    return value


def is_twofold(text: str) -> bool:
    """Whether a string without quotes is a number for some readers of YAML."""
    return _twofold(text, _STRING) is not None


def _twofold(written: str, tag: str) -> str | None:
    """What a scalar is to readers of YAML 1.1 and 1.2, and how to write it, if they differ about it."""
    if tag in _NUMBERS and _OCTAL.fullmatch(written):
        return (
            "a number in base 8 for some readers of YAML and in base 10 for others: write it without the leading zero"
        )
    if tag == _BOOLEAN and written.lower() in _SWITCHES:
        return "true or false for some readers of YAML and text for others: write true or false"
    of_one_version = _OF_1_1.fullmatch(written) if tag in _NUMBERS else tag == _STRING and _NUMBER.fullmatch(written)
    if of_one_version:
        return "a number for some readers of YAML and text for others: write it in digits alone"
    return None


def _line(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else event.start_mark.line + 1


def _too_many(origin: str | None, line: int) -> str:
    return f"{_place(origin, line)}: the rules hold more than {_MOST_VALUES} values (aliases included)."


def _not_yaml(error: yaml.YAMLError, origin: str | None) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return f"{_prefix(origin)}The rules are not valid YAML: the character {error.character!a} is not allowed."
    mark = getattr(error, "problem_mark", None)
    place = _prefix(origin) if mark is None else f"{_place(origin, mark.line + 1)}: "
    reason = ", ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
    return f"{place}The rules are not valid YAML: {(reason or str(error)):.200}."


def _place(origin: str | None, line: int) -> str:
    return f"line {line}" if origin is None else f"{origin}:{line}"


def _prefix(origin: str | None) -> str:
    return "" if origin is None else f"{origin}: "
