"""DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..fingerprint import NAN
from .base import TO_2000, CanonicalSQL, converted, operation, raw, spelled
from .json_tokens import escaped_sql, scientific_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from .base import Value

__all__ = ["DuckDBForms"]

#: What exchanges neighbouring bytes of a number of 64 bits, then pairs of bytes, then its halves: masks, and how far.
_SWAPS = (
    (0xFF00FF00FF00FF00, 0x00FF00FF00FF00FF, 8),
    (0xFFFF0000FFFF0000, 0x0000FFFF0000FFFF, 16),
    (0xFFFFFFFF00000000, 0x00000000FFFFFFFF, 32),
)


class DuckDBForms(CanonicalSQL):
    """DuckDB."""

    def knows(self, type_name: str) -> bool:
        """A VARIANT has none: it is no text of JSON."""
        return type_name != "variant"

    def number_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Decimals without the zeros of their scale; booleans by constants, which take a fifth of a conversion."""
        if type_name.startswith("bool"):
            return sa.case((value, raw("'1'")), (sa.not_(value), raw("'0'")))
        text = super().number_form(value, type_name)
        if not type_name.startswith("decimal") or type_name.endswith(",0)"):
            return text
        digits, _, scale = type_name.replace(" ", "").partition("(")[2].rstrip(")").partition(",")
        if digits == scale:
            # Without digits before its point there is no zero either; where nothing is stated, it may be such a type.
            text = sa.func.regexp_replace(text, raw(r"'^(-?)\.'"), raw(r"'\10.'"), type_=sa.Text())
        trimmed = sa.func.rtrim(text, raw("'0'"))
        if "(" not in type_name:
            # Without its scale it may have no fraction, and zeros that count.
            trimmed = sa.func.rtrim(trimmed, raw("'.'"))
            return sa.case((sa.func.contains(text, raw("'.'")), trimmed), else_=text)
        # Trimming takes longer than all else, and most decimals end in a digit, or have no fraction.
        none = "." + "0" * int(scale)
        return sa.case(
            (sa.not_(sa.func.ends_with(text, raw("'0'"), type_=sa.Boolean())), text),
            (sa.func.ends_with(text, raw(f"'{none}'"), type_=sa.Boolean()), self.text_of(converted(value, "HUGEINT"))),
            else_=trimmed,
        )

    def float_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bits."""
        del type_name
        double: ColumnElement[Any] = sa.cast(value, sa.Double())
        bits = sa.func.lower(sa.func.hex(converted(converted(double, "BIT"), "BLOB")))
        return sa.case((sa.func.isnan(double), raw(f"'{NAN}'")), else_=bits)

    def date_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """A difference of dates is a number of days."""
        del type_name
        days = self.text_of(operation(value, "-", raw("DATE '1970-01-01'", sa.Date())))
        return sa.case((sa.func.isfinite(value), days), else_=self.text_of(value))

    def moment_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Microseconds, and nanoseconds where there are any."""
        if type_name == "timestamp_ns":
            nanos = sa.func.epoch_ns(value)
            found = self._nanoseconds(nanos, TO_2000)
        else:
            if type_name == "date":
                value = sa.cast(value, sa.DateTime())
            found = self._hex(operation(sa.func.epoch_us(value), "-", raw(str(TO_2000))))
        return sa.case((sa.func.isfinite(value), found), else_=self.text_of(value))

    def time_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Microseconds, and nanoseconds where there are any."""
        if type_name == "time_ns":
            return self._nanoseconds(sa.func.epoch_ns(value), 0)
        return self._hex(sa.func.epoch_us(value))

    def _nanoseconds(self, nanos: ColumnElement[Any], before: int) -> ColumnElement[Any]:
        rest = sa.func.mod(operation(sa.func.mod(nanos, raw("1000")), "+", raw("1000")), raw("1000"))
        micros = operation(operation(operation(nanos, "-", rest), "//", raw("1000")), "-", raw(str(before)))
        fraction = raw("'.'").concat(sa.func.lpad(self.text_of(rest), raw("3"), raw("'0'")))
        return self._hex(micros).concat(sa.case((operation(rest, ">", raw("0")), fraction), else_=raw("''")))

    def _hex(self, number: ColumnElement[Any]) -> ColumnElement[Any]:
        """Those of the two's complement of a number of 64 bits, in half of the time of its bytes by ``hex``."""
        return sa.func.printf(raw("'%016x'"), converted(number, "BIGINT"), type_=sa.Text())

    def binary_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Hexadecimal digits behind an x."""
        del type_name
        return raw("'x'").concat(sa.func.lower(sa.func.hex(value)))

    def json_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """By its nodes in the order of their paths; numbers, which DuckDB reads as floats, pass as strings."""
        del type_name
        return spelled(_JSON, self.text_of(value))

    def octets(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Of strings; ``octet_length`` is that of bytes."""
        return sa.func.strlen(text, type_=sa.Integer())

    def joined(self, fields: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        """``concat_ws``."""
        return sa.func.concat_ws(raw("'|'"), *fields, type_=sa.Text())

    def quotient(self, number: ColumnElement[Any], divisor: int) -> ColumnElement[Any]:
        """``/`` makes a DOUBLE."""
        return operation(number, "//", raw(str(divisor), sa.BigInteger()))

    def hash(self, values: Sequence[Value]) -> ColumnElement[Any]:
        """A number of 128 bits, whose last byte is the first of the hash: no digits have to be written and read."""
        return sa.func.md5_number(self.encoding(values), type_=sa.Numeric())

    def sums(self, hash_: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """Unsigned numbers of 64 bits; their sum is one of 128 bits."""
        first = converted(operation(hash_, "&", raw("18446744073709551615::UHUGEINT")), "UBIGINT")
        second = converted(operation(hash_, ">>", raw("64")), "UBIGINT")
        return [sa.cast(sa.func.sum(_swapped(half)), sa.Text()) for half in (first, second)]

    def bucket(self, hash_: ColumnElement[Any], number: int) -> ColumnElement[Any]:
        """Its first two bytes as a number."""
        low = converted(operation(hash_, "&", raw("65535::UHUGEINT")), "INTEGER")
        first = operation(operation(low, "&", raw("255", sa.Integer())), "<<", raw("8", sa.Integer()))
        bits = operation(first, "|", operation(low, ">>", raw("8", sa.Integer())))
        return operation(bits, "&", raw(str(number - 1), sa.Integer()))


#: Strings and numbers of JSON, and what is between them.
_TOKENS = r"""'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][-+.0-9eE]*|[^-"0-9]+'"""
#: A document whose strings are their bytes in digits behind an S, and whose numbers are strings behind an N: no path
#: through it has to be quoted, and bytes in digits have the order of the bytes.
_MARKED = f"""array_to_string(list_transform(regexp_extract_all({{value}}, {_TOKENS}), lambda token: CASE
 WHEN token[1] = '"' THEN '"S' || hex(encode({escaped_sql("(TRY_CAST(token AS JSON) ->> '$')")})) || '"'
 WHEN token[1] = '-' OR token[1] BETWEEN '0' AND '9' THEN '"N' || {scientific_sql("token")} || '"'
 ELSE token END), '')"""
#: The keys on the way to a node, and the numbers of items with as many characters each.
_PLACE = """list_transform(string_split(replace(fullkey, '[', '.['), '.'),
 lambda step: CASE WHEN step[1] = '[' THEN lpad(step, 12, '0') ELSE step END)"""
#: A comma behind each node; what closes one is behind all that is in it.
_SORTED = f"""(SELECT string_agg(part.token, '' ORDER BY part.place ASC) FROM (SELECT unnest(CASE
 WHEN closing = '' THEN [{{'place': place, 'token': opening || CAST(value AS VARCHAR) || ','}}] ELSE
 [{{'place': place, 'token': opening}}, {{'place': list_append(place, '~'), 'token': closing || ','}}] END) AS part
 FROM (SELECT value, {_PLACE} AS place, CASE type WHEN 'OBJECT' THEN '}}' WHEN 'ARRAY' THEN ']' ELSE '' END AS closing,
   CASE WHEN contains(fullkey, '.') AND NOT ends_with(fullkey, ']') THEN '"' || key || '":' ELSE '' END
   || CASE type WHEN 'OBJECT' THEN '{{' WHEN 'ARRAY' THEN '[' ELSE '' END AS opening
  FROM json_tree(TRY_CAST({_MARKED} AS JSON)))))"""  # noqa: S608 - SQL of our own
#: Strings as they are again, whose digits no comma can be among.
_PLAIN = f"""(SELECT array_to_string(list_transform(
 string_split(replace(replace(rtrim(sorted, ','), ',}}', '}}'), ',]', ']'), '"'), lambda part: CASE part[1]
 WHEN 'S' THEN '"' || decode(unhex(part[2:])) || '"' WHEN 'N' THEN part[2:] ELSE part END), '')
 FROM (SELECT {_SORTED} AS sorted))"""  # noqa: S608 - SQL of our own
#: DuckDB's own test lets commas stand before brackets, and takes NaN and Infinity for numbers.
_OUTSIDE = r"""regexp_replace({value}, '"[^"\\]*(?:\\.[^"\\]*)*"', '""', 'g')"""
_IS_JSON = f"(json_valid({{value}}) AND NOT regexp_matches({_OUTSIDE}, '(?i)nan|inf|,\\s*[\\]}}}}]'))"
_JSON = f"CASE WHEN {_IS_JSON} THEN {_PLAIN} ELSE '!text ' || lower(hex(encode({{value}}))) END"


def _swapped(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """An unsigned number of 64 bits with its bytes in the other order."""
    for high, low, bits in _SWAPS:
        down = operation(operation(number, "&", raw(f"{high}::UBIGINT")), ">>", raw(str(bits)))
        up = operation(operation(number, "&", raw(f"{low}::UBIGINT")), "<<", raw(str(bits)))
        number = operation(down, "|", up)
    return number
