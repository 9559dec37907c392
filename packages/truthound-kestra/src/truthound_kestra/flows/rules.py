"""Rules of a check task: as they are written into the flow, and whether its engine and its options let them run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dq_core.checks import parse
from dq_core.errors import RuleError
from truthound_kestra.flows.yaml import formless, plain_rule
from truthound_kestra.scripts.severity import severity_rank, with_canonical_severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dq_core import Check

__all__ = ["parsed_rules", "rule_problems", "severity_problems", "written_rules"]


def parsed_rules(rules: Sequence[Any]) -> tuple[Check, ...]:
    """The rules as checks; none if they are invalid, which `rule_problems` tells."""
    try:
        return parse([with_canonical_severity(rule) for rule in rules]) if rules else ()
    except RuleError:
        return ()


def written_rules(rules: Sequence[Any]) -> list[dict[str, Any]]:
    """Valid rules as dicts that YAML can contain: those that were given, or those of the checks.

    Args:
        rules: Rules as mappings, or checks of dq_core.
    """
    given = [with_canonical_severity(rule) for rule in rules]
    return [_written(rule, check) for rule, check in zip(given, parse(given), strict=True)] if given else []


def rule_problems(label: str, rules: Sequence[Any]) -> Iterator[str]:
    """Yield what is wrong with rules, and rules that a flow cannot contain, one sentence each."""
    given = [with_canonical_severity(rule) for rule in rules]
    try:
        checks = parse(given)
    except RuleError as error:
        for problem in error.problems:
            yield f"{label}: {problem}"
        return
    for place, (rule, check) in enumerate(zip(given, checks, strict=True), 1):
        found = formless(plain_rule(_written(rule, check)), decimals=True)
        if found is not None:
            yield f"{label}: rule {place} ({check.kind}) cannot be part of a flow: {found}"


def severity_problems(label: str, checks: Sequence[Check], least: Any) -> Iterator[str]:
    """Yield a sentence if all rules are below the severity from which they are evaluated.

    Args:
        label: How messages call the task.
        checks: Its rules.
        least: ``min_severity`` of the task.
    """
    try:
        rank = severity_rank(least)
    except (ValueError, AttributeError):
        return  # no severity at all, which the config tells
    if checks and all(severity_rank(check.severity) < rank for check in checks):
        yield f"{label}: all {len(checks)} rules are below min_severity={least!r}, so nothing would be checked."


def _written(rule: Any, check: Check) -> dict[str, Any]:
    if isinstance(rule, Mapping) and formless(plain_rule(rule), decimals=True) is None:
        return dict(rule)
    return check.to_dict()
