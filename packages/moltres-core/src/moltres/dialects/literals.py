"""Statements with their values in the text, as people write them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


def literal_dialect(dialect: Dialect) -> Any:
    """A copy of a dialect of SQLAlchemy's for text that no driver formats: its style would double each percent sign."""
    made: Any = copy.copy(dialect)
    made.paramstyle, made.positional = "named", False
    made.identifier_preparer = made.preparer(made)
    return made
