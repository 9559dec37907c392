"""Values from databases as plain JSON values."""

from __future__ import annotations

import decimal
import json
from typing import Any

from .._shared import json_values
from .._shared.arguments import whole
from ..errors import RuleError

__all__ = ["LONGEST", "exact", "measure", "plain", "written"]

LONGEST = 1000
"""Characters of a string that are kept."""
_MOST_BLANKS = 100


def written(document: Any, indent: int | None) -> str:
    """A document of plain values as a JSON string, as `to_json` gives it.

    Args:
        document: What `plain` gives.
        indent: How many blanks each level is indented by; None for one line.

    Raises:
        RuleError: The indent is no such number.
    """
    if indent is not None and (problems := list(whole("indent", indent, most=_MOST_BLANKS))):
        raise RuleError(problems)
    return json.dumps(document, indent=None if indent is None else int(indent), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """A value as JSON can hold it, without losing digits; strings longer than 1000 characters are cut."""
    return json_values.plain(value, longest=LONGEST, printed=True)


def measure(value: Any) -> Any:
    """Like `plain` for what a check observed: decimals stay numbers (integers exact, others as floats)."""
    if isinstance(value, decimal.Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    return plain(value)


def exact(value: Any) -> Any:
    """Like `measure` for a value of a column: a decimal that a float would round is a string with all its digits."""
    if isinstance(value, decimal.Decimal) and value.is_finite():
        number = measure(value)
        return number if decimal.Decimal(repr(number)) == value else plain(value)
    return measure(value)
