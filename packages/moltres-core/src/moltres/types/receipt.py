"""What a load proves: the fingerprint of the rows that were read, and of those that landed before the commit."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, get_args

from .._shared.fingerprints.fingerprint import FORMS, Fingerprint
from .._shared.wording import plural, repr_of
from ..errors import ConfigurationError, closest, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Covers = Literal["table", "rows"]
Verify: TypeAlias = bool | Literal["columns"]
"""Whether a load is proved, and whether its receipt says later which columns differ."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The proof of one load between two places.

    Attributes:
        table: The table.
        schema: Its schema; None for the default.
        mode: The mode of the write.
        source: The fingerprint of the rows that were read: their number, and two sums of the halves of their hashes.
        landed: The fingerprint of the rows that the table held before the commit; equal to `source`. None if it could
            not be computed: `reason` says why.
        covers: ``"table"`` if all rows of the table are those of the load, ``"rows"`` if it has others.
        columns: The columns whose values are proved, with the canonical form of each.
        not_covered: The columns whose values are not, with the reason.
        reason: Why nothing was proved; None if it was.
        by_column: The fingerprint of each of these columns alone, with ``verify="columns"``.
        at: When, in UTC.
    """

    table: str
    schema: str | None = None
    mode: str
    source: Fingerprint
    landed: Fingerprint | None = None
    covers: Covers = "rows"
    columns: Mapping[str, str] = field(default_factory=dict)
    not_covered: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    by_column: Mapping[str, Fingerprint] = field(default_factory=dict)
    at: dt.datetime

    @property
    def rows(self) -> int:
        """The number of rows that were read."""
        return self.source.rows

    @property
    def proved(self) -> bool:
        """Whether what landed was compared with what was read."""
        return self.landed is not None

    def to_dict(self) -> dict[str, Any]:
        """The receipt in types of JSON."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return found | {
            "source": str(self.source),
            "landed": None if self.landed is None else str(self.landed),
            "columns": dict(self.columns),
            "not_covered": dict(self.not_covered),
            "by_column": {name: str(one) for name, one in self.by_column.items()},
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The receipt that `to_dict` wrote.

        Args:
            data: The dict.

        Raises:
            ConfigurationError: If it is none; all problems at once.
        """
        refuse(_problems(data), "This is no receipt")
        landed, by_column = data.get("landed"), data.get("by_column") or {}
        return cls(
            **{name: data[name] for name in data if name not in ("source", "landed", "by_column", "at")},
            source=Fingerprint.parse(data["source"]),
            landed=None if landed is None else Fingerprint.parse(landed),
            by_column={name: Fingerprint.parse(one) for name, one in by_column.items()},
            at=dt.datetime.fromisoformat(data["at"]),
        )

    def to_json(self) -> str:
        """The receipt as JSON, as ``moltres_loads`` records it."""
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The receipt that `to_json` wrote.

        Args:
            text: The JSON.

        Raises:
            ConfigurationError: If it is no receipt; all problems at once.
        """
        try:
            data = json.loads(text)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"This is no receipt in JSON: {error}.") from None
        return cls.from_dict(data)

    def __str__(self) -> str:
        place = self.table if self.schema is None else f"{self.schema}.{self.table}"
        said = f"{plural(self.rows, 'row')} to {place} ({self.mode})"
        if self.landed is None:
            return f"{said}: not proved, because {self.reason}"
        shown = f"{said}: proved by {self.source} over {plural(len(self.columns), 'column')}"
        if self.not_covered:
            shown += "; not covered: " + ", ".join(f"{name} ({why})" for name, why in self.not_covered.items())
        return shown


def _fingerprint(value: Any) -> None:
    Fingerprint.parse(value)


def _strings(value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(one, str) for pair in value.items() for one in pair):
        raise TypeError("must be a dict of strings")


def _forms(value: Any) -> None:
    _strings(value)
    for form in value.values():
        if form not in FORMS:
            raise ValueError(f"{repr_of(form, 80)} is no canonical form")


def _fingerprints(value: Any) -> None:
    _strings(value)
    for one in value.values():
        Fingerprint.parse(one)


def verify_problems(value: object) -> Iterator[str]:
    """What is wrong with the option ``verify``, as one sentence or none."""
    if not isinstance(value, bool) and value != "columns":
        yield f"verify must be true, false or 'columns', not {repr_of(value, 80)}."


def _covers(value: Any) -> None:
    if value not in get_args(Covers):
        raise ValueError("must be 'table' or 'rows'")


def _string(value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError("must be a string")


_OPTIONAL = ("schema", "landed", "reason", "by_column")
_FIELDS: dict[str, Callable[[Any], object]] = {
    "table": _string, "schema": _string, "mode": _string, "source": _fingerprint, "landed": _fingerprint,
    "covers": _covers, "columns": _forms, "not_covered": _strings, "reason": _string, "by_column": _fingerprints,
    "at": dt.datetime.fromisoformat,
}  # fmt: skip


def _problems(data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        yield f"A receipt is a dict, not {repr_of(data, 80)}."
        return
    for name in data:
        if name not in _FIELDS:
            match = closest(name, _FIELDS) if isinstance(name, str) else None
            yield f"A receipt has no {repr_of(name, 80)}" + (f"; did you mean {match!r}?" if match else ".")
    for name, check in _FIELDS.items():
        value = data.get(name)
        if value is None and name in _OPTIONAL:
            continue
        try:
            check(value)
        except (ValueError, TypeError, AttributeError) as error:
            yield f"{name}: {error}, not {repr_of(value, 80)}."


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Whether a table still holds what a load has written. It is true if it does.

    Attributes:
        equal: Whether it does; None if that cannot be told.
        message: What was found, in words.
        expected: The fingerprint that the table should have.
        found: The one that it has.
        columns: The columns that differ, if the receipts have fingerprints of them (``verify="columns"``) and the table
            has as many rows as were loaded; empty if values have only changed places between rows. None if that is not
            known.
    """

    equal: bool | None
    message: str
    expected: Fingerprint | None = None
    found: Fingerprint | None = None
    columns: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        return self.equal is True

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """The result in types of JSON."""
        said = asdict(self)
        return (
            said
            | {"columns": None if self.columns is None else list(self.columns)}
            | {
                name: None if value is None else str(value)
                for name, value in (("expected", self.expected), ("found", self.found))
            }
        )
