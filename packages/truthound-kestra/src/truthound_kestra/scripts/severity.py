"""Severities: dq_core's names, and low, medium, high, critical for the same four."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dq_core.checks.rules import PlacedRule
from dq_core.report import SEVERITIES

__all__ = ["SEVERITY_ALIASES", "canonical_severity", "severity_rank", "with_canonical_severity"]

SEVERITY_ALIASES: Final = {"low": "info", "medium": "warning", "high": "error"}


def canonical_severity(name: Any) -> Any:
    """dq_core's name of a severity; an unknown value unchanged, which dq_core refuses; None for what is no string."""
    if not isinstance(name, str):
        return None
    return SEVERITY_ALIASES.get(name.lower(), name.lower() if name.lower() in SEVERITIES else name)


def severity_rank(name: str) -> int:
    """0 for info (low) to 3 for critical; ValueError for any other name."""
    return SEVERITIES.index(canonical_severity(name))


def with_canonical_severity(rule: Any) -> Any:
    """A rule with dq_core's name of its severity; anything but a mapping unchanged."""
    if isinstance(rule, Mapping) and "severity" in rule:
        severity = rule["severity"]
        canonical = {**rule, "severity": canonical_severity(severity) if isinstance(severity, str) else severity}
        return PlacedRule.at(canonical, rule.written_at) if isinstance(rule, PlacedRule) else canonical
    return rule
