"""Trino."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..fingerprint import NAN
from .base import CanonicalSQL, Value, converted, operation, raw, spelled
from .json_tokens import scientific_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

__all__ = ["TrinoForms"]


class TrinoForms(CanonicalSQL):
    """Trino."""

    def knows(self, type_name: str) -> bool:
        """Timestamps and times with more digits than microseconds have none."""
        found = re.match(r"time(?:stamp)?\((\d+)\)", type_name)
        return found is None or int(found[1]) <= 6

    def text_of(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """VARCHAR of any length."""
        return sa.cast(value, sa.String())

    def text_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """As VARCHAR also a CHAR, beside which Trino would take every string for a CHAR, longer than there are."""
        return value if type_name.startswith("varchar") else self.text_of(value)

    def number_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Decimals without the zeros of their scale."""
        text = super().number_form(value, type_name)
        if not type_name.startswith("decimal") or type_name.replace(" ", "").endswith(",0)"):
            return text
        return sa.func.regexp_replace(text, raw(r"'\.?0+$'"))

    def float_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bits."""
        del type_name
        double: ColumnElement[Any] = sa.cast(value, sa.Double())
        bits = sa.func.lower(sa.func.to_hex(sa.func.to_ieee754_64(double)))
        return sa.case((sa.func.is_nan(double), raw(f"'{NAN}'")), else_=bits)

    def date_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Days."""
        del type_name
        return self.text_of(sa.func.date_diff(raw("'day'"), raw("DATE '1970-01-01'"), value))

    def moment_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Microseconds; more digits are refused by the type's name."""
        if "with time zone" in type_name:
            value = value.op("AT TIME ZONE")(raw("'UTC'"))
        plain = converted(value, "TIMESTAMP(6)")
        whole = sa.func.date_diff(
            raw("'second'"), raw("TIMESTAMP '2000-01-01 00:00:00'"), sa.func.date_trunc(raw("'second'"), plain)
        )
        # Only the text has all digits: functions know milliseconds.
        fraction = sa.cast(sa.func.substr(self.text_of(plain), raw("-6")), sa.BigInteger())
        return self._hex(operation(operation(whole, "*", raw("1000000")), "+", fraction))

    def time_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Microseconds."""
        del type_name
        text = self.text_of(converted(value, "TIME(6)"))
        fraction = sa.cast(sa.func.substr(text, raw("10")), sa.BigInteger())
        second = sa.func.date_diff(
            raw("'second'"), raw("TIME '00:00:00'"), converted(sa.func.substr(text, raw("1"), raw("8")), "TIME(0)")
        )
        return self._hex(operation(operation(second, "*", raw("1000000")), "+", fraction))

    def _hex(self, number: ColumnElement[Any]) -> ColumnElement[Any]:
        return sa.func.lower(sa.func.to_hex(sa.func.to_big_endian_64(number)))

    def binary_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Hexadecimal digits behind an x."""
        del type_name
        return raw("'x'").concat(sa.func.lower(sa.func.to_hex(value)))

    def json_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """As Trino writes what it has read, which sorts the keys; numbers pass as strings."""
        return spelled(_JSON, sa.func.json_format(value) if type_name == "json" else self.text_of(value))

    def octets(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """The length of the bytes."""
        return sa.func.length(sa.func.to_utf8(text), type_=sa.Integer())

    def digits(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """The hexadecimal digits of 16 bytes."""
        return sa.func.lower(sa.func.to_hex(sa.func.md5(sa.func.to_utf8(text))), type_=sa.Text())

    def hash(self, values: Sequence[Value]) -> ColumnElement[Any]:
        """16 bytes."""
        return sa.func.md5(sa.func.to_utf8(self.encoding(values)), type_=sa.LargeBinary())

    def sums(self, hash_: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """Signed numbers of 64 bits; their sum is a decimal, which is exact."""
        return [
            sa.func.sum(sa.cast(sa.func.from_big_endian_64(half), sa.Numeric(38, 0)))
            for half in (sa.func.substr(hash_, raw("1"), raw("8")), sa.func.substr(hash_, raw("9"), raw("8")))
        ]

    def bucket(self, hash_: ColumnElement[Any], number: int) -> ColumnElement[Any]:
        """Four hexadecimal digits as a number."""
        bits = sa.func.from_base(sa.func.substr(sa.func.to_hex(hash_), raw("1"), raw("4")), raw("16"))
        return sa.func.mod(bits, raw(str(number), sa.Integer()))


_CONTENT = r"[^\"\\]*(?:\\.[^\"\\]*)*"
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
#: The content of a string, with the escapes of quotes and backslashes as what they are written with.
_ESCAPED = r"""regexp_replace(s[1], '\\(?:(["\\]|u0022|u005[cC])|(.))',
 e -> CASE WHEN e[2] IS NOT NULL THEN '\' || e[2] WHEN e[1] IN ('"', 'u0022') THEN '\\\"' ELSE '\\\\' END)"""
#: The content of a string without escapes.
_PLAIN = r"""regexp_replace(s[1], '\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)|\\u(....)|\\(.)', e -> CASE
 WHEN e[1] IS NOT NULL THEN chr(65536 + (from_base(e[1], 16) - 55296) * 1024 + from_base(e[2], 16) - 56320)
 WHEN e[3] IS NOT NULL THEN chr(from_base(e[3], 16))
 ELSE CASE e[4] WHEN 'b' THEN chr(8) WHEN 't' THEN chr(9) WHEN 'n' THEN chr(10) WHEN 'f' THEN chr(12)
  WHEN 'r' THEN chr(13) ELSE e[4] END END)"""
#: A document whose strings begin with S, and whose numbers are strings that begin with N: Trino reads them as floats.
_MARKED = f"""regexp_replace({{value}}, '"({_CONTENT})"|({_NUMBER})', s -> CASE WHEN s[2] IS NULL
 THEN '"S' || {_ESCAPED} || '"' ELSE '"N' || {scientific_sql("s[2]")} || '"' END)"""
_JSON = f"""CASE WHEN try(json_parse({{value}})) IS NULL THEN '!text ' || lower(to_hex(to_utf8({{value}})))
 ELSE regexp_replace(json_format(json_parse({_MARKED})), '"(?:S({_CONTENT})|N([^"]*))"',
 s -> CASE WHEN s[2] IS NULL THEN '"' || {_PLAIN} || '"' ELSE s[2] END) END"""
