"""What reading needs of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from ..dialects import Dialect


class Readable(Protocol):
    """Where statements can read rows; `moltres.Database` implements it."""

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine."""

    @property
    def dialect(self) -> Dialect:
        """What moltres knows of this kind of database."""

    def connection(self, *, query_timeout: float | None = None) -> AbstractContextManager[Connection]:
        """A connection to read with, under a time limit in seconds per statement."""
