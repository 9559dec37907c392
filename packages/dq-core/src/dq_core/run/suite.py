"""A suite: checks that belong together, from a list, a dict or a YAML file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from os import PathLike
from typing import IO, TYPE_CHECKING, Any

from .._shared.wording import repr_of
from ..checks import Check, parse
from ..checks.rule_file import RuleFile, dump_rules, load_rules, rules_of
from ..checks.strict_yaml import MOST_CHARACTERS
from ..errors import RuleError
from ..report.report import Report
from .validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Suite"]


@dataclass(frozen=True, init=False)
class Suite:
    """Checks that belong together; calling it with a source validates that source.

    Args:
        checks: Checks, or rules as dicts.
        name: The name of the suite.
        origin: The file that holds the rules, for reports.

    Raises:
        RuleError: Something is wrong with the rules; lists every problem of every rule.
    """

    checks: tuple[Check, ...]
    name: str | None = None
    #: The file that holds the rules, for reports; no part of what is equal.
    origin: str | None = field(default=None, compare=False, repr=False)

    def __init__(
        self, checks: Iterable[Check | Mapping[str, Any]], name: str | None = None, *, origin: str | None = None
    ) -> None:
        object.__setattr__(self, "checks", parse(checks))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "origin", origin)

    def __call__(self, source: Any, **options: Any) -> Report:
        """Validate a source; takes the options of `dq_core.validate`."""
        return self.signed(validate(source, self.checks, **options))

    def signed(self, report: Report) -> Report:
        """A report of these checks that says which suite made it.

        Args:
            report: A report of `dq_core.validate`.

        Raises:
            RuleError: It is no report.
        """
        given: object = report
        if not isinstance(given, Report):
            raise RuleError([f"report must be a report of validate(), not {repr_of(given, 80)}."])
        return dataclasses.replace(report, suite=self.name, rules_file=self.origin)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Suite:
        """The suite in a dict with the keys ``name`` (optional) and ``checks`` (or ``rules``).

        Args:
            data: The dict.

        Raises:
            RuleError: If something is wrong with it; lists all problems.
        """
        found = rules_of(data)
        return cls(found.rules, found.name)

    @classmethod
    def from_yaml(cls, source: str | Path) -> Suite:
        """The suite in YAML (or JSON): a list of rules, or a mapping as `from_dict` reads it.

        Args:
            source: The YAML itself, or a `Path` to a file that holds it.

        Raises:
            SourceError: The file cannot be read.
            RuleError: It is not YAML, or not a suite.
        """
        found = load_rules(source)
        if isinstance(source, str) and isinstance(found.rules, str):
            raise RuleError(
                [f"{repr_of(found.rules, 80)} is neither a list of rules nor a mapping with 'checks'."],
                suggestion=f"A file is given as a Path: Suite.from_yaml(Path({repr_of(found.rules, 80)})).",
            )
        return cls._loaded(found, str(source) if isinstance(source, PathLike) else None)

    @classmethod
    def read(cls, stream: IO[str], origin: str = "standard input") -> Suite:
        """The suite in YAML (or JSON) that a stream gives, as `from_yaml` reads it.

        Args:
            stream: What is read to its end, or to one character beyond the limit.
            origin: What errors call it.

        Raises:
            RuleError: It is not text, not YAML, or not a suite.
        """
        if not callable(getattr(stream, "read", None)):
            raise RuleError([f"The rules from {origin} must be a stream, not {repr_of(stream, 80)}."])
        try:
            text = stream.read(MOST_CHARACTERS + 1)
        except UnicodeDecodeError as error:
            raise RuleError([f"The rules from {origin} are not text: {error}."]) from None
        return cls._loaded(load_rules(text, origin=origin))

    @classmethod
    def _loaded(cls, found: RuleFile, origin: str | None = None) -> Suite:
        return cls(parse(found.rules, places=found.places), found.name, origin=origin)

    def to_dict(self) -> dict[str, Any]:
        """The suite as `from_dict` reads it."""
        named = {} if self.name is None else {"name": self.name}
        return {**named, "checks": [check.to_dict() for check in self.checks]}

    def to_yaml(self) -> str:
        """The suite as `from_yaml` reads it.

        Raises:
            RuleError: It holds a custom check, which is a function.
        """
        functions = [check.label for check in self.checks if check.kind == "custom"]
        if functions:
            raise RuleError([f"A function cannot be written as YAML: {', '.join(functions)}."])
        return dump_rules(self.to_dict())
