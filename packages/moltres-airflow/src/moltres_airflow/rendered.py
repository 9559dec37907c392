"""The checks of an operator whose templates are rendered: parsed again, with numbers for the strings of numbers."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dq_core.checks import Check, parse
from dq_core.checks.names import names_of
from dq_core.errors import RuleError
from moltres.task import refuse
from moltres_airflow.rules import is_list, restored, threshold_problems, with_threshold
from moltres_airflow.templates import comes_later

if TYPE_CHECKING:
    from collections.abc import Container

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
"""How a number is written, and no code with leading zeros."""


@dataclasses.dataclass(frozen=True)
class Rendered:
    """A check whose templates are rendered.

    Attributes:
        check: The check, in which templates gave strings.
        numbers: The same, with numbers where templates gave the strings of numbers; None if there are none.
    """

    check: Check
    numbers: Check | None = None

    def on(self, numeric: Container[str]) -> Check:
        """The check for rows of which these columns are numeric."""
        targets = self.check.targets
        use = self.numbers is not None and bool(targets) and all(column in numeric for column in targets)
        return self.numbers if use and self.numbers is not None else self.check


def checks_of(operator: Any) -> tuple[Rendered, ...]:
    """The checks of an operator whose templates are rendered.

    Raises:
        ConfigurationError: If they, or the thresholds, cannot work.
    """
    rules, thresholds = operator.checks, operator.thresholds
    if is_list(rules):
        given = operator.given_checks if is_list(operator.given_checks) else [None] * len(rules)
        pairs = [_read(before, rule) for before, rule in zip(given, rules, strict=True)]
    else:
        pairs = [(rules, None)]
    try:
        known = parse([rule for rule, _ in pairs] if is_list(rules) else rules)
    except RuleError as error:
        refuse(f"Task {operator.task_id!r}", [f"checks: {problem}" for problem in error.problems])
        raise
    refuse(f"Task {operator.task_id!r}", threshold_problems(known, thresholds, final=True))
    shares = thresholds or {}
    return tuple(
        Rendered(
            with_threshold(check, name, shares), None if numbers is None else with_threshold(numbers, name, shares)
        )
        for check, name, (_, numbers) in zip(known, names_of(known), pairs, strict=True)
    )


def _read(given: Any, rule: Any) -> tuple[Any, Check | None]:
    """A rule and, if it differs, the check that it is with numbers; these are the rule where strings cannot be it."""
    numeric = _numbers(given, rule)
    if numeric == rule:
        return restored(rule), None
    try:
        (numbers,) = parse([restored(numeric)])
    except RuleError:
        return restored(rule), None  # whatever is wrong with it is not that its numbers are strings
    try:
        parse([restored(rule)])
    except RuleError:
        return numbers, None
    return restored(rule), numbers


def _numbers(given: Any, found: Any) -> Any:
    """What was rendered, with a number for each string of a number that a template gave."""
    if isinstance(given, str) and isinstance(found, str) and comes_later(given) and _NUMBER.fullmatch(found):
        return int(found) if found.lstrip("-").isdigit() else float(found)
    if isinstance(given, Mapping) and isinstance(found, Mapping):
        return {name: _numbers(given.get(name), value) for name, value in found.items()}
    if isinstance(given, list | tuple) and isinstance(found, list | tuple) and len(given) == len(found):
        return [_numbers(before, value) for before, value in zip(given, found, strict=True)]
    return found
