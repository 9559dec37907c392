"""Statements with their values as literals."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


def literal_dialect(dialect: Dialect) -> Any:
    """A copy of a SQLAlchemy dialect for SQL that no driver formats: percent signs are not doubled."""
    made: Any = copy.copy(dialect)
    made.paramstyle, made.positional = "named", False
    made.identifier_preparer = made.preparer(made)
    return made
