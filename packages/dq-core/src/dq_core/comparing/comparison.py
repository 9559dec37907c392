"""What a comparison found: a `Comparison` of plain values, in the forms of a report."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

from ..errors import ComparisonFailedError, reading_document
from ..report.compared import sample_dicts
from ..report.declared import typed
from ..report.jsonable import written
from . import page, printed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from ..relation.differences import Differences
    from ..relation.sides import Sides

__all__ = ["Comparison", "comparison_of"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What a comparison found; every field is a plain JSON value, and every count exact.

    Its truth value is `equal`.

    Attributes:
        equal: Whether both sides have the same rows, as often.
        left: What the left side is, without passwords.
        right: What the right side is.
        left_rows: Rows of the left side.
        right_rows: Rows of the right side.
        left_fingerprint: The left side's fingerprint; two of the same columns are equal if the rows are.
        right_fingerprint: The right side's.
        keys: The columns that identify a row; none if whole rows were compared.
        columns: All columns that were compared, keys first.
        missing: Rows that only the left side has.
        extra: Rows that only the right side has.
        changed: Rows that both sides have by their keys, with other values.
        changed_columns: In how many changed rows each column differs; those that never do are left out.
        within_tolerance: Rows that differ by no more than the tolerance, which count as equal.
        null_keys: ``{"left": n, "right": n}``: rows with a NULL in their key.
        repeated_keys: Likewise, rows that share their key with another one, among those that had to be looked at.
        samples: Some rows that differ: ``kind`` ("missing", "extra", "changed"), ``left`` and ``right`` (the row by
            column, or None), ``columns`` (those that differ). Masked columns show ``***``.
        tolerance: How far numbers may be apart, as it was given.
        where: Only these rows were compared.
        statements: How many statements read data, on both sides together.
        execution_time_seconds: Wall time.
        started_at: When, ISO 8601 in UTC.
        semantics: "portable", or "database" where strings were compared as an untested database gives them.
    """

    equal: bool
    left: str
    right: str
    left_rows: int
    right_rows: int
    left_fingerprint: str
    right_fingerprint: str
    keys: list[str]
    columns: list[str]
    missing: int
    extra: int
    changed: int
    changed_columns: dict[str, int]
    within_tolerance: int
    null_keys: dict[str, int]
    repeated_keys: dict[str, int]
    samples: list[dict[str, Any]] = field(default_factory=list)
    tolerance: Any = None
    where: str | None = None
    statements: int = 0
    execution_time_seconds: float = 0.0
    started_at: str = ""
    semantics: str = "portable"

    def __bool__(self) -> bool:
        return self.equal

    def __repr__(self) -> str:
        return f"<Comparison {printed.verdict(self.to_dict())} {self.left!r:.100} and {self.right!r:.100}>"

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return page.fragment(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The comparison that `to_dict` wrote.

        Args:
            data: The dict, or what JSON gave back of it.

        Raises:
            RuleError: If it is no such dict.
        """
        with reading_document("Comparison.from_dict", data):
            return typed(cls(**{one.name: data[one.name] for one in fields(cls)}))

    def to_json(self, *, indent: int | None = None) -> str:
        """Everything as a JSON string.

        Args:
            indent: How many blanks to indent each level by; None for one line.
        """
        return written(self.to_dict(), indent)

    def to_text(self) -> str:
        """For a terminal or a log."""
        return printed.to_text(self.to_dict())

    def to_markdown(self) -> str:
        """As GitHub-flavoured Markdown."""
        return printed.to_markdown(self.to_dict())

    def to_html(self) -> str:
        """As one self-contained HTML page: left and right beside each other, what differs marked."""
        return page.to_html(self.to_dict())

    def raise_if_different(self) -> Self:
        """The comparison itself if both sides are equal.

        Raises:
            ComparisonFailedError: They are not; the error carries the comparison.
        """
        if not self.equal:
            raise ComparisonFailedError(self, printed.verdict(self.to_dict()))
        return self


def comparison_of(
    found: Differences,
    sides: Sides,
    *,
    sources: tuple[str, str],
    masked: frozenset[str],
    where: str | None,
    tolerance: Any,
    statements: int,
    seconds: float,
    started_at: dt.datetime,
    semantics: str,
) -> Comparison:
    """The comparison that `dq_core.relation.differences` has made."""
    names = sides.names
    return Comparison(
        equal=found.equal,
        left=sources[0],
        right=sources[1],
        left_rows=found.left.rows,
        right_rows=found.right.rows,
        left_fingerprint=str(found.left),
        right_fingerprint=str(found.right),
        keys=list(sides.keys),
        columns=names,
        missing=found.missing,
        extra=found.extra,
        changed=found.changed,
        changed_columns={name: found.columns[name] for name in names if found.columns[name]},
        within_tolerance=found.within_tolerance,
        null_keys=dict(zip(("left", "right"), found.null_keys, strict=True)),
        repeated_keys=dict(zip(("left", "right"), found.repeated_keys, strict=True)),
        samples=sample_dicts(found.samples, masked),
        tolerance=dict(tolerance) if hasattr(tolerance, "keys") else tolerance,
        where=where,
        statements=statements,
        execution_time_seconds=round(seconds, 6),
        started_at=started_at.isoformat(),
        semantics=semantics,
    )
