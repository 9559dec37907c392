"""``same_rows``: the rows are those of another table, file or database."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from ..._shared.masking import secrets_of
from ..._shared.wording import repr_of
from ...errors import RuleError, SourceError
from ...relation.differences import differences
from ...relation.sides import sides_of
from ...relation.tolerance import Tolerance, tolerance_problems
from ...report.compared import counted, sample_dicts
from ...report.view import count
from .. import options
from ..base import Aggregate, EvaluationError, MetricCheck, Outcome, rows_where
from ..registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...relation.differences import Differences
    from ...relation.relation import Other, Relation
    from ...relation.selection import FollowUp
    from ...relation.sides import Sides

_SAMPLES = 5


@register("same_rows")
@dataclass(frozen=True, kw_only=True)
class SameRows(MetricCheck):
    """The rows are those of another source: none is missing, none is extra, none is changed.

    Args:
        source: The other source, which is right: a path or URI of files, the URL of a database (without a password;
            ``env:NAME`` reads it from the environment), or in Python anything that is validated.
        table: The table, if that is a database.
        query: A SELECT instead of a table.
        schema: The table's schema.
        key_columns: The columns that identify a row (rules call them keys); without keys, whole rows are compared.
        columns: The columns to compare, besides the keys; all if not given.
        tolerance: How far numbers may be apart: a number, or a mapping with absolute and relative.
    """

    # A check is a mapping, which has a method of that name.
    aliases = {**MetricCheck.aliases, "keys": "key_columns"}  # noqa: RUF012 (as the class it is from says)

    source: Any
    table: str | None = None
    query: str | None = None
    schema: str | None = None
    key_columns: Any = ()
    columns: Any = None
    tolerance: Any = None

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        for name in ("key_columns", "columns"):
            object.__setattr__(self, name, options.frozen(getattr(self, name)))
        if self.key_columns != ():
            yield from options.column_names(self.label, self.key_columns, "keys")
        if self.columns is not None:
            yield from options.column_names(self.label, self.columns)
        if self.source is None or isinstance(self.source, bool | int | float) or self.source == "":
            yield f"{self.label}: source must be a path, a URL, or what dq_core opens, not {repr_of(self.source, 80)}."
        elif isinstance(self.source, str) and secrets_of(self.source):
            yield f"{self.label}: source holds a password, which reports would show; give it as env:NAME."
        for name in ("table", "query", "schema"):
            if getattr(self, name) is not None:
                yield from options.text(self.label, name, getattr(self, name))
        yield from tolerance_problems(f"{self.label}: tolerance", self.tolerance)
        if self.tolerance is not None and not self.key_columns:
            yield f"{self.label}: tolerance requires keys, which say which rows belong together."

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that are named."""
        return tuple(dict.fromkeys([*self._keys, *(self.columns or ())]))

    @property
    def _keys(self) -> tuple[str, ...]:
        """The keys; none if they are no names."""
        return self.key_columns if isinstance(self.key_columns, tuple) else ()

    @property
    def default_name(self) -> str:
        """The keys are enough."""
        return "_".join([self.kind, *map(options.name_part, self._keys)])

    def to_dict(self) -> dict[str, Any]:
        """The rule, with the keys by the name that rules give them."""
        rule = super().to_dict()
        return {("keys" if name == "key_columns" else name): value for name, value in rule.items()}

    def shown(self) -> dict[str, Any]:
        """A source that is an object of Python by its type alone."""
        named = isinstance(self.source, str | PathLike)
        return self.to_dict() | {"source": str(self.source) if named else type(self.source).__name__}

    def misfits(self, relation: Relation) -> Iterator[str]:
        """The other source cannot be opened, or its columns cannot be compared."""
        try:
            other = self._other(relation)
            sides = self._sides(relation, other)
        except RuleError as error:
            yield from (f"{self.label}: {problem}" for problem in error.problems)
        except SourceError as error:
            if error.retryable:
                raise
            yield f"{self.label}: source: {error}"
        else:
            yield from (f"{self.label}: source: {problem}." for problem in other.problems(sides.names, self.where))

    def _other(self, relation: Relation) -> Other:
        return relation.elsewhere((self.source, self.table, self.query, self.schema))

    def _sides(self, relation: Relation, other: Other) -> Sides:
        return sides_of(
            other.relation,
            relation,
            keys=self.key_columns,
            columns=self.columns,
            where=self.where,
            tolerance=Tolerance.of(self.tolerance),
            samples=_SAMPLES,
        )

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The considered rows."""
        del relation
        return {"considered_rows": rows_where(self.where)}

    def follow_up(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp:
        """Compare the fingerprints, and whatever differs."""
        del measured
        other = self._other(relation)
        steps = differences(self._sides(relation, other))
        try:
            step = next(steps)
            while True:
                theirs = step.left.read(other.fetch(step.left.statement))
                mine = yield step.right.statement
                step = steps.send((theirs, step.right.read(mine)))
        except StopIteration as end:
            return {"differences": end.value, "other": other}
        except SourceError as error:
            if error.retryable:
                raise
            raise EvaluationError(str(error)) from None

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if both have the same rows, as often."""
        del relation
        found: Differences = measured["differences"]
        other: Other = measured["other"]
        details: dict[str, Any] = {
            "other": other.description,
            "missing": found.missing,
            "extra": found.extra,
            "changed": found.changed,
            "changed_columns": dict(found.columns),
            "fingerprint": str(found.right),
            "other_fingerprint": str(found.left),
        }
        if not found.equal:
            details["samples"] = sample_dicts(found.samples, other.masked)
        observed = {name: details[name] for name in ("missing", "extra", "changed")}
        return Outcome(found.equal, _message(found, other.description), None, None, observed, details)


def _message(found: Differences, other: str) -> str:
    if found.equal:
        return f"The {count(found.right.rows)} rows are those of {other}."
    numbers = (("missing", found.missing), ("extra", found.extra), ("changed", found.changed))
    return f"The rows differ from those of {other}: {counted(numbers, found.columns.most_common(10))}."
