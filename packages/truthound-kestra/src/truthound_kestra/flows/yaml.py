"""YAML: flows and rules, formatted as a person would write them."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

import yaml

from dq_core.adapters import is_number, plain_number, repr_of
from dq_core.checks import rule_file
from truthound_kestra.errors import FlowError
from truthound_kestra.flows.expressions import DEEPEST, holds_expression, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Folded", "flow_yaml", "formless", "plain_rule", "rules_yaml", "yaml_problems"]


_FOLD_AT: Final = 100
_FOLD_AFTER: Final = 90  # the emitter breaks after the word that reaches it
_NO_FOLDING: Final = 1_000_000
# Line breaks other than \n: only double quotes preserve them.
_LINE_ENDS: Final = re.compile("[\r\x85\u2028\u2029]")


class Folded(str):
    """A description: long lines of it are folded."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    # Lists are indented under their key, which PyYAML does not do by itself.
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's signature
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None
    if _LINE_ENDS.search(value):
        style = '"'
    elif "\n" in value:
        style = "|"  # the emitter quotes what no block can contain
    elif holds_expression(value) or re.match(r"[-+.\d*@]", value):
        # Expressions begin like a mapping, and other YAML parsers read numbers where PyYAML reads strings.
        style = "'" if '"' in value or "\\" in value else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _folded(dumper: yaml.SafeDumper, value: Folded) -> yaml.ScalarNode:
    text = str(value)
    if len(text) <= _FOLD_AT or "\n" in text or _LINE_ENDS.search(text):
        return _text(dumper, text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=">")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Folded, _folded)


def _other(dumper: yaml.SafeDumper, value: Any) -> yaml.Node:
    """Write numbers of NumPy and decimals, and strings of other types; no other type has a form in YAML."""
    if is_number(value):
        return dumper.represent_data(plain_number(value))
    if isinstance(value, str):
        return dumper.represent_data(str.__str__(value))
    if isinstance(value, Mapping):
        return dumper.represent_dict(dict(value))
    raise FlowError(f"A value of type {type(value).__name__} has no form in YAML: {repr_of(value, 80)}")


def _moment(dumper: yaml.SafeDumper, value: dt.datetime) -> yaml.ScalarNode:
    """Write a moment as in 2024-02-29T10:00:00+01:00: Kestra reads no other notation."""
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat())


_Dumper.add_representer(dt.datetime, _moment)
_Dumper.add_representer(tuple, yaml.SafeDumper.represent_list)
_Dumper.add_representer(cast("type[Any]", None), _other)  # None: any type without one of its own


def _dump(value: Any, *, width: int = _NO_FOLDING) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width)


def flow_yaml(flow: Mapping[str, Any], head: str, comments: Mapping[str, str]) -> str:
    """A flow as YAML.

    Args:
        flow: The flow, in the order in which it is written.
        head: A comment at the top.
        comments: Comments above its keys.

    Returns:
        The YAML; the same for the same flow.
    """
    parts = [f"# {line}\n" for line in head.splitlines()]
    for place, (key, value) in enumerate(flow.items()):
        block = isinstance(value, Mapping | list | tuple) or key in comments
        if block and place:
            parts.append("\n")
        parts += [f"# {line}\n" for line in comments.get(key, "").splitlines()]
        # Only descriptions are folded: a script or an expression stays as it is.
        if key == "tasks":
            # A blank line between tasks, and none inside a task.
            items = [_dump({key: [task]}).removeprefix(f"{key}:\n") for task in value]
            parts.append(f"{key}:\n" + "\n".join(items))
            continue
        parts.append(_dump({key: value}, width=_FOLD_AFTER if isinstance(value, Folded) else _NO_FOLDING))
    return "".join(parts)


def yaml_problems(label: str, value: Any) -> Iterator[str]:
    """Yield a sentence if a value cannot be written as YAML."""
    found = formless(value)
    if found is not None:
        yield f"{label}: {found}"


def formless(value: Any, depth: int = 0, *, decimals: bool = False) -> str | None:
    """Why a value cannot be written as YAML, as a sentence; None if it can.

    Args:
        value: The value.
        depth: How deep it is nested already.
        decimals: Whether whoever reads it keeps all digits of a number.
    """
    if depth > DEEPEST:
        return f"It is nested more than {DEEPEST} times."
    if isinstance(value, str):
        found = unwritable(value, nul=decimals)
        return None if found is None else f"It contains {found}: {repr_of(value, 80)}."
    if isinstance(value, Mapping | list | tuple):
        keys = list(value) if isinstance(value, Mapping) else []
        odd = [key for key in keys if not isinstance(key, str)]
        if odd:
            return f"Keys must be strings, not {repr_of(odd[0], 80)}."
        parts = [*keys, *value.values()] if isinstance(value, Mapping) else value
        return next((found for item in parts if (found := formless(item, depth + 1, decimals=decimals))), None)
    if not decimals and (found := _unlike(value)):
        return found
    known = value is None or isinstance(value, bool | int | float | dt.date) or is_number(value)
    return None if known else f"A value of type {type(value).__name__} has no form in YAML."


def _unlike(number: Any) -> str | None:
    """Why Kestra would read another number than this."""
    if isinstance(number, Decimal) and is_number(number) and Decimal(repr(plain_number(number))) != number:
        return f"The decimal {number} has more digits than a number of YAML keeps. Give it as a string."
    if isinstance(number, float) and not math.isfinite(number):
        return f"Kestra reads no number {number!r} from YAML. Give it as a string."
    return None


def rules_yaml(rules: Any) -> str:
    """Rules as a YAML list, one rule per line, in which Kestra finds no expression.

    Args:
        rules: Mappings of strings, numbers, dates and lists of these.

    Returns:
        YAML that is parsed as the same rules after Kestra has rendered it.
    """
    return "".join(f"- {_rule(rule)}\n" for rule in rules)


def _rule(rule: Any) -> str:
    text = yaml.dump(
        plain_rule(rule),
        Dumper=_RuleDumper,
        sort_keys=False,
        allow_unicode=True,
        width=_NO_FOLDING,
        default_flow_style=True,
    )
    # A string that begins an expression is always in double quotes, where YAML has another notation for a brace.
    return re.sub(r"\{(?=[{%#])", r"\\x7b", text.strip())


class _RuleDumper(_Dumper):
    """Writes a rule on one line."""


def _rule_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    # What begins like a number is one for some readers of YAML: 1e3.
    quoted = "{" in value or "\n" in value or _LINE_ENDS.search(value) or re.match(r"[-+.\d]", value)
    style = '"' if quoted else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_RuleDumper.add_representer(str, _rule_text)


_RuleDumper.add_representer(Decimal, rule_file.written_decimal)


def plain_rule(value: Any) -> Any:
    """Rules in types that YAML has, as dq_core writes them: decimals are numbers of which no digit is lost."""
    if isinstance(value, Mapping):
        return {str(key): plain_rule(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain_rule, value), key=repr)  # the same at each generation
    if isinstance(value, list | tuple):
        return [plain_rule(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    if is_number(value) and not isinstance(value, int | float | Decimal):
        return plain_number(value)
    return rule_file.yamlable(value)
