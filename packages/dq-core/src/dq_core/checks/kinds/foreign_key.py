"""``foreign_key``: values occur in another table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from ..._shared.wording import repr_of
from ...errors import SourceError
from ...relation.selection import OneValue
from ...relation.type_family import MOMENTS, NUMBERS
from .. import options
from ..base import Aggregate, Check, Outcome, count_where, known_rows, share_outcome
from ..registry import register

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ...relation.column import Column
    from ...relation.questions import Named
    from ...relation.relation import Relation
    from ...relation.selection import FollowUp


#: Families as which the values of a file that declares no types are read.
_READ = NUMBERS | MOMENTS | {"text", "boolean", "time", "uuid"}


class _Pair(NamedTuple):
    """Two columns of a key as they are compared.

    Attributes:
        value: The value of a row.
        referenced: The value of a row of the other table.
        stray: Whether a row has a value that cannot be read as one of the other table; None where there is none.
    """

    value: ColumnElement[Any]
    referenced: ColumnElement[Any]
    stray: ColumnElement[bool] | None = None


def _pair(relation: Relation, name: str, other: Relation, there: str) -> _Pair:
    """The two columns, moments among them as those in UTC if one of them has a zone, as in bounds of other rules."""
    pair = _compared(relation, name, other, there)
    own, referenced = relation.columns[name], other.columns[there]
    if own.zoned == referenced.zoned or not {own.family, referenced.family} <= MOMENTS | {"untyped", "mixed"}:
        return pair
    if own.zoned:
        return pair._replace(referenced=relation.dialect.in_utc(pair.referenced))
    value = relation.dialect.in_utc(pair.value)
    strays = [one for one in (pair.stray, sa.and_(pair.value.is_not(None), value.is_(None))) if one is not None]
    return _Pair(value, pair.referenced, sa.or_(*strays))


def _compared(relation: Relation, name: str, other: Relation, there: str) -> _Pair:
    own, referenced = relation.columns[name], other.columns[there]
    if _may_be_documents(own) and _may_be_documents(referenced):
        return _Pair(relation.groups(name)[-1], other.groups(there)[-1])
    if own.family == referenced.family == "unknown":
        # SQLite would read a string as a number, or a number as a string, for what a column behind a query declares.
        value, their = relation[name], other[there]
        return _Pair(sa.case((value.is_not(None), value)), sa.case((their.is_not(None), their)))
    if not (own.judged_by_value or referenced.judged_by_value):
        # A date is the moment that it begins with, and a string may spell a UUID.
        for alike, wider in ((MOMENTS, "datetime"), ({"text", "uuid"}, "uuid")):
            if {own.family, referenced.family} == alike:
                own, referenced = replace(own, family=wider), replace(referenced, family=wider)
        groups = relation.dialect.groups
        return _Pair(groups(relation[name], own)[-1], groups(other[there], referenced)[-1])
    family = _read_as(own, referenced)
    if family is None:
        forms = {one.untyped.form for one in (own, referenced) if one.untyped is not None}
        exactly = forms == {"json"} and own.family != "mixed" and own.untyped is not None
        return _Pair(relation.written(name, exactly=exactly), other.written(there, exactly=exactly))
    value, stray = relation.of_family(name, family)
    their, _ = other.of_family(there, family)
    return _Pair(value, their, stray)


def _may_be_documents(column: Column) -> bool:
    """Whether values may be documents of JSON, which are equal by what they mean."""
    return column.is_json or (
        column.family == "untyped" and column.untyped is not None and column.untyped.form == "json"
    )


def _read_as(own: Column, referenced: Column) -> str | None:
    """The family as which values are compared where one column declares no type; None to compare what is written."""
    every = {one.family for one in (own, referenced)} - {"mixed", "unknown"}
    declared = {one.family for one in (own, referenced) if one.untyped is None} - {"mixed", "unknown"}
    families = declared or every
    for alike, wider in ((NUMBERS, "decimal"), (MOMENTS, "datetime")):
        if families and families <= alike:
            return wider
    return next(iter(families)) if len(families) == 1 and families <= _READ else None


def _comparable(own: Column, referenced: Column) -> bool:
    """Whether values of both are compared alike on every database: '03' is 3 on some, and 1 a date."""
    if own.family == referenced.family:
        return True
    families = {own.family, referenced.family}
    return any(families <= alike for alike in _ALIKE)


def _require_numbers(own: Column, referenced: Column) -> None:
    """Make sure that columns which are compared as numbers have types that hold all of them."""
    if _read_as(own, referenced) == "decimal":
        for column in (own, referenced):
            options.require_number(column)


_ALIKE = (NUMBERS | {"boolean"}, MOMENTS, frozenset({"text", "uuid"}))


@register("foreign_key")
@dataclass(frozen=True, kw_only=True)
class ForeignKey(Check):
    """Every value (or combination) occurs in the columns of another table; rows with a NULL in the key are left out.

    The other table is in the same database; for files and frames it is a file.

    Args:
        column: The column.
        columns: The columns of a composite key, instead of column.
        references: A mapping with table and columns (or column), and schema if the table is in another one; the table
            may be given as ``schema.table`` as well.
    """

    column: str | None = None
    columns: tuple[str, ...] | None = None
    references: Any

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        object.__setattr__(self, "columns", options.frozen(self.columns))
        yield from options.column_or_columns(self.label, self.column, self.columns)
        if not isinstance(self.references, Mapping):
            yield f"{self.label}: references must be a mapping with table and columns, not {repr_of(self.references)}."
            return
        allowed = ("schema", "table", "columns", "column")
        for key in self.references:
            if key not in allowed:
                yield f"{self.label}: references has no key {repr_of(key)}.{options.question(key, allowed)}"
        table = self.references.get("table")
        if not isinstance(table, str) or not table:
            yield f"{self.label}: references: table must be the name of a table, not {repr_of(table)}."
        schema = self.references.get("schema")
        if schema is not None and (not isinstance(schema, str) or not schema):
            yield f"{self.label}: references: schema must be the name of a schema, not {repr_of(schema)}."
        column, columns = self.references.get("column"), options.frozen(self.references.get("columns"))
        columns = (columns,) if isinstance(columns, str) else columns
        yield from options.column_or_columns(f"{self.label}: references", column, columns)
        there = options.targets(column, columns)
        if len(there) != len(self.targets):
            yield f"{self.label}: {len(self.targets)} columns cannot refer to {len(there)}."
        place = {"table": table} if schema is None else {"schema": schema, "table": table}
        object.__setattr__(self, "references", {**place, "columns": list(there)})

    @property
    def targets(self) -> tuple[str, ...]:
        """The key columns."""
        return options.targets(self.column, self.columns)

    @property
    def others(self) -> tuple[Named, ...]:
        """The table that the values are in."""
        return ((self.references["table"], self.references.get("schema")),)

    def misfits(self, relation: Relation) -> Iterator[str]:
        """The other table does not exist, or has no such column."""
        try:
            other = self._other(relation)
        except SourceError as error:
            if error.retryable:
                raise
            yield f"{self.label}: references: {error}"
            return
        for own, name in zip(self.targets, self.references["columns"], strict=True):
            if name not in other.columns:
                yield (f"{self.label}: {self._place} has no column {name!r}.{options.question(name, other.columns)}")
                continue
            column, there = relation.columns[own], other.columns[name]
            if column.judged_by_value or there.judged_by_value:
                _require_numbers(column, there)
            elif not _comparable(column, there):
                yield (
                    f"{self.label}: {own} is {column.type_name} and {self._place}.{name} is {there.type_name}: "
                    "databases compare these differently, or not at all; cast one of them in a query."
                )

    @property
    def _place(self) -> str:
        return ".".join(filter(None, (self.references.get("schema"), self.references["table"])))

    def _other(self, relation: Relation) -> Relation:
        return relation.find(*self.others[0])

    def failing(self, relation: Relation) -> ColumnElement[bool]:
        """All key columns have values, and no row of the other table has the same ones."""
        other = self._other(relation)
        names = zip(self.targets, self.references["columns"], strict=True)
        pairs = [_pair(relation, name, other, there) for name, there in names]
        absent = relation.dialect.absent([one.value for one in pairs], [one.referenced for one in pairs])
        strays = [one.stray for one in pairs if one.stray is not None]
        return sa.and_(*self._considered(relation), sa.or_(*strays, absent))

    def _considered(self, relation: Relation) -> list[ColumnElement[bool]]:
        return relation.among([relation[key].is_not(None) for key in self.targets], self.where)

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The considered rows and, where that takes no scan of its own, those without a match."""
        measures = {"considered_rows": known_rows(relation, self.targets, self.where)}
        if relation.dialect.semi_joins and len(self.targets) == 1:
            measures["failed_rows"] = ((id(self), "failed"), count_where(self.failing(relation)))
        return measures

    def follow_up(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp | None:
        """The number of rows without a match."""
        return self._count(relation) if measured["considered_rows"] and "failed_rows" not in measured else None

    def _count(self, relation: Relation) -> FollowUp:
        return {"failed_rows": (yield OneValue(relation.select(sa.func.count()).where(self.failing(relation))))}

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the share of rows with a match reaches the threshold."""
        del relation
        sentence = f"are not in {self._place}"
        return share_outcome(self, int(measured["considered_rows"]), int(measured.get("failed_rows", 0)), sentence)
