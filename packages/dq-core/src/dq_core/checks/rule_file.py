"""Rules as YAML or JSON: the one place that reads and writes them."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .._shared.arguments import plain_number
from .._shared.wording import question
from ..errors import RuleError, SourceError

__all__ = ["RuleFile", "dump_rules", "load_rules", "rules_of"]

_KEYS = ("name", "checks", "rules")


@dataclass(frozen=True)
class RuleFile:
    """What a rule file says.

    Attributes:
        rules: The rules as they are written; `dq_core.checks.parse` reads them.
        name: What they are called, or None.
    """

    rules: Any
    name: str | None = None


def load_rules(source: str | Path) -> RuleFile:
    """The rules in YAML (or JSON): a list of rules, or a mapping as `rules_of` reads it.

    Args:
        source: The YAML itself, or a `Path` to a file that holds it.

    Raises:
        SourceError: The file cannot be read.
        RuleError: It is not YAML, or a mapping with wrong keys.
    """
    text = _read(source) if isinstance(source, Path) else source
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RuleError([f"The rules are not valid YAML: {error}"]) from None
    return rules_of(data) if isinstance(data, Mapping) else RuleFile(data)


def rules_of(data: Mapping[str, Any]) -> RuleFile:
    """The rules in a mapping with the keys ``name`` (optional) and ``checks`` (or ``rules``).

    Raises:
        RuleError: It has other keys, or not exactly one of ``checks`` and ``rules``.
    """
    problems = [f"A suite has no key {key!r}.{question(key, _KEYS)}" for key in data if key not in _KEYS]
    if ("checks" in data) == ("rules" in data):
        problems.append("A suite requires exactly one of the keys 'checks' and 'rules'.")
    if problems:
        raise RuleError(problems)
    return RuleFile(data["checks"] if "checks" in data else data["rules"], data.get("name"))


def dump_rules(data: Mapping[str, Any]) -> str:
    """A mapping that `rules_of` reads, as YAML."""
    plain = _yamlable(data)
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
    # Some line breaks of Unicode (U+0085) do not survive unescaped.
    return text if yaml.safe_load(text) == plain else yaml.safe_dump(plain, sort_keys=False)


def _yamlable(value: Any) -> Any:
    """YAML has dates and bytes, but neither decimals, times nor UUIDs; checks understand these as strings."""
    match value:
        case decimal.Decimal():
            return plain_number(value)
        case dt.time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case Mapping():
            return {key: _yamlable(item) for key, item in value.items()}
        case list():
            return [_yamlable(item) for item in value]
        case _:
            return value


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"The rules in {path} cannot be read: {error}") from None
