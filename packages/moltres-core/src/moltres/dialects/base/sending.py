"""What is sent: how the database reads SQL, and how it takes values beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types import documents
from ...types.infer import infer
from ..sql.lexis import PORTABLE
from .facts import Facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, SelectBase
    from sqlalchemy.types import TypeEngine

    from ..sql.lexis import Lexis, Token


class Sending(Facts):
    """How queries in SQL and their values are sent.

    Attributes:
        parameter_modules: Modules of further classes that the driver takes values of.
        writes_literals: Whether strings can be literals in a statement instead of parameters beside it.
    """

    writes_literals = False

    parameter_modules: tuple[str, ...] = ()

    def lexis(self, connection: Connection, sql: str) -> Lexis:  # noqa: ARG002 - MariaDB's session has a say
        """By which rules the database reads a query.

        Args:
            connection: Where it will run.
            sql: The query.
        """
        return PORTABLE

    def in_its_order(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """A query whose rows come in the order of its ORDER BY also from a subquery.

        Args:
            tokens: The query.
        """
        return tokens

    def ordered(self, statement: SelectBase, lexis: Callable[[str], Lexis]) -> SelectBase:  # noqa: ARG002 - as above
        """The same of a statement of SQLAlchemy.

        Args:
            statement: The statement.
            lexis: Tells how the server reads SQL, as the method of that name does.
        """
        return statement

    def empty_list(self, *, negated: bool) -> str:  # noqa: ARG002 - for those who need another operator
        """What stands for a list without items: SQL after IN, in parentheses; or else instead of IN or NOT IN.

        Args:
            negated: Whether it is NOT IN.
        """
        return "(SELECT NULL WHERE 1 <> 1)"

    def parameter(self, value: Any) -> tuple[Any, TypeEngine[Any] | None]:
        """A value beside a query in SQL, as it is sent.

        Args:
            value: A value of Python.

        Returns:
            The value and its type; None for the one that SQLAlchemy infers.

        Raises:
            ValueError, TypeError: If the database would take it for another value.
        """
        if isinstance(value, list) and not self.capabilities.arrays:
            raise TypeError("a list can only follow IN, as in n IN :ns")
        if not type(value).__module__.startswith(self.parameter_modules):
            infer([value])  # refuses what no column holds
        return (documents.write(value), None) if isinstance(value, dict) else (value, None)


def typed_parameter(
    value: Any, sent: tuple[Any, TypeEngine[Any] | None], column_type: Callable[[TypeEngine[Any]], Any]
) -> tuple[Any, TypeEngine[Any] | None]:
    """A parameter with the type of a column for it, where the driver alone would change values without a word.

    Args:
        value: The value.
        sent: What `Sending.parameter` makes of it.
        column_type: The types of new columns.

    Raises:
        TypeError: If the database has no type for it.
    """
    if value is None or isinstance(value, str | bytes | bool | int | dict):
        return sent
    type_ = column_type(infer([value]))
    if type_ is None:
        zone = " with a time zone" if getattr(value, "tzinfo", None) is not None else ""
        raise TypeError(f"the database has no type for a {type(value).__name__}{zone}")
    return value, type_
