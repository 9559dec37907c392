"""Encodings other than UTF-8, of a database or a connection: they lack characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...types.arrow import Named, Rows


def unencoded(encoding: str, values: Sequence[Any]) -> str | None:
    """Which string of a column has characters that an encoding lacks; None if there is none.

    Args:
        encoding: What Python calls the encoding of the connection.
        values: Values of the column; items of arrays are looked at, too.
    """
    if encoding == "utf-8":
        return None
    for value in values:
        if isinstance(value, list | tuple):
            found = unencoded(encoding, value)
            if found is not None:
                return found
        elif isinstance(value, str):
            try:
                value.encode(encoding)
            except UnicodeEncodeError as error:
                lacking = value[error.start : error.end]
                return f"{value[:60]!r} has {lacking[:10]!r}, which {encoding}, the encoding of the connection, lacks"
    return None


def require_encoded(encoding: str, rows: Rows, columns: Sequence[Named]) -> None:
    """Make sure that all strings of rows are in the encoding of the connection.

    Raises:
        SchemaMismatchError: All columns with strings that are not, each with the first.
    """
    if encoding == "utf-8":
        return
    faults = [
        f"column {name!r}: {reason}"
        for (name, _), values in zip(columns, zip(*rows, strict=True), strict=True)
        if (reason := unencoded(encoding, values)) is not None
    ]
    if faults:
        raise SchemaMismatchError("Some values cannot be sent.", mismatches=faults)
