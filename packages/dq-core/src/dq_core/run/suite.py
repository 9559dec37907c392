"""A suite: checks that belong together, from a list, a dict or a YAML file."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..checks import Check, parse
from ..checks.options import question
from ..errors import RuleError, SourceError
from .validate import validate

if TYPE_CHECKING:
    from ..report.report import Report

__all__ = ["Suite"]


@dataclass(frozen=True, init=False)
class Suite:
    """Checks that belong together; calling it with a source validates that source.

    Args:
        checks: Checks, or rules as dicts.
        name: What the suite is called.

    Raises:
        RuleError: Something is wrong with the rules; lists every problem of every rule.
    """

    checks: tuple[Check, ...]
    name: str | None = None

    def __init__(self, checks: Iterable[Check | Mapping[str, Any]], name: str | None = None) -> None:
        object.__setattr__(self, "checks", parse(checks))
        object.__setattr__(self, "name", name)

    def __call__(self, source: Any, **options: Any) -> Report:
        """Validate a source; takes the options of `dq_core.validate`."""
        return validate(source, self.checks, **options)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Suite:
        """The suite in a dict with the keys ``name`` (optional) and ``checks`` (or ``rules``)."""
        known = ("name", "checks", "rules")
        problems = [f"A suite has no key {key!r}.{question(key, known)}" for key in data if key not in known]
        if ("checks" in data) == ("rules" in data):
            problems.append("A suite needs the key 'checks' (or 'rules'), once.")
        if problems:
            raise RuleError(problems)
        return cls(data["checks"] if "checks" in data else data["rules"], data.get("name"))

    @classmethod
    def from_yaml(cls, source: str | Path) -> Suite:
        """The suite in YAML (or JSON): a list of rules, or a mapping as `from_dict` reads it.

        Args:
            source: The text itself, or a `Path` to a file that holds it.

        Raises:
            SourceError: The file cannot be read.
            RuleError: It is no YAML, or what it says is no suite.
        """
        import yaml

        text = _read(source) if isinstance(source, Path) else source
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise RuleError([f"The rules are no YAML: {error}"]) from None
        return cls.from_dict(data) if isinstance(data, Mapping) else cls(data)

    def to_dict(self) -> dict[str, Any]:
        """The suite as `from_dict` reads it."""
        named = {} if self.name is None else {"name": self.name}
        return {**named, "checks": [check.to_dict() for check in self.checks]}

    def to_yaml(self) -> str:
        """The suite as `from_yaml` reads it.

        Raises:
            RuleError: It holds a custom check, which is a function.
        """
        import yaml

        functions = [check.label for check in self.checks if check.kind == "custom"]
        if functions:
            raise RuleError([f"A function cannot be written as YAML: {', '.join(functions)}."])
        plain = _yamlable(self.to_dict())
        text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
        # Some line breaks of Unicode (U+0085) do not survive unescaped.
        return text if yaml.safe_load(text) == plain else yaml.safe_dump(plain, sort_keys=False)


def _yamlable(value: Any) -> Any:
    """YAML has dates and bytes, but neither decimals, times nor UUIDs; text of these is understood by the checks."""
    match value:
        case decimal.Decimal():
            return float(value)
        case dt.time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case dict():
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
