"""Which database a table or a query in SQL is of: its names and types say nothing of those of another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy.sql.visitors import iterate

from ..._shared.masking import masked
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.sql import ClauseElement

__all__ = ["own", "require_own_parts", "same_place"]

_Element = TypeVar("_Element")

_ENGINE: Final = "moltres_engine"
"""The attribute by which something to select from knows whose it is, and an engine which one it stands in for."""


def same_place(one: Engine, other: Engine) -> bool:
    """Whether two engines lead to one database."""
    if one.pool is other.pool:
        return True
    if one.url != other.url:
        return False
    # A database in memory belongs to its engine; a server or a file is the same for all engines with its URL.
    return one.url.host is not None or (one.url.database is not None and Path(one.url.database).is_file())


def own(found: _Element, engine: Engine) -> _Element:
    """Let something to select from know whose it is; a copy that SQLAlchemy makes of it knows that too.

    Args:
        found: A table or a query; or an engine that stands in for another one.
        engine: The engine of its database.
    """
    setattr(found, _ENGINE, engine)
    return found


def require_own_parts(engine: Engine, statement: ClauseElement) -> None:
    """Make sure that no part of a statement is of another database.

    Args:
        engine: Where the statement is to run.
        statement: The statement.

    Raises:
        ConfigurationError: If some part is: what it selects from was looked up there.
    """
    engine = getattr(engine, _ENGINE, engine)
    for part in iterate(statement):
        engine_of: Any = getattr(part, _ENGINE, None)
        if engine_of is not None and not same_place(engine_of, engine):
            raise ConfigurationError(
                f"A part of the statement is of another database ({masked(engine_of.url)}) than the one that it is for"
                f" ({masked(engine.url)}).",
                suggestion="Make it of frames of one database; db.write(frame).save_as_table(…) copies the rows of"
                " another one.",
            )
