"""DuckDB."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import decimal
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ...._shared.databases.duckdb_optimizers import INEXACT, WRONG, disabled
from ...._shared.files.parquet_types import parquet_type
from ...._shared.files.text_files import identifier
from ...._shared.fingerprints.canonical_sql import DuckDBForms
from ...._shared.statements import interrupted_after
from ....errors import SourceError
from ...column import Column
from ...repeated_keys import count_repeated_keys
from ...selection import OneValue
from ...type_family import family_of_name
from .. import nanoseconds
from ..base import Dialect
from ..memory import ScanMemory, is_stored
from .numbers import end_beyond, is_float, nearest, number_type
from .syntax import named_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, FromClause, TextClause

    from ...pattern import Pattern
    from ...selection import Aggregate, FollowUp, Selection

__all__ = ["DuckDB", "read_exactly"]

#: Types whose values Arrow and the statistics of Parquet compare otherwise than DuckDB, or not at all.
_COMPARED_OTHERWISE = frozenset({"TIME_NS", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"})

#: The bitmap of integers has at most this many bits (64 MB for each thread) …
_MOST_BITS = 2**29
#: … and at most this many for each row; beyond that, hashes are smaller.
_BITS_FOR_A_ROW = 64
#: Integers whose sums overflow their type.
_LONGEST = frozenset({"HUGEINT", "UHUGEINT"})
#: What the driver gives for infinity.
_ENDS = (dt.datetime.combine(dt.date.min, dt.time.min), dt.datetime.combine(dt.date.max, dt.time.max))
_LIMITS = frozenset({dt.date.min, dt.date.max, *_ENDS, *(end.replace(tzinfo=dt.UTC) for end in _ENDS)})
#: Functions of subqueries that compute rows; all others may read files or run statements.
_TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "unnest"})
#: Functions that read settings, or bind or run statements in text; DuckDB calls them free of effects.
_REFUSED = frozenset({"current_setting", "getenv", "getvariable", "json_execute_serialized_sql", "json_serialize_plan"})
#: Up to this many repeated hashes are written into the next statement; more are computed again.
_MOST_SUSPECTS = 1000


class _TimeNs(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "TIME_NS"


class _Longest(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "BIGNUM"


class _BigNum(sa.types.TypeDecorator[int]):
    """Integers of any length, which the driver hands over as text."""

    impl = sa.Numeric
    cache_ok = True

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> int | None:
        del dialect
        return None if value is None else int(value)


class DuckDB(Dialect):
    """DuckDB, for its own tables as well as for files and frames."""

    name = "duckdb"
    conforms = True
    most_columns = 10000
    nul = "chr(0)"
    returns_arrow = True
    canonical = DuckDBForms()
    scan_memory = ScanMemory()
    writes_parquet = True

    def describe(self, connection: Connection, from_: FromClause | TextClause) -> list[Column]:
        """The columns by DESCRIBE, which binds the query without running it."""
        query = sa.select(sa.text("*")).select_from(from_)
        compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
        rows = connection.exec_driver_sql(f"DESCRIBE {compiled}").all()
        return [_column(row[0], row[1]) for row in rows]

    def session(self, connection: Connection) -> AbstractContextManager[Any]:
        """Without the optimizers that lose rows, also where the engine is the caller's."""
        return _disabled(connection, WRONG)

    def comparing(
        self, connection: Connection, from_: FromClause, columns: Iterable[Column]
    ) -> AbstractContextManager[Any]:
        """Without those that let others compare the values of a view or a query, which may read files."""
        if not _are_compared_otherwise(columns) or is_stored(connection, from_):
            return contextlib.nullcontext()
        return _disabled(connection, INEXACT)

    def names_of(self, connection: Connection, query: str, names: list[str]) -> list[str]:
        """A subquery has ``id_1`` for a second ``id``; the query itself keeps both."""
        del names
        described = connection.exec_driver_sql(f"DESCRIBE {query}", execution_options={"no_parameters": True})
        return [row[0] for row in described]

    @contextlib.contextmanager
    def guard(self, connection: Connection, *, owns_transaction: bool) -> Iterator[None]:
        """An error ends the transaction: begin it again, unless it is the caller's."""
        try:
            yield
        except (DBAPIError, connection.dialect.loaded_dbapi.Error):
            if owns_transaction:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("BEGIN")
            raise

    def deadline(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """A timer interrupts the running statement."""
        return interrupted_after(connection, seconds)

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether the statement was interrupted."""
        return type(error.orig).__name__ == "InterruptException"

    def reads(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """Types outside of the families as text, strings by code points; integers of any length as Python's."""
        if column.type_name == "BIGNUM":
            return sa.type_coerce(value, _BigNum())
        if column.type_name == "VARCHAR":
            # Without the collation of a column or a database, which may know no case or no accents.
            return sa.collate(sa.cast(value, sa.Text()) if column.valueless else value, "C")
        # The values of an ENUM are ordered by their places in it.
        printed = family_of_name(column.type_name) != "text" or column.type_name.startswith("ENUM(")
        return sa.cast(value, sa.Text()) if column.family == "text" and printed else self.marked(value, column)

    def marked(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """What may have nanoseconds."""
        return nanoseconds.marked(value, column.type_name)

    def exact(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> sa.Select[Any] | sa.CompoundSelect[Any]:
        """What has nanoseconds is read from how it is printed."""
        return nanoseconds.printed(statement)

    def for_parquet(self, connection: Connection, query: str) -> str:
        """A file would round integers of 128 bits, cut intervals, move times to UTC and take unions apart."""
        none = f"SELECT * FROM ({query}) LIMIT 0"  # noqa: S608 (of our own)
        with connection.exec_driver_sql(none, execution_options={"no_parameters": True}) as result:
            described: Any = result.cursor.description
        types = [(identifier(name), type_, parquet_type(type_, _is_text_in_parquet)) for name, type_, *_ in described]
        changed = [f"CAST({name} AS {form}) AS {name}" for name, type_, form in types if form != str(type_)]
        return f"SELECT * REPLACE ({', '.join(changed)}) FROM ({query})" if changed else query  # noqa: S608

    def lost(self, value: Any) -> bool:
        """The driver hands over infinity as the last moment that Python knows, and others as text."""
        return value in _LIMITS if isinstance(value, dt.date) else False

    def unheld(self, printed: str | None) -> bool:
        """The last moment itself is printed as what it is; moments of Python have no nanoseconds."""
        return printed is not None and (
            printed in ("infinity", "-infinity") or nanoseconds.PRINTED.search(printed) is not None
        )

    def shortened(self, value: ColumnElement[Any], column: Column) -> ColumnElement[bool] | None:
        """Moments of Python have no nanoseconds."""
        return None if (number := self.nanoseconds(value, column)) is None else number % 1000 != 0

    def shortens(self, column: Column) -> bool:
        """Within lists, structs and unions: others are read from how they are printed."""
        return column.type_name not in nanoseconds.TYPES and any(name in column.type_name for name in nanoseconds.TYPES)

    def cut(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """Without nanoseconds: a cast of a time rounds."""
        if column.type_name == "TIME_NS":
            return sa.func.make_timestamp(sa.func.epoch_ns(value) // 1000, type_=sa.DateTime()).cast(sa.Time())
        return sa.cast(value, sa.TIMESTAMP()) if column.type_name == "TIMESTAMP_NS" else value

    def nanoseconds(self, value: ColumnElement[Any], column: Column) -> ColumnElement[int] | None:
        """Since 1970, or midnight."""
        return sa.func.epoch_ns(value, type_=sa.BigInteger()) if column.type_name in nanoseconds.TYPES else None

    def mean(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """The sum behind the mean of the longest integers overflows."""
        return sa.func.avg(sa.cast(number, sa.Double()) if column.type_name in _LONGEST else number)

    def total(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """The sum of the longest integers needs longer ones."""
        if column.type_name in _LONGEST:
            return sa.type_coerce(sa.func.sum(sa.cast(number, _Longest())), _BigNum())
        return super().total(number, column)

    def difference(self, number: ColumnElement[Any], other: Any, column: Column) -> ColumnElement[Any]:
        """Integers of any length have no operator."""
        exact = number_type(column) != "BIGNUM"
        return super().difference(number, other, column) if exact else self.double(number) - float(other)

    def refused(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> dict[str, str]:
        """By the syntax tree of DuckDB's parser, and by what its catalog says about the functions and tables in it."""
        del relation
        catalog = _Catalog(connection)
        return {sql: reason for sql in sqls if (reason := catalog.refusal(sql)) is not None}

    def value(self, value: Any, column: Column) -> ColumnElement[Any]:
        """Times with nanoseconds (the only kind that polars has) are not compared with those without."""
        number = number_type(column)
        if number in ("BIGNUM", "UHUGEINT") and isinstance(value, decimal.Decimal):
            # No parameter of this type is compared with theirs but as a double, or at all.
            value = int(value) if value.is_finite() and value == value.to_integral_value() else nearest(value)
        if number == "UHUGEINT" and isinstance(value, int):
            # No parameter is of this type, and a smaller one would be taken for the type of both.
            if 0 <= value < 2**128:
                return sa.literal_column(f"'{int(value)}'::UHUGEINT")
            value = float(value) if value < 2**128 else float(2**129)
        if number == "BIGNUM" and isinstance(value, int):
            # No parameter holds so many digits.
            return sa.literal_column(f"'{int(value)}'::BIGNUM")
        if is_float(number) and isinstance(value, int | decimal.Decimal) and not isinstance(value, bool):
            value = nearest(value)
        if isinstance(value, int | decimal.Decimal) and (beyond := end_beyond(value, number)) is not None:
            return beyond
        literal = super().value(value, column)
        return sa.cast(literal, _TimeNs()) if column.type_name == "TIME_NS" else literal

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """``regexp_matches`` searches in every version; ``~`` matches the whole string before 1.5."""
        return sa.func.regexp_matches(text, sa.literal(pattern.for_re2()), type_=sa.Boolean())

    def length(self, text: ColumnElement[Any]) -> ColumnElement[int]:
        """The number of code points."""
        return sa.func.length(text, type_=sa.Integer())

    def in_utc(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        """A comparison takes it for one in the zone of the session. Moments with a zone have no nanoseconds."""
        short = sa.cast(moment, sa.TIMESTAMP())
        return sa.case((moment == short, sa.func.timezone("UTC", short)))

    def is_nan(self, number: ColumnElement[Any], family: str) -> ColumnElement[bool] | None:
        """NaN is a value, and greater than all others."""
        return sa.func.isnan(number, type_=sa.Boolean()) if family == "float" else None

    def member(self, value: ColumnElement[Any]) -> ColumnElement[str]:
        """The tag of a UNION."""
        return sa.func.union_tag(value, type_=sa.Text())

    def member_value(self, value: ColumnElement[Any], family: str) -> ColumnElement[Any]:
        """A member of a UNION."""
        return sa.func.union_extract(value, sa.literal_column(f"'{family}'"))

    def quantiles(self, number: ColumnElement[Any], shares: Sequence[float]) -> ColumnElement[Any]:
        """``quantile_cont``; of doubles, because those of a DECIMAL are rounded to its scale."""
        listed: ColumnElement[Any] = sa.literal_column(f"[{', '.join(repr(float(share)) for share in shares)}]")
        return sa.func.quantile_cont(sa.cast(number, sa.Double()), listed)

    def median(self, relation: Selection, column: str, where: str | None) -> FollowUp:
        """``median``; of doubles, because those of a DECIMAL or BIGNUM are cut to its scale."""
        value = relation[column]
        if relation.columns[column].family == "decimal" or relation.columns[column].type_name == "BIGNUM":
            value = sa.cast(value, sa.Double())
        median = relation.select(sa.func.median(value, type_=value.type)).where(*relation.among([], where))
        return {"value": (yield OneValue(median))}

    def groups(self, value: ColumnElement[Any], column: Column) -> list[ColumnElement[Any]]:
        """Maps by their entries in one order: for DuckDB, two that hold the same in another order are different."""
        if not column.type_name.startswith("MAP(") or column.type_name.endswith("]"):
            return [value]
        return [sa.func.list_sort(sa.func.map_entries(value), type_=sa.types.NullType())]

    def key_bounds(self, relation: Selection, keys: Sequence[str], where: str | None) -> dict[str, Aggregate]:
        """For a single integer key, its bounds."""
        if len(keys) != 1 or relation.columns[keys[0]].family != "integer" or where is not None:
            return {}
        if relation.columns[keys[0]].type_name in ("BIGNUM", "UHUGEINT"):
            # The values of the first come back as strings, and no bitmap is of either.
            return {}
        (key,) = keys
        return {
            "least": (("min", key, None), sa.func.min(relation[key])),
            "greatest": (("max", key, None), sa.func.max(relation[key])),
        }

    def repeated(
        self, relation: Selection, keys: Sequence[str], where: str | None, measured: Mapping[str, Any]
    ) -> FollowUp:
        """Try what is cheap and usually enough: a bitmap of the integers, or hashes.

        Different hashes prove different keys. Equal hashes prove nothing, but only rows with a repeated hash have to be
        grouped by their keys.
        """
        considered = measured["considered_rows"]
        columns = [part for key in keys for part in relation.groups(key)]
        least, greatest = measured.get("least"), measured.get("greatest")
        if least is not None and greatest - least < min(_MOST_BITS, considered * _BITS_FOR_A_ROW):
            low, high = (sa.literal_column(str(bound), sa.BigInteger()) for bound in (least, greatest))
            bits = yield OneValue(relation.select(sa.func.bit_count(sa.func.bitstring_agg(columns[0], low, high))))
            if bits == considered:
                return {"failed_rows": 0}
        hashed = sa.func.hash(*columns, type_=sa.BigInteger())
        conditions = relation.among([sa.or_(*(column.is_not(None) for column in columns))], where)
        suspects = relation.select(hashed.label("hash")).where(*conditions).group_by(hashed).having(sa.func.count() > 1)
        some = suspects.limit(_MOST_SUSPECTS + 1).subquery("suspects")
        hashes = yield OneValue(sa.select(sa.func.list(some.c.hash, type_=sa.types.NullType())))
        if not hashes:
            return {"failed_rows": 0}
        known = sa.bindparam(None, hashes, sa.BigInteger(), expanding=True, unique=True, literal_execute=True)
        narrow = hashed.in_(known if len(hashes) <= _MOST_SUSPECTS else suspects)
        failed = yield OneValue(count_repeated_keys(relation, keys, where, narrow))
        return {"failed_rows": int(failed), "narrow": narrow}


class _Catalog:
    """What a database says about the names in fragments of SQL.

    Args:
        connection: The database.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._functions: dict[str, list[tuple[Any, ...]]] = {}

    def refusal(self, sql: str, outer: tuple[str, ...] = ()) -> str | None:
        """Why a fragment, or the definition of a macro within others, is refused; None if it only computes."""
        named = named_by(sql)
        tables = {".".join(filter(None, one)) for one in named.tables if not self._is_table(*one)}
        strange = sorted((named.table_functions - _TABLE_FUNCTIONS) | tables)
        if named.problems:
            return named.problems[0]
        if strange:
            return f"it selects from {', '.join(strange)}, which is no table of the database"
        return next(filter(None, (self._call(name, outer) for name in sorted(named.functions))), None)

    def _call(self, name: str, outer: tuple[str, ...]) -> str | None:
        """Why a function is refused."""
        if name in _TABLE_FUNCTIONS:
            return None
        if name not in self._functions:
            asked = sa.text(
                "SELECT function_type, coalesce(has_side_effects, function_type <> 'macro')"
                " OR coalesce(stability, '') = 'VOLATILE', macro_definition FROM duckdb_functions()"
                " WHERE lower(function_name) = :name AND function_type IN ('scalar', 'aggregate', 'macro')"
            )
            self._functions[name] = list(map(tuple, self._connection.execute(asked, {"name": name})))
        known = self._functions[name]
        if not known:
            return f"it calls {name}, and the database has no such function"
        if name in _REFUSED or name in outer or any(effects for _, effects, _ in known):
            return f"it calls {name}, and it is not known that this only computes"
        macros = [definition for kind, _, definition in known if kind == "macro"]
        if any(self.refusal(definition, (*outer, name)) for definition in macros):
            return f"it calls {name}, a macro that does more than compute"
        return None

    def _is_table(self, schema: str, name: str) -> bool:
        asked = sa.text(
            "SELECT 1 FROM (SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal UNION ALL"
            " SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal) AS relations (place, name)"
            " WHERE lower(name) = :name AND :place IN ('', lower(place)) LIMIT 1"
        )
        return self._connection.execute(asked, {"name": name, "place": schema}).first() is not None


def read_exactly(raw: Any, columns: Iterable[Column]) -> None:
    """Let DuckDB itself compare the values of files and frames, if others would compare them otherwise.

    Conditions are pushed down into Arrow, for which NaN is not greater than anything and a timestamp of seconds equals
    one with microseconds, and are answered by the statistics of Parquet files, which leave NaN out.

    Args:
        raw: A DuckDB connection of this package's own.
        columns: The columns of the file or frame.
    """
    if _are_compared_otherwise(columns):
        raw.execute(f"SET disabled_optimizers = '{','.join(sorted(WRONG | INEXACT))}'")


def _are_compared_otherwise(columns: Iterable[Column]) -> bool:
    return any(one.family in ("float", "list", "struct") or one.type_name in _COMPARED_OTHERWISE for one in columns)


@contextlib.contextmanager
def _disabled(connection: Connection, names: frozenset[str]) -> Iterator[None]:
    """Disable optimizers of the caller's database for a block."""
    engine = connection.engine
    path = engine.url.database
    database = engine.pool if path in (None, "", ":memory:") else path
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(disabled(connection.connection.dbapi_connection, database, names))
        except connection.dialect.loaded_dbapi.Error:
            wanted = ",".join(sorted(names))
            raise SourceError(
                f"DuckDB gives wrong answers with the optimizers {wanted.replace(',', ', ')}, and the configuration of"
                " this database is locked.",
                suggestion=f"Disable them where the database is opened: config={{'disabled_optimizers': {wanted!r}}}.",
            ) from None
        yield


def _is_text_in_parquet(type_: Any) -> bool:
    return type_.id in ("interval", "time with time zone", "union")


def _column(name: str, type_name: str) -> Column:
    """A column; the members of a UNION are known by name."""
    column = Column.of(name, type_name)
    if column.family == "mixed":
        return dataclasses.replace(column, members=tuple(re.findall(r'[(,] ?"?(\w+)"? ', type_name)))
    return dataclasses.replace(column, family="text") if column.family == "unknown" else column
