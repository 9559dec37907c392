"""Reading rules: dicts become checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._shared.wording import question, repr_of
from ..errors import MOST_PROBLEMS, RuleError
from .base import Check
from .registry import KINDS

__all__ = ["PlacedRule", "parse"]


class PlacedRule(dict[str, Any]):
    """A rule as a dict that knows where it is written (``rules.yaml:4``)."""

    written_at: str = ""

    @classmethod
    def at(cls, rule: Mapping[str, Any], place: str) -> PlacedRule:
        """A rule with its place."""
        found = cls(rule)
        found.written_at = place
        return found


def parse(rules: Iterable[Check | Mapping[str, Any]], *, places: Sequence[str] = ()) -> tuple[Check, ...]:
    """Read rules: checks stay as they are, dicts become checks.

    Args:
        rules: Checks, and dicts with the key ``type`` and the options of that kind.
        places: Where each rule is written (``rules.yaml:4``), for the problems; may be left out, also for a
            `PlacedRule`, which knows it.

    Returns:
        The checks, in the same order.

    Raises:
        RuleError: Something is wrong with the rules; lists every problem of every rule.
    """
    if isinstance(rules, Check | Mapping | str) or not isinstance(rules, Iterable):
        raise RuleError([f"Rules must be a list of checks or dicts, not {type(rules).__name__}."])
    checks: list[Check] = []
    problems: list[str] = []
    for place, rule in enumerate(rules, 1):
        if isinstance(rule, Check):
            checks.append(rule)
            continue
        written = places[place - 1] if place <= len(places) else getattr(rule, "written_at", "")
        try:
            checks.append(_placed(_read(rule), written))
        except RuleError as error:
            where = f" ({written})" if written else ""
            problems += [f"Rule {place}{where}: {problem}" for problem in error.problems]
            if len(problems) > MOST_PROBLEMS:
                break
    if problems:
        raise RuleError(problems)
    if not checks:
        raise RuleError(["There are no checks; at least one is required."])
    return tuple(checks)


def _placed(check: Check, written: str) -> Check:
    """The check, which knows where it is written, for the problems that only the data shows."""
    if written:
        object.__setattr__(check, "written_at", written)
    return check


def _read(rule: object) -> Check:
    if not isinstance(rule, Mapping):
        raise RuleError([f"a rule must be a check or a dict, not {repr_of(rule, 80)}."])
    if "type" not in rule:
        raise RuleError([f"the key 'type' is missing: {repr_of(dict(rule), 200)}."])
    kind = rule["type"]
    if not isinstance(kind, str) or kind not in KINDS:
        # Someone who asks for a type of values, or for a statistic, has left out that of the check.
        hint = _variant(kind) or question(kind, KINDS)
        if kind is None:
            hint = " In YAML, the type null is written in quotes: 'null'."
        raise RuleError([f"the type of check {repr_of(kind)} does not exist.{hint or f' The types are: {_kinds()}.'}"])
    options, problems = _options(kind, rule)
    fields = dataclasses.fields(KINDS[kind])
    required = [one.name for one in fields if one.default is one.default_factory is dataclasses.MISSING]
    missing = [name for name in required if name not in options]
    # A misspelt option is both unknown and missing: report it once.
    named = " ".join(problems)
    problems += [f"{kind}: the option {name!r} is missing." for name in missing if f"{name!r}?" not in named]
    if not missing:
        try:
            check = KINDS[kind](**options)
        except RuleError as error:
            problems += error.problems
    if problems:
        raise RuleError(problems)
    return check


def _variant(kind: object) -> str:
    """The rule that is meant by what is an option of a kind of check."""
    if not isinstance(kind, str):
        return ""
    named = ((name, option) for name, one in KINDS.items() for option, means in one.variants.items() if means(kind))
    return next((f" Did you mean {{type: {name}, {option}: {kind}}}?" for name, option in named), "")


def _options(kind: str, rule: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    """The options of a rule by the names of the fields, and what is wrong with their keys."""
    cls = KINDS[kind]
    names = [one.name for one in dataclasses.fields(cls)]
    aliases = {**Check.aliases, **cls.aliases}
    options: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in rule.items():
        name = aliases.get(key, key) if isinstance(key, str) else key
        if key == "type":
            continue
        if name not in names:
            hint = question(key, [*names, *aliases]) or f" The options are: {', '.join(names)}."
            problems.append(f"{kind} has no option {repr_of(key)}.{hint}")
        elif name in options:
            problems.append(f"{kind}: {name} is given twice, once as {repr_of(key)}.")
        else:
            options[name] = value
    return options, problems


def _kinds() -> str:
    return ", ".join(name for name, cls in KINDS.items() if cls.kind == name)
