"""Which canonical form the values of two columns have in common, and the SQL of it on each side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._shared.files.untyped import read
from .._shared.fingerprints.fingerprint import FORMS
from .type_family import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._shared.fingerprints.canonical_sql import CanonicalSQL, Value
    from .column import Column
    from .relation import Relation

__all__ = ["Side", "form_problems", "forms_of", "side_of"]

#: The form of the values of each family; families without one have no canonical form.
_FORM = {
    "integer": "number", "decimal": "number", "boolean": "number", "float": "float", "text": "text",
    "untyped": "text", "date": "date", "datetime": "moment", "time": "time", "binary": "binary", "uuid": "uuid",
    "json": "json",
}  # fmt: skip
#: Pairs of forms with a form that holds the values of both.
_COMMON = {frozenset({"text", "uuid"}): "text"}
#: As which family a value without a declared type is read for a form.
_FAMILY = {
    "number": "decimal", "float": "decimal", "text": "text", "date": "date", "moment": "datetime", "time": "time",
    "uuid": "uuid",
}  # fmt: skip
#: The form of a column without values, which goes with every other.
_EMPTY = "empty"


@dataclass(frozen=True)
class Side:
    """One of two relations that are compared.

    Attributes:
        relation: The relation.
        sql: The canonical forms in the SQL of its database.
        values: The values of each column with their form.
        where: Only these rows.
    """

    relation: Relation
    sql: CanonicalSQL
    values: Mapping[str, Value]
    where: str | None = None

    def of(self, names: Sequence[str]) -> list[Value]:
        """The values of some columns."""
        return [self.values[name] for name in names]


def forms_of(left: Relation, right: Relation, columns: Sequence[str]) -> dict[str, str]:
    """The form of each column that both sides have in common; those without one are left out."""
    found = {name: _common(left, right, name) for name in columns}
    return {name: form for name, form in found.items() if form is not None}


def form_problems(left: Relation, right: Relation, columns: Sequence[str]) -> Iterator[str]:
    """Every column whose values cannot be compared, one sentence each."""
    for name in columns:
        sides = (("left", left.columns[name], left), ("right", right.columns[name], right))
        alone = [
            f"{name}: {column.refusal or f'{_type(column)} has no canonical form'} ({side})."
            for side, column, relation in sides
            if column.refusal or _form(column, relation) is None
        ]
        yield from alone
        if not alone and _common(left, right, name) is None:
            yield (
                f"{name}: {_type(sides[0][1])} on the left and {_type(sides[1][1])} on the right have no canonical "
                "form in common; cast one of them in a query=, or leave the column out of columns=."
            )


def _lower(type_name: str) -> str:
    return " ".join(type_name.lower().split())


def _type(column: Column) -> str:
    return column.type_name or column.family


def side_of(relation: Relation, forms: Mapping[str, str], where: str | None) -> Side:
    """A relation with its values in these forms."""
    sql = relation.dialect.canonical
    assert sql is not None  # noqa: S101 (what the caller has asked)
    return Side(relation, sql, {name: _value(relation, name, form) for name, form in forms.items()}, where)


def _adapts(column: Column, relation: Relation) -> bool:
    """Whether each value decides for itself what it is: it can be read in the form that the other side declares."""
    return relation.dialect.types_by_value or column.untyped is not None


def _form(column: Column, relation: Relation) -> str | None:
    sql = relation.dialect.canonical
    if canonical(column.type_name)[0] == "timetz" or (sql and not sql.knows(_lower(column.type_name))):
        return None
    if column.family == "unknown":
        return "any" if relation.dialect.types_by_value else _EMPTY if not column.type_name else None
    return _FORM.get(column.family)


def _common(left: Relation, right: Relation, name: str) -> str | None:
    one, other = left.columns[name], right.columns[name]
    first, second = _form(one, left), _form(other, right)
    if first is None or second is None or one.refusal or other.refusal:
        return None
    if _EMPTY in (first, second):
        declared = second if first == _EMPTY else first
        return "text" if declared == _EMPTY else declared
    if first == second or {first, second} == {"date", "moment"}:
        return first if first == second else "moment"
    if {first, second} == {"text", "json"}:
        return "json"  # the strings are read, whatever they are in
    adapting = (_adapts(one, left), _adapts(other, right))
    if all(adapting):
        return _of_adapting(one, other, first, second)
    candidates = [
        form
        for adapts, column, form in zip(adapting, (one, other), (second, first), strict=True)
        if adapts and _readable(column, form)
    ]
    return candidates[0] if candidates else _COMMON.get(frozenset({first, second}))


def _readable(column: Column, form: str) -> bool:
    """Whether values without a declared type can be read in a form."""
    if column.untyped is None:
        return True
    if form == "number":
        # Digits that no decimal type holds are no canonical form.
        return column.untyped.number not in (None, "DOUBLE")
    return form in _FAMILY and (form != "text" or column.untyped.form == "csv")


def _of_adapting(one: Column, other: Column, first: str, second: str) -> str:
    """The form of two columns whose values decide for themselves."""
    if "any" in (first, second):
        return "any" if one.untyped is None and other.untyped is None else first if second == "any" else second
    if {first, second} == {"number", "float"}:
        return "number"
    if one.untyped is None and other.untyped is None:
        return "any"
    # What a table declares, before what the values of a file happen to be.
    return first if one.untyped is None else second if other.untyped is None else "text"


def _value(relation: Relation, name: str, form: str) -> Value:
    column = relation.columns[name]
    type_name = _lower(column.type_name)
    if column.untyped is None:
        if form != "text" and _form(column, relation) == _EMPTY:
            # No function takes values without a type; of strings the length is asked as well.
            return sa.cast(sa.null(), sa.Text()), "ready", type_name
        return relation[name], form, type_name
    own = _form(column, relation)
    if own == form or (own == "date" and form == "moment"):
        return relation.from_.c[name], form, type_name
    raw: Any = relation.from_.c[column.untyped.raw]
    if form == "json":
        return raw, form, "varchar"  # a token of JSON is a document, and a field of a CSV may hold one
    value_type = "decimal" if form == "number" else "varchar" if form in ("text", "uuid") else ""
    if form == "float":
        # From its digits, and not from the decimal: its conversion need not be the nearest one, and it has no -0.0.
        value = read(raw, replace(column.untyped, number="DOUBLE"), "float")
        other: Any = sa.and_(raw.is_not(None), value.is_(None))
    else:
        value, other = relation.of_family(name, _FAMILY[form])
    if other is None:
        return value, form, value_type
    sql = relation.dialect.canonical
    assert sql is not None  # noqa: S101 (what the caller has asked)
    stray = sa.literal_column("'!text '").concat(sa.func.lower(sa.func.hex(raw)))
    return sa.case((other, stray), else_=sql.form(value, form, value_type)), "ready", value_type


assert set(_FORM.values()) | {"any"} == set(FORMS)  # noqa: S101 (a form without a family would never be used)
