"""`DataQualityCheck`: the checks as functions, for code that reads like a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dq_core.check import Check
from dq_core.checks.in_range import InRange
from dq_core.checks.not_null import NotNull
from dq_core.checks.row_count import RowCount

__all__ = ["DataQualityCheck"]


class DataQualityCheck:
    """A namespace of functions that make checks.

    Every function also takes ``name``, ``severity``, ``threshold``, ``where`` and ``description``, and raises
    `dq_core.errors.RuleError` if an option is wrong.
    """

    @staticmethod
    def column_not_null(column: str, **common: Any) -> Check:
        """No value of the column is NULL."""
        return NotNull(column=column, **common)

    @staticmethod
    def column_range(
        column: str,
        *,
        min: Any = None,  # noqa: A002 - the documented name
        max: Any = None,  # noqa: A002 - the documented name
        strict_min: bool = False,
        strict_max: bool = False,
        **common: Any,
    ) -> Check:
        """Every value lies between min and max."""
        return InRange(column=column, min=min, max=max, strict_min=strict_min, strict_max=strict_max, **common)

    @staticmethod
    def row_count(
        *,
        min: int | None = None,  # noqa: A002 - the documented name
        max: int | None = None,  # noqa: A002 - the documented name
        **common: Any,
    ) -> Check:
        """The number of rows lies between min and max."""
        return RowCount(min=min, max=max, **common)
