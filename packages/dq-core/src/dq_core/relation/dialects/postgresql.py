"""PostgreSQL."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB

from ..._shared.fingerprints.canonical_sql import PostgreSQLForms
from ..column import Column
from ..selection import OneValue
from ..sql_text import POSTGRESQL as LEXIS
from ..type_family import canonical
from . import fragments
from .base import Dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection, FromClause, TextClause
    from sqlalchemy.exc import DBAPIError

    from ..pattern import Pattern
    from ..selection import FollowUp, Selection
    from ..sql_text import Token

__all__ = ["PostgreSQL"]

#: Types whose own operators and functions mean what rules mean; values of all others are read in another form.
_PLAIN = frozenset({
    "smallint", "integer", "bigint", "real", "double", "decimal", "boolean", "varchar", "text", "date", "timestamp",
    "timestamptz", "time", "timetz", "interval", "blob", "uuid", "jsonb",
})  # fmt: skip
#: The forms of others that are not text.
_READ_AS: Mapping[str, tuple[str, Any]] = {
    "money": ("decimal", sa.Numeric()),
    "oid": ("integer", sa.BigInteger()),
}
#: Types that are shown as they are, and compared as text.
_KEPT = frozenset({"json", "list", "struct"})
#: Functions of the server itself: settings, files, transactions, statements in text.
_OF_THE_SERVER = re.compile(
    "pg_|txid_|current_setting$|in_hot_standby|inet_(client|server)_|(cursor|database|query|schema|table)_to_xml"
)
_HARMLESS = frozenset({"pg_typeof", "pg_column_size", "pg_size_pretty", "pg_input_is_valid", "pg_client_encoding"})
_OPERATOR = frozenset("+-*/<>=~!@#%^&|`?")
_LONGEST_NAME = 63
_LONGEST_LIMIT = 2**31 - 1
"""Of a statement, in milliseconds."""


class PostgreSQL(Dialect):
    """PostgreSQL, through psycopg or any other driver."""

    name = "postgresql"
    conforms = True
    most_columns = 1600
    canonical = PostgreSQLForms()
    snapshot_options: ClassVar[Mapping[str, Any]] = {"isolation_level": "REPEATABLE READ"}

    def describe(self, connection: Connection, from_: FromClause | TextClause) -> list[Column]:
        """The columns from the type codes of an empty result, formatted by the server."""
        result = connection.execute(sa.select(sa.text("*")).select_from(from_).where(sa.false()))
        described = result.cursor.description
        codes = [(column[0], column[1], _modifier(column)) for column in described]
        result.close()
        names = sa.select(*(sa.func.format_type(sa.literal(code), sa.literal(modifier)) for _, code, modifier in codes))
        printed = connection.execute(names).one() if codes else ()
        rows = _ROW_TYPES.bindparams(codes=[code for _, code, _ in codes])
        rows_of_types = set(connection.execute(rows).scalars()) if codes else set()
        return [
            _column(name, type_name, is_row=code in rows_of_types)
            for (name, code, _), type_name in zip(codes, printed, strict=True)
        ]

    def reads(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """Values of types outside of the families as text, as the database prints them: enums, addresses, ranges."""
        name = canonical(column.type_name)[0]
        if name in _PLAIN or (name == "list" and canonical(column.type_name.removesuffix("[]"))[0] in _PLAIN):
            return value
        if name in _READ_AS:
            return sa.cast(value, _READ_AS[name][1])
        # The cast of an address would give it a mask that its own form does not have.
        return sa.func.abbrev(value, type_=sa.Text()) if name == "inet" else sa.cast(value, sa.Text())

    @contextlib.contextmanager
    def snapshot(self, connection: Connection) -> Iterator[None]:
        """REPEATABLE READ, READ ONLY."""
        connection = connection.execution_options(**self.snapshot_options, postgresql_readonly=True)
        with super().snapshot(connection):
            yield

    def guard(self, connection: Connection, *, owns_transaction: bool) -> AbstractContextManager[Any]:
        """A savepoint: without it, an error ends the transaction."""
        del owns_transaction
        return connection.begin_nested()

    @contextlib.contextmanager
    def deadline(self, connection: Connection, seconds: float) -> Iterator[None]:
        """A statement timeout local to the transaction, restored after the block."""
        old = connection.execute(sa.text("SHOW statement_timeout")).scalar_one()
        set_timeout = sa.text("SELECT set_config('statement_timeout', :value, true)")
        connection.execute(set_timeout, {"value": str(min(max(1, int(seconds * 1000)), _LONGEST_LIMIT))})
        try:
            yield
        finally:
            if not connection.invalidated:  # by the end of the connection, which the error tells
                connection.execute(set_timeout, {"value": old})

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether the statement was cancelled."""
        return getattr(error.orig, "sqlstate", None) == "57014"

    def refused(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> dict[str, str]:
        """By what the catalog says about every function and operator that has one of the names in a fragment."""
        del relation
        found = {}
        strict = connection.exec_driver_sql("SHOW standard_conforming_strings").scalar() == "on"
        tokens = {sql: fragments.parts(sql, LEXIS) for sql in sqls}
        for sql, parts in tokens.items():
            reason = (
                fragments.no_expression(parts) or fragments.misread(sql, LEXIS, marks="\\$\0") or _odd(parts, strict)
            )
            if reason is None and (clause := fragments.locks(parts)) is not None:
                reason = f"it has {clause}, which is more than reading"
            reason = reason or fragments.of_the_server(parts)
            if reason is not None:
                found[sql] = reason
        return found | _by_catalog(connection, {sql: parts for sql, parts in tokens.items() if sql not in found})

    def compile(self, connection: Connection, statement: str) -> None:
        """PREPARE parses one statement, and resolves its names."""
        options = {"no_parameters": True}
        connection.exec_driver_sql(f"PREPARE dq_core_fragment AS {statement}", execution_options=options)
        connection.exec_driver_sql("DEALLOCATE dq_core_fragment")

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """The operator ``~`` searches."""
        return text.op("~", is_comparison=True)(sa.literal(pattern.for_postgresql()))

    def repeated(
        self, relation: Selection, keys: Sequence[str], where: str | None, measured: Mapping[str, Any]
    ) -> FollowUp:
        """Count the distinct values first: cheaper than grouping, and usually enough."""
        if len(keys) == 1:
            value = self.ordered(relation.groups(keys[0])[-1], relation.columns[keys[0]].family)
            conditions = relation.among([], where)
            distinct = yield OneValue(relation.select(sa.func.count(sa.distinct(value))).where(*conditions))
            if distinct == measured["considered_rows"]:
                return {"failed_rows": 0}
        return (yield from super().repeated(relation, keys, where, measured))

    def distinct(self, relation: Selection, column: str, where: str | None) -> FollowUp:
        """Sorting by code points is much faster than by a collation and finds the same values."""
        value = self.ordered(relation.groups(column)[-1], relation.columns[column].family)
        counted = relation.select(sa.func.count(sa.distinct(value))).where(*relation.among([], where))
        return {"value": int((yield OneValue(counted)))}

    def median(self, relation: Selection, column: str, where: str | None) -> FollowUp:
        """``percentile_cont``."""
        middle = sa.func.percentile_cont(0.5).within_group(relation[column])
        return {"value": (yield OneValue(relation.select(middle).where(*relation.among([], where))))}

    def quantiles(self, number: ColumnElement[Any], shares: Sequence[float]) -> ColumnElement[Any]:
        """``percentile_cont`` of an array."""
        listed = ", ".join(repr(float(share)) for share in shares)
        # Not the type of the number, as which its list of results would be read.
        order = sa.type_coerce(number, sa.types.NullType())
        return sa.func.percentile_cont(sa.literal_column(f"ARRAY[{listed}]::double precision[]")).within_group(order)

    def row_address(self, columns: Collection[str]) -> ColumnElement[int] | None:
        """From ``ctid``: the block and the position in it. Parallel and synchronised scans read rows in any order."""
        if "ctid" in columns:
            return None
        return sa.literal_column("((ctid::text::point)[0]::bigint * 4096 + (ctid::text::point)[1]::bigint)")

    def in_utc(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        """A comparison takes it for one in the zone of the session."""
        return sa.func.timezone("UTC", sa.cast(moment, sa.TIMESTAMP()))

    def document(self, json: ColumnElement[Any]) -> ColumnElement[Any]:
        """A ``jsonb``, which the server compares by what it means."""
        return sa.cast(json, JSONB())

    def is_nan(self, number: ColumnElement[Any], family: str) -> ColumnElement[bool] | None:
        """NaN equals itself, and is greater than all others."""
        kinds: dict[str, Any] = {"float": DOUBLE_PRECISION(), "decimal": sa.Numeric()}
        kind = kinds.get(family)
        return None if kind is None else number == sa.cast(sa.literal("NaN"), kind)

    def ordered(self, value: ColumnElement[Any], family: str) -> ColumnElement[Any]:
        """The collation "C", which orders by code points."""
        return sa.collate(value, "C") if family == "text" else value


#: Which of these types are types of rows.
_ROW_TYPES = sa.text("SELECT oid FROM pg_type WHERE typtype = 'c' AND oid IN :codes").bindparams(
    sa.bindparam("codes", expanding=True)
)


def _column(name: str, type_name: str, *, is_row: bool) -> Column:
    """A column; the values of types that are in no family are text."""
    column = Column.of(name, type_name)
    base = canonical(type_name)[0]
    if is_row:
        family = "struct"
    elif column.family in _KEPT or base in _PLAIN:
        family = column.family
    else:
        family = _READ_AS[base][0] if base in _READ_AS else "text"
    return dataclasses.replace(column, family=family)


def _modifier(column: Any) -> int | None:
    """The type's modifier (length, precision) as the server counts it, if the driver gives it."""
    modifier = getattr(column, "_fmod", None)
    return modifier if isinstance(modifier, int) and modifier >= 0 else None


def _odd(tokens: Sequence[Token], strict: bool) -> str | None:
    """Strings and names that are read in another way by another setting, or after a line break."""
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.kind == "string" and token.text[0] in "eE" and following is not None and following.kind == "string":
            return "it has a string with escapes that goes on in another string"
        if token.kind == "string" and token.text[0] == "'" and "\\" in token.text and not strict:
            return "it has a backslash in a string, and the setting standard_conforming_strings is off"
        if (
            token.text in ("u", "U")
            and following is not None
            and (following.text, following.start) == ("&", token.stop)
        ):
            return "it has a string or name with Unicode escapes (U&)"
    return None


def _by_catalog(connection: Connection, tokens: Mapping[str, Sequence[Token]]) -> dict[str, str]:
    """The fragments that call functions with effects, or select from views of the server."""
    words = sorted({name for parts in tokens.values() for token in parts for name in _names(token)})
    operators = sorted({one for parts in tokens.values() for one in _operators(parts)})
    if not words and not operators:
        return {}
    functions: dict[str, list[Any]] = {}
    for row in connection.execute(_FUNCTIONS, {"names": words or [""]}):
        functions.setdefault(row.name, []).append(row)
    views = set(connection.execute(_VIEWS, {"names": words or [""]}).scalars())
    volatile = set(connection.execute(_OPERATORS, {"names": operators or [""]}).scalars())
    found = {}
    for sql, parts in tokens.items():
        wrong = [*_effects(parts, functions), *sorted(volatile & set(_operators(parts)))]
        selected = [name for token in parts for name in _names(token) if name in views]
        if wrong:
            found[sql] = f"it calls {', '.join(dict.fromkeys(wrong))}, which does more than compute from its arguments"
        elif selected:
            found[sql] = f"it selects from {selected[0]}, which is no table of the database"
    return found


def _effects(tokens: Sequence[Token], functions: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    called = {token.start for token, _ in fragments.calls(tokens)}
    for place, token in enumerate(tokens):
        dotted = place > 0 and tokens[place - 1].text == "."
        for row in (row for name in _names(token) for row in functions.get(name, ())):
            own = row.schema == "pg_catalog"
            reached = (token.start in called and (row.visible or dotted)) or (dotted and not own)
            server = own and _OF_THE_SERVER.match(row.name) is not None and row.name not in _HARMLESS
            if reached and (row.volatile or server):
                yield row.name


def _names(token: Token) -> set[str]:
    """What a word or quoted name may name."""
    if token.kind == "name":
        return {token.text[1:-1].replace('""', '"')}
    return {token.text.lower(), token.text} if token.kind == "word" else set()


def _operators(tokens: Sequence[Token]) -> Iterator[str]:
    """Everything that may be an operator in marks that touch each other."""
    pieces, stop = [], 0
    for token in tokens:
        is_mark = token.kind == "mark" and token.text in _OPERATOR
        pieces += [" " if token.start > stop else "", token.text if is_mark else " "]
        stop = token.stop
    for marks in "".join(pieces).split():
        for start in range(len(marks)):
            for stop in range(start + 1, min(start + _LONGEST_NAME, len(marks)) + 1):
                yield marks[start:stop]


def _asked(sql: str) -> sa.TextClause:
    return sa.text(sql).bindparams(sa.bindparam("names", expanding=True))


_FUNCTIONS = _asked(
    "SELECT p.proname::text AS name, n.nspname::text AS schema, pg_catalog.pg_function_is_visible(p.oid) AS visible,"
    " p.provolatile = 'v' AS volatile FROM pg_catalog.pg_proc AS p"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace WHERE p.proname::text IN :names"
)
_OPERATORS = _asked(
    "SELECT DISTINCT o.oprname::text FROM pg_catalog.pg_operator AS o"
    " JOIN pg_catalog.pg_proc AS p ON p.oid = o.oprcode WHERE p.provolatile = 'v' AND o.oprname::text IN :names"
)
_VIEWS = _asked(
    "SELECT relname::text FROM pg_catalog.pg_class WHERE relname::text IN :names"
    " AND relnamespace = 'pg_catalog'::regnamespace"
)
