"""The fingerprint of rows on their way: counted beside the load, by DuckDB over Arrow where it is installed.

What encodes the rows for the target is not used here, so that a fault of it cannot be on both sides.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import column, func, select, table
from sqlalchemy.engine.default import DefaultDialect

from .._shared.fingerprints.canonical_sql import DuckDBForms
from .._shared.fingerprints.fingerprint import Fingerprint, canonical, head_of, of_columns
from ..types import documents
from ..types.arrow import arrow
from .rows import uncollected
from .tally_arrow import READY, Covered, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    import pyarrow as pa

    from ..types.arrow import Batch
    from .tally_arrow import Typed

__all__ = ["Covered", "Sums", "Tally"]

_FEW: Final = 10_000
"""Values that Python counts in less time than DuckDB needs to begin."""
_AHEAD: Final = 2
"""Batches that wait to be counted, at most."""

_WIDTHS: Final = (18, 38)
"""The digits of decimals that DuckDB holds in 64 and in 128 bits."""
_SCALE: Final = re.compile(r"\(\d+,(\d+)\)")

Sums = list[Fingerprint]
"""The fingerprint of the rows, and behind it those of each column alone if they were asked for."""


class Tally:
    """The fingerprint of rows that come in batches.

    Args:
        columns: The columns to cover.
        places: Where each stands in the rows.
        by_column: Whether each column is counted by itself as well: what cannot be read again needs it, to say which
            columns differ.
    """

    def __init__(self, columns: Sequence[Covered], places: Sequence[int], *, by_column: bool = False) -> None:
        self._columns = list(columns)
        self._places = list(places)
        self._by_column = by_column
        self._sums: Sums = [Fingerprint()] * (1 + (len(self._columns) if by_column else 0))
        self._waiting: list[Future[Sums]] = []
        self._workers: ThreadPoolExecutor | None = None
        self._connection: Any = None

    def add(self, batch: Batch) -> None:
        """Count rows, in a thread where they are many: DuckDB lets Python go on meanwhile."""
        if len(batch) * len(self._columns) <= _FEW or find_spec("duckdb") is None or find_spec("pyarrow") is None:
            values = self._of_rows(batch)
            self._add(_by_python(values, self._columns, by_column=self._by_column, rows=len(batch)))
            return
        if self._workers is None:
            self._workers = ThreadPoolExecutor(1, "moltres-fingerprints")
        while len(self._waiting) >= _AHEAD:
            self._add(self._waiting.pop(0).result())
        self._waiting.append(self._workers.submit(self._by_duckdb, batch))

    def sums(self) -> Sums:
        """What was counted so far."""
        while self._waiting:
            self._add(self._waiting.pop(0).result())
        return self._sums

    def close(self) -> None:
        """End the thread."""
        if self._workers is not None:
            self._workers.shutdown(cancel_futures=True)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _add(self, sums: Sums) -> None:
        self._sums = [one + other for one, other in zip(self._sums, sums, strict=True)]

    def _of_rows(self, batch: Batch) -> list[Sequence[Any]]:
        """The values of each covered column."""
        if not self._places:
            return []  # the rows are only counted
        if isinstance(batch, list):
            every = list(zip(*batch, strict=True)) if batch else []
            return [every[place] for place in self._places] if every else []
        return [_values(batch.column(place), one) for place, one in zip(self._places, self._columns, strict=True)]

    def _by_duckdb(self, batch: Batch) -> Sums:
        import duckdb

        pa = arrow()
        with uncollected():
            if isinstance(batch, list):
                values = self._of_rows(batch)
                made = [_array(pa, items, one) for items, one in zip(values, self._columns, strict=True)]
            else:
                made = [
                    typed(pa, batch.column(place), one) or _array(pa, _values(batch.column(place), one), one)
                    for place, one in zip(self._places, self._columns, strict=True)
                ]
        known = [one for one in made if one is not None]
        if len(known) < len(made) or not made:
            return _by_python(self._of_rows(batch), self._columns, by_column=self._by_column, rows=len(batch))
        names = [f"c{number}" for number in range(len(known))]
        rows = pa.Table.from_arrays([array for array, _, _ in known], names=names)
        if self._connection is None:
            self._connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "threads": 1})
        self._connection.register("b", rows)
        kinds = tuple((form, type_name) for _, form, type_name in known)
        (found,) = self._connection.execute(_statement(kinds, self._by_column)).fetchall()
        self._connection.unregister("b")
        count, sums = found[0], list(found[1:])
        return [Fingerprint.of_sums(count, *_SQL.folded(sums[at : at + 2])) for at in range(0, len(sums), 2)]


def _by_python(values: list[Sequence[Any]], columns: Sequence[Covered], *, by_column: bool, rows: int = 0) -> Sums:
    settled = [_settled(items, one) for items, one in zip(values, columns, strict=False)]
    forms = [one.form for one in columns]
    whole = of_columns(settled, forms) if settled else Fingerprint(rows)
    if not by_column:
        return [whole]
    return [whole, *(of_columns([items], [form]) for items, form in zip(settled, forms, strict=True))]


def _values(array: pa.Array, one: Covered) -> list[Any]:
    """An array as values of Python; JSON is text in Arrow."""
    values: list[Any] = array.to_pylist()
    if one.form != "json":
        return values
    return [documents.JsonText(value) if isinstance(value, str) else value for value in values]


def _settled(values: Sequence[Any], one: Covered) -> Sequence[Any]:
    """Floats as the column holds them, and JSON as text."""
    if one.form == "json":
        return [None if value is None else _document(value) for value in values]
    if one.form != "float" or (one.signed_zero and not one.single):
        return values
    zero = -0.0 if one.signed_zero else 0.0
    return [(_single(value) if one.single else value) + zero if isinstance(value, float) else value for value in values]


def _document(value: Any) -> str:
    """A document as text; what is none, and is about to be refused, as no document."""
    try:
        return documents.write(value)
    except ValueError:
        return f"no document: {value!r}"


def _single(value: float) -> float:
    """The float of 32 bits that is nearest, as 64 bits."""
    try:
        nearest: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return value
    return nearest


_SQL = DuckDBForms()


@lru_cache(maxsize=256)
def _statement(kinds: tuple[tuple[str, str], ...], by_column: bool) -> str:
    """The sums of the hashes of the rows of ``b``, and of each column."""
    values: list[Any] = [(column(f"c{number}"), form, type_name) for number, (form, type_name) in enumerate(kinds)]
    wanted = [values, *([value] for value in values)] if by_column else [values]
    hashes = select(*(_SQL.hash(some).label(f"h{at}") for at, some in enumerate(wanted)))
    inner = hashes.select_from(table("b")).subquery("hashes")
    sums = [one for hash_ in inner.c for one in _SQL.sums(hash_)]
    return str(select(func.count(), *sums).compile(dialect=DefaultDialect(), compile_kwargs={"literal_binds": True}))


def _array(pa: Any, values: Sequence[Any], one: Covered) -> Typed | None:
    """Values of Python as an array; in their canonical form if Arrow has no type that holds them as they are.

    Returns:
        None if only a whole row can be encoded: a column of strings with other values in it.
    """
    classes = set(map(type, values))
    classes.discard(type(None))
    make = _MAKERS.get((one.form, classes.pop())) if len(classes) == 1 else None
    if make is not None:
        try:
            made = typed(pa, make(pa, values, one), one)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            made = None
        if made is not None:
            return made
    if one.form == "json":
        heads = [head_of(canonical(value, one.form), one.form) for value in _settled(values, one)]
        return pa.array(heads, pa.string()), READY, "varchar"
    if one.form == "text":
        return None if make is not None or classes else (pa.nulls(len(values), pa.string()), "text", "varchar")
    ready = [None if value is None else str(canonical(value, one.form)) for value in _settled(values, one)]
    return pa.array(ready, pa.string()), READY, "varchar"


def _decimals(pa: Any, values: Sequence[Any], one: Covered) -> Any:
    """Decimals with the scale of their column, which takes a tenth of the time that Arrow needs to find one."""
    found = _SCALE.search(one.type_name)
    scale = None if found is None else int(found[1])
    for digits in _WIDTHS if scale is not None and scale <= _WIDTHS[0] else ():
        try:
            return pa.array(values, pa.decimal128(digits, scale))
        except pa.ArrowInvalid:
            continue  # more digits than these
    return pa.array(values)


def _parsed(pa: Any, values: Sequence[Any], one: Covered) -> Any:
    """Moments as SQLite has them: with a zone, or without one."""
    del one
    array = pa.array(values, pa.string())
    try:
        return array.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return array.cast(pa.timestamp("us", tz="UTC"))


_MAKERS: dict[tuple[str, type], Callable[[Any, Sequence[Any], Covered], Any]] = {
    ("number", int): lambda pa, values, _: pa.array(values, pa.int64()),
    ("number", bool): lambda pa, values, _: pa.array(values, pa.bool_()),
    ("number", Decimal): _decimals,
    ("float", float): lambda pa, values, _: pa.array(values, pa.float64(), from_pandas=False),
    ("text", str): lambda pa, values, _: pa.array(values, pa.string()),
    ("text", UUID): lambda pa, values, _: pa.array(list(map(_text, values)), pa.string()),
    ("uuid", UUID): lambda pa, values, _: pa.array(list(map(_text, values)), pa.string()),
    ("date", dt.date): lambda pa, values, _: pa.array(values, pa.date32()),
    ("date", str): lambda pa, values, _: pa.array(values, pa.string()).cast(pa.date32()),
    ("moment", dt.datetime): lambda pa, values, _: pa.array(values, pa.timestamp("us", tz="UTC")),
    ("moment", str): _parsed,
    ("time", dt.time): lambda pa, values, _: pa.array(values, pa.time64("us")),
    ("binary", bytes): lambda pa, values, _: pa.array(values, pa.binary()),
}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
