"""Arrow batches from PostgreSQL's COPY, without Python objects for rows.

COPY has no parameters, so only statements whose values have exact literals are read this way: integers and strings. It
runs on the connection of the caller, within its transaction and time limit, and `cancel` stops it; a driver for Arrow
would open another connection.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from ...errors import SchemaMismatchError
from ...types.arrow import arrow, bounded, plain, to_arrow
from ...types.logical import logical_type
from ..sql.compiling import literal
from ..stopping import check

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import pyarrow as pa
    from sqlalchemy import BindParameter, Connection, Select

    from ...types.arrow import Named

_READ = frozenset({"boolean", "integer", "float", "decimal", "text", "date", "timestamp", "time", "uuid", "json"})


def copy_statement(connection: Connection, raw: Any, query: Select[Any], columns: Sequence[Named]) -> str | None:
    """The COPY for a query; None if it must be read in rows.

    Args:
        connection: Where it would run.
        raw: psycopg's connection under it.
        query: The query.
        columns: What the server says of it.
    """
    if raw.info.encoding != "utf-8" or not (raw.info.parameter_status("DateStyle") or "").startswith("ISO"):
        return None
    kinds = [logical_type(type_) for _, type_ in columns]
    if any(kind.name not in _READ or (kind.name == "time" and kind.zoned) for kind in kinds):
        return None
    if any(kind.name == "decimal" and bounded(kind.precision, kind.scale)[0] > 38 for kind in kinds):
        return None  # Arrow reads none of them from CSV
    # Values of other classes have types that their text alone would not have.
    sent: Any = query.compile(dialect=connection.dialect)
    if any(type(value) not in {int, str} for bound in sent.binds.values() for value in _values(bound)):
        return None
    text = query.compile(dialect=literal(connection.dialect), compile_kwargs={"literal_binds": True})
    return f"COPY ({text}) TO STDOUT (FORMAT csv)"


def _values(bound: BindParameter[Any]) -> list[Any]:
    value = bound.effective_value
    return list(value) if bound.expanding and value is not None else [value]


def batches(raw: Any, statement: str, columns: Sequence[Named], rows: int) -> Generator[pa.RecordBatch, None, None]:
    """The rows of a COPY, so many in a batch.

    Raises:
        SchemaMismatchError: If a value has no place in its Arrow type: a date before our era, infinity as a number.
    """
    pa = arrow()
    from pyarrow import csv

    schema = pa.schema([(name, to_arrow(type_)) for name, type_ in columns])
    names = [f"c{number}" for number in range(len(columns))]
    convert = csv.ConvertOptions(
        column_types=dict(zip(names, schema.types, strict=True)),
        # NULL is nothing at all, an empty text a pair of quotes.
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    check()
    with raw.cursor() as cursor, cursor.copy(statement) as copied:
        lines = iter(copied)
        while part := b"".join(islice(lines, rows)):
            read = csv.ReadOptions(column_names=names, use_threads=False, block_size=len(part) + 1)
            # Line ends are quoted, and looking for them makes reading several times slower.
            parse = csv.ParseOptions(newlines_in_values=b'"' in part, ignore_empty_lines=False)
            try:
                table = csv.read_csv(pa.BufferReader(part), read, parse, convert)
            except pa.ArrowInvalid as error:
                fault = "A value has no place in the Arrow type of its column."
                raise SchemaMismatchError(
                    fault,
                    mismatches=[_of_column(str(error), columns)],
                    suggestion="Cast the column to text in the query, or leave such rows out.",
                ) from error
            batch = pa.RecordBatch.from_arrays([column.combine_chunks() for column in table.columns], schema=schema)
            yield plain(batch, columns)


_NUMBERED = re.compile(r"In CSV column #(\d+): ")


def _of_column(said: str, columns: Sequence[Named]) -> str:
    """What Arrow says of a value, with the name of its column instead of its number."""
    return _NUMBERED.sub(lambda found: f"column {columns[int(found[1])][0]!r}: ", said)
