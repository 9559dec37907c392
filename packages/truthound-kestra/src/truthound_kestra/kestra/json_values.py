"""Any value as plain JSON values, as Kestra's output protocol requires them."""

from __future__ import annotations

from typing import Any

from dq_core import adapters
from truthound_kestra.errors import OutputError

__all__ = ["plain"]


def plain(value: Any, name: str = "value") -> Any:
    """A value in the form that JSON and the databases of Kestra support.

    NaN and the infinities become strings (``"NaN"``, ``"Infinity"``, ``"-Infinity"``: Kestra drops a whole line that
    contains the bare words), decimals strings with all digits, dates, times and durations ISO 8601, bytes hexadecimal,
    enums their value, dataclasses and anything with ``to_dict`` objects. NUL characters and lone surrogates become
    U+FFFD.

    Args:
        value: What to convert; mappings, lists, tuples and sets are converted in depth.
        name: How messages call the value.

    Returns:
        None, bool, int, finite float, str, list and dict only.

    Raises:
        OutputError: A value of a type that has no form in JSON, named with its path.
    """
    try:
        return adapters.plain(value, name, storable=True)
    except adapters.NoJSONFormError as error:
        raise OutputError(
            error.message,
            suggestion="Send numbers, strings, dates, lists or mappings; write anything else to a file (outputFiles).",
        ) from None
