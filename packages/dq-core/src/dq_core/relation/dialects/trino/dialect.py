"""Trino: the meaning of rules is that of the engine, whatever connector holds the table."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import re
from functools import reduce
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from ...._shared.databases.tables import candidates
from ...._shared.fingerprints.canonical_sql import TrinoForms
from ...._shared.fingerprints.canonical_sql.base import spelled
from ...backtracking import takes_exponential_time
from ...column import Column
from ...questions import Answers
from ...repeated_keys import count_repeated_keys
from ...selection import Selection, count_where, fragment, literal_sql
from ...sql_text import TRINO as LEXIS
from ...type_family import canonical
from .. import fragments
from ..base import Dialect
from .functions import COMPUTING
from .literals import string, type_of, written
from .questions import MOST_TABLES, described, described_together, judging

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, TextClause

    from ...pattern import Pattern
    from ...questions import Named, Questions
    from ...selection import Aggregate
    from ...sql_text import Token

__all__ = ["Trino"]

#: A name that is no more than a name: not of several parts, and not one of a table about another, as ``t$snapshots``.
_ONE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_MISSING = frozenset({"SCHEMA_NOT_FOUND", "TABLE_NOT_FOUND"})
#: Types whose own operators and functions mean what rules mean; values of all others are read in another form.
_PLAIN = frozenset({
    "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal", "boolean", "varchar", "date", "timestamp",
    "timestamptz", "time", "timetz", "blob", "uuid", "interval day to second",
})  # fmt: skip
#: Types that the engine writes as text.
_AS_TEXT = frozenset({"ipaddress", "interval year to month"})
#: Types within lists, maps and rows that JSON can hold.
_IN_JSON = frozenset({
    "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal", "boolean", "varchar", "char", "date",
    "timestamp", "timestamptz", "json", "array", "map", "row", "",
})  # fmt: skip
_NESTED = frozenset({"list", "array", "map", "row"})
#: Only Joni finds a boundary of a word beside a letter beyond ASCII.
_IS_JONI = "regexp_like(U&'\\00e9', '\\b')"
_BACKTRACKS = (
    "the pattern {!r:.200} could take exponential time on this server, which searches by backtracking; write it without"
    " repetitions within repetitions, or let the server run with regex-library=RE2J"
)
_STOPPED = frozenset({
    "ADMINISTRATIVELY_KILLED", "EXCEEDED_TIME_LIMIT", "USER_CANCELED",
})  # fmt: skip


class _Timestamp(sa.types.UserDefinedType[Any]):
    """With all digits that Trino has."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name."""
        return "TIMESTAMP(12)"


class Trino(Dialect):
    """Trino, tested on tables of Iceberg, of the memory connector and of tpch."""

    name = "trino"
    conforms = True
    canonical = TrinoForms()
    most_columns = 400
    most_flags = 100
    most_union_parts = 25
    most_union_columns = 2000
    writes_commit = True
    has_keys = False
    semi_joins = True
    compiles_types = True
    #: The session property that ends a query, its waiting in a queue included.
    time_limit = "query_max_run_time"

    # Reading what is there

    def locate(self, connection: Connection, name: str, schema: str | None) -> tuple[str | None, str] | None:
        """``catalog.schema.table`` too. SQLAlchemy's way closes results early, which ends the transaction."""
        raw: Any = connection.connection.driver_connection
        quote = connection.dialect.identifier_preparer.quote_identifier
        for place, table in candidates(name, schema):
            first, dot, rest = (place or "").replace('"', "").partition(".")
            catalog, own = (first, rest) if dot else (raw.catalog, first or raw.schema)
            if not catalog or not own:
                continue
            tables = sa.table("tables", schema=sa.quoted_name(f"{quote(catalog)}.information_schema", quote=False))
            names = {"table_schema": own.lower(), "table_name": table.lower()}
            found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(tables)
            conditions = (sa.column(key) == sa.literal_column(string(value)) for key, value in names.items())
            if connection.execute(found.where(*conditions)).all():
                there = sa.quoted_name(f"{quote(catalog)}.{quote(own)}", quote=False) if dot else place
                return there, _named(table)
        return None

    def look_up(
        self, connection: Connection, name: str, schema: str | None, *, owns_transaction: bool
    ) -> tuple[str | None, str, list[Column]] | None:
        """A name that can mean one table is not asked for twice: its columns say that it is there."""
        if not (owns_transaction and _is_one(connection, name, schema)):
            return super().look_up(connection, name, schema, owns_transaction=owns_transaction)
        try:
            with self.guard(connection, owns_transaction=owns_transaction):
                return schema, _named(name), self.describe(connection, sa.table(_named(name), schema=schema))
        except DBAPIError as error:
            if getattr(error.orig, "error_name", None) not in _MISSING:
                raise
        return None

    def ask(self, connection: Connection, named: Named, questions: Questions, *, owns_transaction: bool) -> Answers:
        """The columns of all tables whose names can mean one, and what is wrong with fragments, in one query."""
        tables = [one for one in dict.fromkeys([named, *questions.tables]) if _is_one(connection, *one)][:MOST_TABLES]
        if not owns_transaction or named not in tables:
            return Answers()
        clauses = [sa.table(_named(name), schema=schema) for name, schema in tables]
        checked = Selection(clauses[0], {})
        refused = self.refused(connection, checked, questions.fragments)
        sqls = [sql for sql in questions.fragments if sql not in refused][: self.most_union_parts // 2]
        if len(tables) == 1 and not sqls:
            return Answers()
        judged = self._judging(connection, checked, sqls) if sqls else None
        try:
            with self.guard(connection, owns_transaction=owns_transaction):
                found = described_together(connection, clauses, judged)
        except DBAPIError as error:
            if getattr(error.orig, "error_type", None) != "USER_ERROR":
                raise
            return Answers()
        columns = [[_column(name, type_name) for name, type_name in one] for one in found]
        looked_up = ((table.schema, table.name, one) for table, one in zip(clauses, columns, strict=True))
        return Answers(dict(zip(tables, looked_up, strict=True)), frozenset(sqls))

    def describe(self, connection: Connection, from_: FromClause | TextClause) -> list[Column]:
        """The columns of an empty result, for which no worker reads anything."""
        result = connection.execute(sa.select(sa.text("*")).select_from(from_).where(sa.false()))
        return [_column(name, type_name) for name, type_name in described(result)]

    def reads(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """Values of types outside of the families as text; CHAR without the blanks that fill it up."""
        name = canonical(column.type_name)[0]
        if column.refusal or name in _PLAIN:
            return value
        if name == "char":
            return sa.func.rtrim(sa.cast(value, sa.Text()), sa.literal_column("' '"), type_=sa.Text())
        if name == "json":
            return sa.func.json_format(value, type_=sa.Text())
        if name in _NESTED or column.family in ("list", "struct"):
            return sa.func.json_format(sa.cast(value, _Json()), type_=sa.Text())
        return sa.cast(value, sa.Text())

    def document(self, json: ColumnElement[Any]) -> ColumnElement[Any]:
        """In a SELECT of its own: Trino fails to compute such functions of what it knows before the query runs."""
        return spelled("(SELECT {value})", super().document(json))

    # Running

    def reach(self, connection: Connection, *, begins: bool) -> None:
        """By beginning a transaction, or a query without a table: the driver sends nothing before the first one.

        The engine looks at the properties of a session when it is asked for something, not when a transaction begins.
        """
        driver: Any = connection.dialect.loaded_dbapi
        if begins and not _properties(connection) and _has_begun(connection):
            return
        try:
            connection.exec_driver_sql("SELECT 1").all()
        except driver.trino.exceptions.HttpError as error:
            # What a proxy or the server says before there is a query: none of the driver's own errors.
            raise OperationalError("SELECT 1", None, error) from None
        connection.rollback()

    @contextlib.contextmanager
    def snapshot(self, connection: Connection) -> Iterator[None]:
        """A transaction: every Iceberg table is read in the snapshot that the first statement saw."""
        connection = connection.execution_options(isolation_level="SERIALIZABLE")
        with connection.begin() as transaction:
            yield
            transaction.rollback()

    @contextlib.contextmanager
    def guard(self, connection: Connection, *, owns_transaction: bool) -> Iterator[None]:
        """An error ends the transaction of the engine: the next statement begins another."""
        try:
            yield
        except DBAPIError:
            raw: Any = connection.connection.driver_connection
            if owns_transaction and raw is not None and raw.transaction is not None:
                with contextlib.suppress(Exception):
                    raw.rollback()
            raise

    @contextlib.contextmanager
    def deadline(self, connection: Connection, seconds: float) -> Iterator[None]:
        """The coordinator ends a query that takes longer; the property of the session is put back."""
        properties = _properties(connection)
        before = properties.get(self.time_limit)
        properties[self.time_limit] = f"{max(1, math.ceil(seconds * 1000))}ms"
        try:
            yield
        finally:
            if before is None:
                properties.pop(self.time_limit, None)
            else:
                properties[self.time_limit] = before

    def message(self, error: BaseException | None) -> str:
        """The message and the name of the error: the driver shows the whole object."""
        name = getattr(error, "error_name", None)
        return str(error) if name is None else f"{getattr(error, 'message', error)} ({name})"

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether the coordinator ended the query, by a limit or for somebody."""
        return getattr(error.orig, "error_name", None) in _STOPPED

    # Fragments of SQL in rules

    def refused(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> dict[str, str]:
        """By a list of the engine's own functions, and by what a fragment selects from."""
        del relation
        found = fragments.refused_by_list(sqls, LEXIS, COMPUTING, marks="\\$#@?{}`", aliases=True)
        raw: Any = connection.connection.driver_connection
        catalog = str(raw.catalog or "")
        for sql in sqls:
            reason = _reaches(fragments.parts(sql, LEXIS), catalog) if sql not in found else None
            if reason is not None:
                found[sql] = reason
        return found

    def compile_fragments(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> None:
        """All of them as parts of one query, which is planned and reads no row."""
        at_once = self.most_union_parts // 2
        for start in range(0, len(sqls), at_once):
            connection.exec_driver_sql(self._judging(connection, relation, sqls[start : start + at_once])).all()

    def _judging(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> str:
        select = literal_sql(relation.select(sa.literal_column("1")), connection)
        counts = (relation.select(count_where(fragment(sql))).where(sa.false()) for sql in sqls)
        return judging(select, [literal_sql(one, connection) for one in counts], sqls)

    # Expressions

    def value(self, value: Any, column: Column) -> ColumnElement[Any]:
        """A value from a rule as a literal: the driver's parameters know fewer types than the engine."""
        return sa.literal_column(written(value, column), type_of(value))

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """``regexp_like`` searches, by Joni or by RE2: the engine is asked within the expression, once for all rows.

        Joni's boundaries know all letters, and it backtracks: a pattern that could take exponential time fails there.
        """
        re2, joni = string(pattern.for_re2()), string(pattern.for_joni())
        if takes_exponential_time(pattern):
            joni = f"CAST(fail({string(_BACKTRACKS.format(pattern.source))}) AS VARCHAR)"
        chosen = re2 if re2 == joni else f"if({_IS_JONI}, {joni}, {re2})"
        return sa.func.regexp_like(text, sa.literal_column(chosen), type_=sa.Boolean())

    def length(self, text: ColumnElement[Any]) -> ColumnElement[int]:
        """``length`` counts code points."""
        return sa.func.length(text, type_=sa.Integer())

    def in_utc(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        """A comparison takes it for one in the zone of the session."""
        return sa.func.with_timezone(sa.cast(moment, _Timestamp()), "UTC")

    def is_nan(self, number: ColumnElement[Any], family: str) -> ColumnElement[bool] | None:
        """NaN is not even equal to itself."""
        return sa.func.is_nan(number, type_=sa.Boolean()) if family == "float" else None

    def mean(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """The mean of decimals has only their scale."""
        return sa.func.avg(sa.cast(number, sa.Double()) if column.family == "decimal" else number)

    def total(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """Integers as decimals: a sum of BIGINT does not go beyond it."""
        return sa.func.sum(sa.cast(number, sa.Numeric(38, 0)) if column.family == "integer" else number)

    def absent(
        self, keys: Sequence[ColumnElement[Any]], referenced: Sequence[ColumnElement[Any]]
    ) -> ColumnElement[bool]:
        """NOT IN of one column is a semi-join; NOT EXISTS would be a join and a grouping."""
        if len(keys) > 1:
            return super().absent(keys, referenced)
        return keys[0].not_in(sa.select(referenced[0]).where(referenced[0].is_not(None)))

    def key_bounds(self, relation: Selection, keys: Sequence[str], where: str | None) -> dict[str, Aggregate]:
        """The number itself: as a value of the scan it runs beside it, and a statement less is planned."""
        repeated = count_repeated_keys(relation, keys, where).scalar_subquery()
        return {"failed_rows": (("repeated", *keys, where), repeated)}

    def row_number(self, relation: Selection) -> ColumnElement[int]:
        """By the row's content, and among equal rows by their number: workers read rows in any order."""
        texts = [_text_of(relation, name) for name in relation.columns]
        content = reduce(lambda one, other: one + sa.literal_column("chr(31)") + other, texts)
        code = sa.func.from_big_endian_64(sa.func.xxhash64(sa.func.to_utf8(content)), type_=sa.BigInteger())
        # Far from the ends of BIGINT, so that sums stay in it.
        small = code % sa.literal_column("4611686018427387904", sa.BigInteger())
        return small + sa.func.row_number().over(partition_by=code)


class _Json(sa.types.UserDefinedType[Any]):
    """The engine's JSON, without the conversions of SQLAlchemy's type."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name."""
        return "JSON"


def _has_begun(connection: Connection) -> bool:
    """Begin a transaction of the engine; where none begins, only a query is told why."""
    raw: Any = connection.connection.driver_connection
    driver: Any = connection.dialect.loaded_dbapi
    try:
        raw.start_transaction()
    except (driver.Error, driver.trino.exceptions.HttpError, OSError):
        raw._transaction = None  # noqa: SLF001 - it is there before it has begun, and would be rolled back
        return False
    return True


def _properties(connection: Connection) -> dict[str, str]:
    """The properties of the session, which the driver sends with every request."""
    raw: Any = connection.connection.driver_connection
    # The other door to them is a statement before and one behind every statement.
    properties: dict[str, str] = raw._client_session.properties  # noqa: SLF001
    return properties


def _text_of(relation: Selection, name: str) -> ColumnElement[str]:
    """A column's value as text, NULL as a character that stands for nothing else."""
    column, value = relation.columns[name], relation[name]
    if column.refusal:
        return sa.literal_column("''", sa.Text())
    text = sa.func.to_hex(value, type_=sa.Text()) if column.family == "binary" else sa.cast(value, sa.Text())
    return sa.func.coalesce(text, sa.literal_column("chr(30)"), type_=sa.Text())


def _is_one(connection: Connection, name: str, schema: str | None) -> bool:
    """Whether a name can mean one table only."""
    raw: Any = connection.connection.driver_connection
    parts = (name, *filter(None, [schema]))
    return bool(raw.catalog and (schema or raw.schema)) and all(map(_ONE_NAME.fullmatch, parts))


def _named(table: str) -> str:
    """A table's name in quotes: SQLAlchemy leaves them out at ``orders$snapshots``, which Trino does not read."""
    return sa.quoted_name(table, quote=True)


def _column(name: str, type_name: str) -> Column:
    """A column; values of types that are in no family are text."""
    column = Column.of(name, type_name)
    base = canonical(type_name)[0]
    if base == "interval day to second":
        return dataclasses.replace(column, family="interval")
    if base in _AS_TEXT:
        return dataclasses.replace(column, family="text")
    if base in _NESTED or column.family in ("list", "struct"):
        inner = set(re.findall(r"[a-z]\w*(?: day to second| year to month)?", _unnamed(type_name)))
        odd = sorted(inner - _IN_JSON - {"with", "time", "zone"})
        family = "list" if type_name.startswith("array") else "struct"
        reason = f"its type {type_name} holds {', '.join(odd)}, which the engine cannot write as text" if odd else ""
        return dataclasses.replace(column, family=family, refusal=reason)
    if column.family == "unknown" and base != "unknown":
        return dataclasses.replace(column, refusal=f"the engine cannot write its type {type_name} as text")
    return column


def _unnamed(type_name: str) -> str:
    """A nested type without the names of fields of rows."""
    without = re.sub(r'"(?:[^"]|"")*" ', "", type_name)
    return re.sub(r"(?<=[(,])\s*[a-z_]\w* (?=[a-z])(?!with|day|year|to )", " ", without)


def _reaches(tokens: Sequence[Token], catalog: str) -> str | None:
    """What a fragment selects from beside tables and views of the catalog, or in another way than by value."""
    reasons = (
        _odd(token, tokens[place + 1] if place + 1 < len(tokens) else None) for place, token in enumerate(tokens)
    )
    reason = next(filter(None, reasons), None)
    selects = any(token.kind == "word" and token.text.lower() == "from" for token in tokens)
    for path in _paths(tokens) if reason is None else ():
        if any(one in ("information_schema", "system", "jdbc") for one in path[:-1]):
            return f"it selects from {'.'.join(path)}, which is no table of the database"
        if len(path) == 3 and path[0] != catalog.lower() and selects:
            return f"it selects from {'.'.join(path)}, which is in another catalog"
    return reason


def _odd(token: Token, following: Token | None) -> str | None:
    word = token.text.lower() if token.kind == "word" else ""
    after = "" if following is None else following.text
    if word == "u" and following is not None and (after, following.start) == ("&", token.stop):
        return "it has a string or name with Unicode escapes (U&)"
    if word == "table" and after == "(":
        return "it calls a table function, and it is not known that this only computes"
    if word in ("tablesample", "match_recognize"):
        return f"it has {word.upper()}, which is not supported here"
    if token.kind == "name" and "$" in token.text:
        return f"it selects from {token.text}, which is no table of the database"
    return None


def _paths(tokens: Sequence[Token]) -> Iterator[tuple[str, ...]]:
    """Names with dots between their parts, in lower case as the engine reads them."""
    path: list[str] = []
    for place, token in enumerate(tokens):
        if token.kind in ("word", "name"):
            joined = place > 0 and tokens[place - 1].text == "."
            if not joined and path:
                yield tuple(path)
                path = []
            path.append(token.text.strip('"').lower())
    if path:
        yield tuple(path)
