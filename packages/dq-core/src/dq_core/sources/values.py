"""Python values as columns of a DuckDB table."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._shared.duckdb_literals import literal
from .._shared.infer import summarize
from .._shared.wording import repr_of
from ..errors import RuleError
from ..relation.type_family import MOMENTS, NUMBERS, family_of_value
from .limit import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .limit import Deadline

__all__ = ["kinds_of", "quoted", "storage_of_numbers", "store"]

_BATCH = 50_000
#: Up to so many values are written into the statement.
FEW = 10_000
_INT64, _INT128 = 2**63, 2**127
_DECIMAL_DIGITS = 38


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclasses.dataclass(frozen=True)
class _Storage:
    """How the values of a column are handed to DuckDB: its type, and a conversion of every value that is not NULL.

    `sent_as` is the type in which the values are passed if it differs.
    """

    type_name: str
    convert: Callable[[Any], Any] | None = None
    sent_as: str | None = None


def store(raw: Any, name: str, values: Mapping[str, list[Any]], deadline: Deadline | None = None) -> set[str]:
    """Make a temporary table of columns of Python values, with types that hold all of them exactly.

    Args:
        raw: The DuckDB connection.
        name: The table's name.
        values: The values of each column, as many of each.
        deadline: When to stop.

    Returns:
        The columns with at least one value, which the table has. Without such a column there is no table.
    """
    defined: dict[str, str] = {}
    selected: list[str] = []
    sent: list[tuple[list[Any], _Storage]] = []
    for column, items in values.items():
        pieces = _pieces(until(deadline, items))
        if not pieces:
            continue
        places = range(len(sent) + 1, len(sent) + len(pieces) + 1)
        defined[column] = type_name = _type_of(pieces)
        for family, storage in pieces.items():
            sent.append((items if len(pieces) == 1 else _only(items, _ALIKE[family]), storage))
        selected.append(_expression(pieces, places, type_name))
    if not defined:
        return set()
    columns = ", ".join(f"{quoted(column)} {type_name}" for column, type_name in defined.items())
    raw.execute(f"CREATE TEMP TABLE {quoted(name)} ({columns})")
    insert = f"INSERT INTO {quoted(name)} SELECT {', '.join(selected)} FROM"
    types = [one.sent_as or one.type_name for _, one in sent]
    for start in until(deadline, range(0, len(sent[0][0]), _BATCH)):
        batch = [_converted(items[start : start + _BATCH], storage) for items, storage in sent]
        literals = _literals(batch, types)
        lists = literals or [f"${place}::{type_name}[]" for place, type_name in enumerate(types, 1)]
        unnested = ", ".join(f"unnest({values}) AS v{place}" for place, values in enumerate(lists, 1))
        raw.execute(f"{insert} (SELECT {unnested})", None if literals else [list(map(_sent, one)) for one in batch])
    return set(defined)


def kinds_of(items: Iterable[Any]) -> list[str | None] | None:
    """The family of each value, where values of several are kept as one type; None where the type says it."""
    items = list(items)
    families = {kind: family_of_value(kind_value) for kind, kind_value in {type(one): one for one in items}.items()}
    known = set(families.values())
    if all(len(known & group) < 2 for group in _TOGETHER):
        return None
    return [None if one is None else families[type(one)] for one in items]


def _sent(value: Any) -> Any:
    """A value as a parameter: the driver reads ``Decimal('1E+3')`` as 1.000."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return Decimal(format(value, "f")) if isinstance(exponent, int) and exponent > 0 else value
    if isinstance(value, list):
        return list(map(_sent, value))
    return {key: _sent(item) for key, item in value.items()} if isinstance(value, dict) else value


def _literals(columns: list[list[Any]], types: list[str]) -> list[str] | None:
    """Each column as a list in SQL, every value cast by itself; None where parameters do better.

    The first parameter makes the driver import pandas, which takes as long as the literals of some 40 000 values.
    """
    if sum(map(len, columns)) > FEW:
        return None
    try:
        return [
            f"[{', '.join(f'{literal(value)}::{type_name}' for value in items)}]::{type_name}[]"
            for items, type_name in zip(columns, types, strict=True)
        ]
    except (TypeError, OverflowError):  # what only the driver can hand over
        return None


def _only(items: list[Any], families: frozenset[str]) -> list[Any]:
    """The values of these families, NULL for the others."""
    return [one if family_of_value(one) in families else None for one in items]


def _converted(items: list[Any], storage: _Storage) -> list[Any]:
    if storage.convert is None:
        return items
    return [None if item is None else storage.convert(item) for item in items]


def _type_of(pieces: Mapping[str, _Storage]) -> str:
    """The column's type: values of several types keep them, so that ``1`` and ``'1'`` stay different."""
    if len(pieces) == 1:
        return next(iter(pieces.values())).type_name
    return f"UNION({', '.join(f'{quoted(family)} {one.type_name}' for family, one in pieces.items())})"


def _expression(pieces: Mapping[str, _Storage], places: range, type_name: str) -> str:
    if len(pieces) == 1:
        return f"v{places[0]}::{type_name}"
    cases = " ".join(
        f"WHEN v{place} IS NOT NULL THEN union_value({quoted(family)} := v{place}::{one.type_name})::{type_name}"
        for place, (family, one) in zip(places, pieces.items(), strict=True)
    )
    return f"CASE {cases} END"


def _pieces(values: Iterable[Any]) -> dict[str, _Storage]:
    """The storage for the values of each family; families that go together share one. Empty without any value."""
    by_family: dict[str, list[Any]] = {}
    for value in values:
        if value is not None:
            by_family.setdefault(family_of_value(value) or _unknown(value), []).append(value)
    pieces: dict[str, _Storage] = {}
    for group in _TOGETHER:
        together = [value for family in group for value in by_family.get(family, ())]
        if together:
            families = {family for family in group if by_family.pop(family, None)}
            family, storage = _storage_of_several(families, together)
            pieces[family] = storage
    for family, alike in by_family.items():
        pieces[family] = dataclasses.replace(_SIMPLE[family], convert=_to_python(family, alike))
    return pieces


def _to_python(family: str, values: list[Any]) -> Callable[[Any], Any] | None:
    """What makes values of NumPy and the like Python's own; None where all of them are."""
    kind = _PYTHON.get(family)
    return None if kind is None or all(type(value) is kind for value in values) else kind


def _unknown(value: Any) -> str:
    raise RuleError([f"Rows hold {repr_of(value, 80)} ({type(value).__name__}), which no column can hold."])


_PYTHON: dict[str, type] = {"boolean": bool, "integer": int, "binary": bytes}
_SIMPLE = {
    "boolean": _Storage("BOOLEAN"), "text": _Storage("VARCHAR"), "time": _Storage("TIME"),
    "interval": _Storage("INTERVAL"), "binary": _Storage("BLOB"), "uuid": _Storage("UUID"),
}  # fmt: skip
#: Families of which a column has one type.
_TOGETHER = (NUMBERS, MOMENTS, frozenset({"list", "struct"}))
#: The families that are kept together, by the family that they are kept as.
_ALIKE = {
    **dict.fromkeys(NUMBERS, NUMBERS),
    **dict.fromkeys(MOMENTS, MOMENTS),
    **{family: frozenset({family}) for family in _SIMPLE},
    "json": frozenset({"list", "struct"}),
}


def _storage_of_several(families: set[str], values: list[Any]) -> tuple[str, _Storage]:
    """The family and storage that hold values of these families, which are kept together."""
    if families <= {"list", "struct"}:
        return "json", _Storage("JSON", _json)
    if families == {"date"}:
        return "date", _Storage("DATE")
    known = summarize(values)
    if families <= MOMENTS:
        storage = _Storage("TIMESTAMPTZ", _moment) if True in known.zones else _Storage("TIMESTAMP")
        if any(getattr(value, "nanosecond", 0) for value in values):
            storage = _Storage("TIMESTAMP_NS", _with_nanoseconds, "VARCHAR")
        return "datetime", storage
    if families == {"integer"}:
        return "integer", _integers(known.largest, _to_python("integer", values))
    if families <= {"integer", "decimal"} and known.finite and known.whole_digits + known.scale <= _DECIMAL_DIGITS:
        # A decimal type that holds all values without rounding.
        width = max(known.whole_digits + known.scale, known.scale, 1)
        return "decimal", _Storage(f"DECIMAL({width}, {known.scale})")
    # DuckDB's driver reads NaN as NULL, so numbers are passed as strings, which are exact.
    return "float", _Storage("DOUBLE", lambda value: repr(float(value)), "VARCHAR")


def _integers(largest: int, convert: Callable[[Any], Any] | None) -> _Storage:
    if largest < _INT128:
        return _Storage("BIGINT" if largest < _INT64 else "HUGEINT", convert)
    return _Storage("BIGNUM", lambda value: str(int(value)), "VARCHAR")


def storage_of_numbers(values: list[Any]) -> str:
    """The type of DuckDB for numbers of one column; DOUBLE where no other has all of them."""
    families = {family_of_value(value) or "" for value in values}
    return _storage_of_several(families, values)[1].type_name


def _moment(value: dt.date) -> dt.datetime:
    """A naive timestamp is UTC."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value


def _with_nanoseconds(value: Any) -> str:
    """A timestamp of pandas, or any other, in UTC with all its digits."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    plain = value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
    return str(plain.isoformat(sep=" "))


def _json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, sort_keys=True)
