"""Numbers of NumPy and decimals in the fields of options and metrics, as Python's own."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from dq_core.adapters import is_number, plain_number

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["with_plain_numbers"]


def with_plain_numbers(options: DataclassInstance) -> None:
    """Replace the numbers in the fields of a frozen dataclass by equal numbers of Python.

    What is written into programs, expressions and stored results must not depend on where a number comes from.
    """
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if is_number(value):
            object.__setattr__(options, field.name, plain_number(value))
