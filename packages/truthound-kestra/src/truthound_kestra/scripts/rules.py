"""Rules from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dq_core.adapters import instance
from dq_core.checks import rule_file
from dq_core.checks.rules import PlacedRule
from dq_core.errors import RuleError
from truthound_kestra.errors import refuse
from truthound_kestra.scripts.severity import with_canonical_severity

__all__ = ["load_rules"]


def load_rules(path: str | Path) -> tuple[Mapping[str, Any], ...]:
    """The rules in a YAML or JSON file: a list, or a mapping with the key ``checks`` or ``rules``, as dq_core reads it.

    Args:
        path: The file.

    Raises:
        ConfigurationError: It is not a path.
        RuleError: The file does not contain rules.
        SourceError: The file cannot be read.
    """
    refuse(instance("The path of a rule file", path, (str, Path), "a path"))
    found = rule_file.load_rules(Path(path))
    if not isinstance(found.rules, list):
        raise RuleError([f"{path} does not contain a list of rules."])
    places = [*found.places, *[""] * (len(found.rules) - len(found.places))]
    placed = (
        PlacedRule.at(rule, place) if isinstance(rule, Mapping) else rule
        for rule, place in zip(found.rules, places, strict=True)
    )
    return tuple(map(with_canonical_severity, placed))
