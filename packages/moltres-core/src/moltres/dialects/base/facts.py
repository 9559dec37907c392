"""What every part of a dialect knows of its database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ..capabilities import Capabilities
from ..seen_files import unchanged

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine
    from sqlalchemy.sql import ClauseElement


class Facts:
    """Name and capabilities of one kind of database. `Dialect` documents both."""

    capabilities: Capabilities = Capabilities()
    placeholder: str | None = None
    identifier_quote: str | None = None
    bytes_literal: str = "X'{}'"
    differs: bool = False
    commits_each_table: bool = False
    one_process: bool = False
    drivers: tuple[str, ...] = ()  # those that alone tell what is asked of them; empty where any does

    def __init__(self, name: str, capabilities: Capabilities | None = None) -> None:
        self.name = name
        if capabilities is not None:
            self.capabilities = capabilities

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def of(self, engine: Engine, connected: Callable[[], AbstractContextManager[Connection]]) -> Self:  # noqa: ARG002
        """The dialect for one database of this kind; this one, unless what they can do differs.

        Args:
            engine: The engine of the database.
            connected: Opens a connection to it, to ask what it can do.
        """
        return self

    def statement_compiler(self, base: type[Any]) -> type[Any]:
        """The compiler of statements.

        Args:
            base: SQLAlchemy's.
        """
        return base

    def written(self, value: Any) -> str | None:
        """A value as a literal with its type.

        Args:
            value: What the driver would be given.

        Returns:
            None where SQLAlchemy's way is right.
        """
        return self.bytes_literal.format(value.hex()) if isinstance(value, bytes) else None

    def unchanged(self, connection: Connection, query: ClauseElement) -> AbstractContextManager[None]:
        """Make sure that what a query reads is not replaced between its frame and the end of the block.

        Args:
            connection: Where it runs.
            query: The query.
        """
        return unchanged(connection, query)
