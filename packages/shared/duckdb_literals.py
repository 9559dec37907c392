"""Statements for DuckDB whose values are literals, so that its driver need not look at Python objects.

For the first parameter of a statement DuckDB's driver imports pandas, if it is installed, and with it pyarrow: half a
second and 100 MB for every process. It also reads ``Decimal('1E+3')`` as 1.000. As literals, values have the types
that the driver gives them. SQLAlchemy itself renders them into the compiled statement, for each execution anew.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import CompileError

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["IN_PATTERNS", "as_pattern", "literal", "names_of_files", "use_literals"]

IN_PATTERNS = re.compile(r"[*?\[]")
"""The characters by which DuckDB takes the name of a file for a pattern of several."""

_NOT_GIVEN = object()

_INTEGERS = (
    ("INTEGER", -(2**31), 2**31),
    ("BIGINT", -(2**63), 2**63),
    ("UBIGINT", 0, 2**64),
    ("HUGEINT", -(2**127), 2**127),
    ("UHUGEINT", 0, 2**128),
)
_MOST_DIGITS = 38


def literal(value: Any) -> str:
    """A value as DuckDB's SQL writes it.

    Args:
        value: What the driver would be given.

    Raises:
        TypeError: DuckDB has no such value.
    """
    found = _plain(value)
    if found is None and type(value).__module__.partition(".")[0] in {"numpy", "pandas"}:
        # Scalars of NumPy; what is not equal to itself is missing (NaT, NA was never equal to anything).
        item = value.item() if hasattr(value, "item") else None
        found = "NULL" if item is None or item is value else _plain(item)
    if found is None:
        raise TypeError(f"DuckDB has no {type(value).__name__}")
    return found


def as_pattern(path: str) -> str:
    """The pattern of one path.

    Args:
        path: A path of this machine.
    """
    return IN_PATTERNS.sub(r"[\g<0>]", path)


def names_of_files(paths: Iterable[str]) -> str:
    """Files and patterns as SQL of DuckDB writes one or several: the name of a file that is there is no pattern.

    Args:
        paths: Paths, URIs or patterns.
    """
    exact = [as_pattern(one) if IN_PATTERNS.search(one) and Path(one).is_file() else one for one in paths]
    return literal(exact[0]) if len(exact) == 1 else f"[{', '.join(map(literal, exact))}]"


def _plain(value: Any) -> str | None:
    if value is None:
        return "NULL"
    return next((write(value) for types, write in _WRITERS if isinstance(value, types)), None)


def _cast(text: str, type_: str) -> str:
    return f"'{text}'::{type_}"


def _integer(value: int) -> str:
    if -(2**31) < value < 2**31:
        return str(value) if value >= 0 else f"({value})"  # "--1" would be a comment
    for name, least, limit in _INTEGERS:
        if least <= value < limit:
            return _cast(str(value), name)
    raise TypeError(f"DuckDB has no integer as long as {value}")


def _text(value: str) -> str:
    if "\0" in value:  # the text of a statement ends there
        return f"decode({_blob(value.encode())})"
    quoted = value.replace("'", "''")
    return f"'{quoted}'"


def _blob(value: bytes) -> str:
    return _cast("".join(f"\\x{byte:02X}" for byte in value), "BLOB")


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return _cast("nan" if value.is_nan() else str(float(value)), "DOUBLE")
    exponent = value.as_tuple().exponent
    text = format(value, "f")
    scale = max(-int(exponent), 0)
    digits = max(len(text.lstrip("-").replace(".", "").lstrip("0")), scale, 1)
    # What a DECIMAL cannot hold, the driver makes a DOUBLE as well.
    return _cast(text, f"DECIMAL({digits}, {scale})" if digits <= _MOST_DIGITS else "DOUBLE")


def _moment(value: dt.datetime) -> str:
    if value != value:  # noqa: PLR0124 - pandas.NaT is a datetime
        return "NULL"
    if value.tzinfo is None:
        return _cast(value.isoformat(" "), "TIMESTAMP")
    return _cast(value.astimezone(dt.UTC).isoformat(" "), "TIMESTAMPTZ")


def _float(value: float) -> str:
    return _cast("nan" if math.isnan(value) else repr(float(value)), "DOUBLE")


def _time(value: dt.time) -> str:
    return _cast(value.isoformat(), "TIME" if value.tzinfo is None else "TIMETZ")


def _interval(value: dt.timedelta) -> str:
    return f"(to_days({value.days}) + to_seconds({value.seconds}) + to_microseconds({value.microseconds}))"


def _struct(value: Mapping[Any, Any]) -> str:
    if not value:
        return "MAP {}"  # no structure is without fields
    return f"{{{', '.join(f'{_text(str(key))}: {literal(item)}' for key, item in value.items())}}}"


# The first that fits: a bool is an int, and a moment is a date.
_WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (int, lambda value: _integer(int(value))),
    (float, _float),
    (str, _text),
    (Decimal, _decimal),
    ((bytes, bytearray, memoryview), lambda value: _blob(bytes(value))),
    (dt.datetime, _moment),
    (dt.date, lambda value: _cast(value.isoformat(), "DATE")),
    (dt.time, _time),
    (dt.timedelta, _interval),
    (uuid.UUID, lambda value: _cast(str(value), "UUID")),
    ((list, tuple), lambda value: f"[{', '.join(map(literal, value))}]"),
    (Mapping, _struct),
)


class _Literals:
    """A compiler whose bound values are rendered when a statement is executed, unless it is executed for many rows."""

    for_executemany: bool
    dialect: Any
    _shows = False

    def visit_bindparam(self, bindparam: Any, **options: Any) -> str:
        if not self.for_executemany and not options.get("literal_binds"):
            options["literal_execute"] = True
        return super().visit_bindparam(bindparam, **options)  # type: ignore[misc, no-any-return]

    def render_literal_bindparam(self, bindparam: Any, render_literal_value: Any = _NOT_GIVEN, **options: Any) -> str:
        if render_literal_value is not _NOT_GIVEN:
            options["render_literal_value"] = render_literal_value
            return super().render_literal_bindparam(bindparam, **options)  # type: ignore[misc, no-any-return]
        self._shows = True  # a statement that is only shown, or that has no parameters by its nature
        try:
            return super().render_literal_bindparam(bindparam, **options)  # type: ignore[misc, no-any-return]
        finally:
            self._shows = False

    def render_literal_value(self, value: Any, type_: Any) -> str:
        if self._shows:
            return super().render_literal_value(value, type_)  # type: ignore[misc, no-any-return]
        process = type_.dialect_impl(self.dialect).bind_processor(self.dialect)
        try:
            return literal(value if process is None else process(value))
        except TypeError as error:
            raise CompileError(f"a value is not supported by the driver: {error}") from error


def use_literals(engine: Engine) -> None:
    """Let the statements of an engine for DuckDB have literals in the place of parameters.

    Args:
        engine: An engine that nothing has been compiled for yet.
    """
    dialect: Any = engine.dialect
    compiler = dialect.statement_compiler
    if not issubclass(compiler, _Literals):
        dialect.statement_compiler = type(f"{compiler.__name__}WithLiterals", (_Literals, compiler), {})
