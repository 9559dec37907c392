"""PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ..fingerprint import NAN
from .base import CanonicalSQL, operation, raw, spelled
from .json_tokens import escaped_sql, scientific_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from .base import Value

__all__ = ["PostgreSQLForms"]


class PostgreSQLForms(CanonicalSQL):
    """PostgreSQL 13 and later, in a database of UTF-8."""

    def problem(self, connection: Connection) -> str | None:
        """MD5 is that of the bytes of the server's encoding."""
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        return None if encoding == "UTF8" else f"the database's encoding is {encoding}, not UTF8"

    def number_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Decimals without the zeros of their scale."""
        if type_name.startswith(("numeric", "decimal", "money")):
            value = sa.func.trim_scale(value)
        return super().number_form(value, type_name)

    def float_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bytes that the server sends."""
        del type_name
        double: ColumnElement[Any] = sa.cast(value, sa.Double())
        sent = sa.func.encode(sa.func.float8send(double), raw("'hex'"))
        return sa.case((double == raw("'NaN'::float8", sa.Double()), raw(f"'{NAN}'")), else_=sent)

    def date_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """A difference of dates is a number of days."""
        del type_name
        days = self.text_of(operation(value, "-", raw("DATE '1970-01-01'", sa.Date())))
        return sa.case((sa.func.isfinite(value), days), else_=self.text_of(value))

    def moment_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bytes that the server sends: microseconds since 2000."""
        send = sa.func.timestamp_send
        if type_name == "date":
            value = sa.cast(value, sa.DateTime())
        elif "tz" in type_name or "with time zone" in type_name:
            send = sa.func.timestamptz_send
        sent = sa.func.encode(send(value), raw("'hex'"))
        return sa.case((sa.func.isfinite(value), sent), else_=self.text_of(value))

    def time_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bytes that the server sends: microseconds since midnight."""
        del type_name
        return sa.func.encode(sa.func.time_send(value), raw("'hex'"))

    def binary_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Hexadecimal digits behind an x."""
        del type_name
        return raw("'x'").concat(sa.func.encode(value, raw("'hex'")))

    def json_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """By its nodes, each after those that it is in."""
        if "json" in type_name:
            return spelled(_DOCUMENT, value)
        return _Document(raw(_DOCUMENT), self.text_of(value))

    def joined(self, fields: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        """``concat_ws``, which takes at most 99 strings."""
        while len(fields) > 90:
            fields = [sa.func.concat_ws(raw("'|'"), *fields[at : at + 90]) for at in range(0, len(fields), 90)]
        return sa.func.concat_ws(raw("'|'"), *fields, type_=sa.Text())

    def length_item(self, octets: ColumnElement[Any]) -> ColumnElement[Any]:
        """As it is: ``concat_ws`` writes numbers."""
        return octets

    def hash(self, values: Sequence[Value]) -> ColumnElement[Any]:
        """16 bytes, or 128 bits."""
        return _Hash(self.encoding(values))

    def once(self, hashes: Select[Any]) -> Select[Any]:
        """A volatile expression keeps the subquery from being pulled up; with OFFSET, no scan is parallel.

        The planner looks for it before it finds out that it is never computed.
        """
        never = sa.case((sa.false(), sa.func.clock_timestamp()))
        return hashes.add_columns(never.label("kept"))

    def sums(self, hash_: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """Signed numbers of 64 bits; their sum is a numeric, which is exact."""
        return [sa.func.sum(_Half(hash_, raw(str(half), sa.Integer()))) for half in (0, 1)]

    def bucket(self, hash_: ColumnElement[Any], number: int) -> ColumnElement[Any]:
        """The first two bytes as a number."""
        return operation(_Start(hash_), "&", raw(str(number - 1), sa.Integer()))


_NAME = escaped_sql("key")
#: A document as its tokens, which their places put into order: those of the nodes above, and the number of each among
#: its neighbours. What closes a node is behind all that is in it.
_DOCUMENT = f"""(WITH RECURSIVE nodes(place, prefix, node) AS (
 SELECT CAST(ARRAY[] AS int[]), CAST('' AS text), CAST({{value}} AS jsonb)
 UNION ALL SELECT nodes.place || child.number, child.prefix, child.node FROM nodes CROSS JOIN LATERAL (
  SELECT CAST(row_number() OVER named AS int),
   CASE WHEN row_number() OVER named > 1 THEN ',' ELSE '' END || '"' || {_NAME} || '":', value
  FROM jsonb_each(CASE jsonb_typeof(nodes.node) WHEN 'object' THEN nodes.node ELSE '{{}}' END)
  WINDOW named AS (ORDER BY {_NAME} COLLATE "C")
  UNION ALL SELECT CAST(number AS int), CASE WHEN number > 1 THEN ',' ELSE '' END, item
  FROM jsonb_array_elements(CASE jsonb_typeof(nodes.node) WHEN 'array' THEN nodes.node ELSE '[]' END)
   WITH ORDINALITY AS items(item, number)
 ) AS child(number, prefix, node)
) SELECT string_agg(token, '' ORDER BY place) FROM (
 SELECT place, prefix || CASE jsonb_typeof(node) WHEN 'object' THEN '{{' WHEN 'array' THEN '['
  WHEN 'string' THEN '"' || {escaped_sql("(node #>> '{}')")} || '"'
  WHEN 'number' THEN {scientific_sql("CAST(node AS text)")} ELSE CAST(node AS text) END
 FROM nodes
 UNION ALL SELECT place || 2147483647, CASE jsonb_typeof(node) WHEN 'object' THEN '}}' ELSE ']' END
 FROM nodes WHERE jsonb_typeof(node) IN ('object', 'array')
) AS tokens(place, token))"""  # noqa: S608 - SQL of our own


class _Document(FunctionElement[Any]):
    """The canonical form of a string that may be JSON."""

    name = "canonical_document"
    type = sa.Text()
    inherit_cache = True


class _Hash(FunctionElement[Any]):
    """The MD5 of a string, in the type from which its halves are found in the least time."""

    name = "canonical_hash"
    type = sa.LargeBinary()
    inherit_cache = True


class _Half(FunctionElement[Any]):
    """The first (0) or the second (1) half of a hash as a signed number of 64 bits."""

    name = "canonical_half"
    type = sa.BigInteger()
    inherit_cache = True


class _Start(FunctionElement[Any]):
    """The first 16 bits of a hash as a number."""

    name = "canonical_start"
    type = sa.Integer()
    inherit_cache = True


def _has_numbers_of_bytes(compiler: Any) -> bool:
    """Whether bytes can be cast to numbers, which PostgreSQL 18 introduced."""
    return (getattr(compiler.dialect, "server_version_info", None) or (0,)) >= (18,)


@compiles(_Document)
def _compile_document(element: _Document, compiler: Any, **options: Any) -> str:
    sql, text = (compiler.process(one, **options) for one in element.clauses)
    document = sql.replace("{value}", text)
    if (getattr(compiler.dialect, "server_version_info", None) or (0,)) < (16,):
        return str(document)  # a string that is none is an error of the database
    other = f"'!text ' || encode(convert_to({text}, 'UTF8'), 'hex')"
    return f"CASE WHEN {text} IS JSON THEN {document} ELSE {other} END"


@compiles(_Hash)
def _compile_hash(element: _Hash, compiler: Any, **options: Any) -> str:
    (text,) = (compiler.process(one, **options) for one in element.clauses)
    return f"decode(md5({text}), 'hex')" if _has_numbers_of_bytes(compiler) else f"CAST('x' || md5({text}) AS BIT(128))"


@compiles(_Half)
def _compile_half(element: _Half, compiler: Any, **options: Any) -> str:
    hash_, half = (compiler.process(one, **options) for one in element.clauses)
    second = half == "1"
    if _has_numbers_of_bytes(compiler):
        return f"CAST(substr({hash_}, {9 if second else 1}, 8) AS BIGINT)"
    bits = f"({hash_} << 64)" if second else hash_
    return f"CAST(CAST({bits} AS BIT(64)) AS BIGINT)"


@compiles(_Start)
def _compile_start(element: _Start, compiler: Any, **options: Any) -> str:
    (hash_,) = (compiler.process(one, **options) for one in element.clauses)
    if _has_numbers_of_bytes(compiler):
        return f"(get_byte({hash_}, 0) * 256 + get_byte({hash_}, 1))"
    return f"CAST(CAST({hash_} AS BIT(16)) AS INTEGER)"
