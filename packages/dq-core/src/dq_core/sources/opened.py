"""What opening a source gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..relation.relation import Relation

__all__ = ["Opened"]


@dataclass(frozen=True)
class Opened:
    """A source that is open for reading.

    Attributes:
        connection: Runs the statements.
        relation: What to select from.
        description: What it is, for people; without secrets.
        owns_transaction: Whether the transaction was begun here; otherwise it is the caller's.
        secrets: Strings that nothing may show.
    """

    connection: Connection
    relation: Relation
    description: str
    owns_transaction: bool = True
    secrets: tuple[str, ...] = field(default=(), repr=False)
