"""Kestra's expressions (``{{ … }}``) in strings: what they refer to, and how to write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dq_core.adapters import closest, listing

__all__ = [
    "DEEPEST",
    "Scope",
    "blocks_of",
    "expression_problems",
    "holds_expression",
    "strings_in",
    "texts",
    "unwritable",
    "without_expressions",
]

#: How deep mappings and lists of a flow may be nested.
DEEPEST: Final = 50
_OPENING: Final = re.compile(r"\{[{%#]")
_CLOSING: Final = {"{{": "}}", "{%": "%}", "{#": "#}"}
_STRING: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_QUOTE: Final = re.compile("['\"]")
_REFERENCE: Final = re.compile(
    r"""(?<![\w.])(inputs|outputs|vars)\s*(?:\.\s*(\w+)|\[\s*(?:'([^']*)'|"([^"]*)")\s*\])(?:\s*\.\s*(\w+))?"""
)
_SCRIPT_OUTPUTS: Final = ("vars", "outputFiles", "exitCode", "stdOutLineCount", "stdErrLineCount", "warningOnStdErr")


@dataclass(frozen=True)
class Scope:
    """What an expression may refer to.

    Args:
        inputs: Names of the flow's inputs.
        variables: Names of the flow's variables.
        tasks: Ids of the tasks that have run before; None if they are those of another flow.
        later: Ids of the other tasks.
        scripts: Ids of the script tasks, whose outputs are in ``vars`` and ``outputFiles``.
    """

    inputs: Collection[str]
    variables: Collection[str]
    tasks: Collection[str] | None
    later: Collection[str] = ()
    scripts: Collection[str] = ()


def holds_expression(text: object) -> bool:
    """Whether a string contains an expression, a tag or a comment of Kestra."""
    return isinstance(text, str) and _OPENING.search(text) is not None


def blocks_of(text: str) -> list[str]:
    """The expressions and tags in a string, with empty strings in place of those inside them."""
    return [_without_strings(block) for block in _blocks(text) if not block.startswith("{#")]


def _without_strings(block: str) -> str:
    parts, place = [], 0
    for string in strings_in(block):
        parts += [block[place : string.start()], "''"]
        place = string.end()
    return "".join(parts) + block[place:]


def strings_in(text: str) -> Iterator[re.Match[str]]:
    """The strings in a piece of code, with their quotes, in a single pass also if many are not closed."""
    place = 0
    unclosed = set()  # behind a quote that nothing closes, no other of its kind is closed either
    while (quote := _QUOTE.search(text, place)) is not None:
        kind = quote.group()
        string = None if kind in unclosed else _STRING.match(text, quote.start())
        if string is None:
            unclosed.add(kind)
            place = quote.end()
        else:
            yield string
            place = string.end()


def without_expressions(text: str, instead: str = "") -> str:
    """A string with something else in place of its expressions, tags and comments."""
    return instead.join(_around(text))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the expressions, tags and comments of a string are, in a single pass also if many are not closed."""
    place = 0
    unclosed = set()
    while (match := _OPENING.search(text, place)) is not None:
        opening = match.group()
        end = -1 if opening in unclosed else text.find(_CLOSING[opening], match.end())
        if end < 0:
            unclosed.add(opening)
            place = match.start() + 1
        else:
            place = end + len(opening)
            yield match.start(), place


def _blocks(text: str) -> list[str]:
    return [text[start:end] for start, end in _spans(text)]


def _around(text: str) -> list[str]:
    """The parts of a string before, between and after its expressions, tags and comments."""
    edges = [0, *(edge for span in _spans(text) for edge in span), len(text)]
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def texts(value: Any, depth: int = 0) -> Iterator[str]:
    """All strings in nested mappings and lists, without keys, as deep as a flow may be nested."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and depth < DEEPEST:
        for item in value.values():
            yield from texts(item, depth + 1)
    elif isinstance(value, list | tuple) and depth < DEEPEST:
        for item in value:
            yield from texts(item, depth + 1)


def unwritable(text: str, *, nul: bool = False) -> str | None:
    """What a string contains that Kestra does not read: it drops NUL, and no file has halves of surrogate pairs.

    Args:
        text: The string.
        nul: Whether NUL is written in another notation.
    """
    if "\0" in text and not nul:
        return "NUL, which Kestra drops"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "half of a surrogate pair"
    return None


def expression_problems(label: str, value: Any, scope: Scope) -> Iterator[str]:
    """Yield references to what does not exist and unclosed expressions, one sentence each.

    Args:
        label: How messages call the value.
        value: A string, or nested mappings and lists with strings.
        scope: What the expressions may refer to.
    """
    for text in texts(value):
        yield from _text_problems(label, text, scope)


def _text_problems(label: str, text: str, scope: Scope) -> Iterator[str]:
    if _OPENING.search("".join(_around(text))):
        yield f"{label}: unclosed expression in {_short(text)}."
    for block in _blocks(text):
        if block.startswith("{#"):
            continue
        strings = [match.span() for match in strings_in(block)]
        for match in _REFERENCE.finditer(block):
            if not any(start < match.start() < end for start, end in strings):
                yield from _reference_problems(label, match, scope)


def _reference_problems(label: str, match: re.Match[str], scope: Scope) -> Iterator[str]:
    kind, dotted, single, double, rest = match.groups()
    if kind == "outputs" and scope.tasks is None:
        return
    name = next(part for part in (dotted, single, double) if part is not None)
    known: Collection[str]
    known = {"inputs": scope.inputs, "vars": scope.variables, "outputs": scope.tasks or ()}[kind]
    what = {"inputs": "input", "vars": "variable", "outputs": "task"}[kind]
    if kind == "inputs" and dotted is not None and rest is not None and _is_nested(f"{name}.{rest}", known):
        return
    if name not in known:
        if kind == "outputs" and name in scope.later:
            hint = "Add it to depends_on (dependsOn in a mapping)."
            yield f"{label} refers to outputs.{name}, but that task may not have run before. {hint}"
            return
        near = closest(name, known)
        hint = f"Did you mean {near!r}?" if near else f"Existing: {listing(known)}."
        yield f"{label} refers to {kind}.{name}, but the {what} {name!r} does not exist. {hint}"
    elif kind == "outputs" and name in scope.scripts and rest is not None and rest not in _SCRIPT_OUTPUTS:
        yield f"{label} refers to outputs.{name}.{rest}; the outputs of a script are in outputs.{name}.vars.{rest}."


def _is_nested(name: str, inputs: Collection[str]) -> bool:
    """Whether a name is that of an input with dots, or of its beginning: Kestra has ``a.b`` in a mapping ``a``."""
    return any(one == name or one.startswith(f"{name}.") for one in inputs)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
