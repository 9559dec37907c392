"""What every part of a dialect knows of its database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ..capabilities import Capabilities

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class Facts:
    """Name and capabilities of one kind of database. `Dialect` documents both."""

    capabilities: Capabilities = Capabilities()
    placeholder: str | None = None
    identifier_quote: str | None = None

    def __init__(self, name: str, capabilities: Capabilities | None = None) -> None:
        self.name = name
        if capabilities is not None:
            self.capabilities = capabilities

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def of(self, bind: Engine | Connection) -> Self:  # noqa: ARG002 - for servers of several kinds of database
        """The dialect for the database behind an engine or a connection; this one, unless databases differ."""
        return self

    def statement_compiler(self, base: type[Any]) -> type[Any]:
        """The compiler of statements.

        Args:
            base: SQLAlchemy's.
        """
        return base
