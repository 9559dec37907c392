"""Fingerprints of rows in a table, and which of its rows a load has added.

What a fingerprint is stands in `_shared/fingerprints/fingerprint.py`; `canonical` has it in the SQL of each database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Enum, Table, and_, func, select
from sqlalchemy.exc import CompileError

from ..._shared.fingerprints.fingerprint import Fingerprint
from ...types.logical import logical_type
from ..tally import Covered
from .facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Subquery
    from sqlalchemy.types import TypeEngine

    from ..._shared.fingerprints.canonical_sql import CanonicalSQL
    from ...types.arrow import Batch, Named, Rows

_SINGLE = 32
"""Bits of a float that is no double."""
_FORMS = {
    "integer": "number", "decimal": "number", "boolean": "number", "float": "float", "text": "text", "date": "date",
    "timestamp": "moment", "time": "time", "binary": "binary", "uuid": "uuid",
    "json": "json",
}  # fmt: skip


class Lands(Protocol):
    """What a landing needs of a dialect."""

    def load(self, connection: Connection, table: Table, batch: Batch) -> int:
        """Add rows to a table."""

    def stored(self, connection: Connection, table: Table, rows: Rows) -> Rows:
        """The rows as the driver takes them."""

    def hashed(self, values_of: Mapping[str, ColumnElement[Any]], columns: Sequence[Covered]) -> ColumnElement[Any]:
        """The hash of a row."""

    def counted(
        self, connection: Connection, rows: FromClause, columns: Sequence[Covered], *where: ColumnElement[bool]
    ) -> Fingerprint | None:
        """The fingerprint of rows."""


class Landing:
    """Rows that are added to a table, and the fingerprint of those among its rows that are there then.

    Args:
        dialect: The dialect of the database.
        connection: A connection in a transaction.
        table: The table, with the columns of the rows.
        columns: The columns to cover.
    """

    def __init__(self, dialect: Lands, connection: Connection, table: Table, columns: Sequence[Covered]) -> None:
        self._dialect = dialect
        self._connection = connection
        self._table = table
        self._columns = columns

    def load(self, batch: Batch) -> int:
        """Add rows; returns their number."""
        return self._dialect.load(self._connection, self._table, batch)

    def by_column(self) -> None:
        """Count each column of the rows that come by itself as well, if `counted` could not tell them otherwise."""

    def starts_again(self) -> bool:
        """Take the rows back if they have to be loaded once more for `counted` to know columns; whether they have."""
        return False

    def counted(self, columns: Sequence[Covered] | None = None) -> Fingerprint | None:
        """The fingerprint of the rows that were added.

        Args:
            columns: Only these; by default those that it was made for.

        Returns:
            None if these columns alone are not known.
        """
        return self._dialect.counted(self._connection, self._table, self._columns if columns is None else columns)

    def close(self) -> None:
        """Drop what was needed to know the rows."""


class MarkedLanding(Landing):
    """Rows that a condition tells from those that were there before; the condition is made before any is added."""

    def __init__(
        self,
        dialect: Lands,
        connection: Connection,
        table: Table,
        columns: Sequence[Covered],
        *conditions: ColumnElement[bool],
    ) -> None:
        super().__init__(dialect, connection, table, columns)
        self._conditions = conditions

    def counted(self, columns: Sequence[Covered] | None = None) -> Fingerprint | None:
        """The fingerprint of the rows that the condition finds."""
        chosen = self._columns if columns is None else columns
        return self._dialect.counted(self._connection, self._table, chosen, and_(*self._conditions))


class Proving(Facts):
    """What rows a table holds, as fingerprints.

    Attributes:
        canonical: The canonical forms of values in the SQL of the database; None if nobody has written them.
        signed_zero: Whether a column of floats tells -0.0 from 0.0.
    """

    canonical: CanonicalSQL | None = None
    signed_zero = True

    def unproved(self, connection: Connection) -> str | None:
        """Why there are no fingerprints of rows of this database; None if there are."""
        if self.canonical is None:
            return f"{self.name} has no canonical forms of values"
        return self.canonical.problem(connection)

    def cover(self, connection: Connection, columns: Sequence[Named]) -> tuple[list[Covered], dict[str, str]]:
        """The columns whose values have a canonical form, and why the others have none, by name.

        Args:
            connection: Where they are.
            columns: Names and types of columns of a table.
        """
        covered, others = [], {}
        for name, type_ in columns:
            found = self._form(connection, type_)
            if isinstance(found, str):
                others[name] = found
            else:
                single = self.capabilities.enforces_types and logical_type(type_).bits == _SINGLE
                covered.append(Covered(name, *found, signed_zero=self.signed_zero, single=single))
        return covered, others

    def _form(self, connection: Connection, type_: TypeEngine[Any]) -> tuple[str, str] | str:
        kind = logical_type(type_)
        if kind.native and not isinstance(type_, Enum):
            return f"only {self.name} has its type"
        form = _FORMS.get(kind.name)
        if kind.name == "unknown" and not self.capabilities.enforces_types:
            form = "any"  # each value says what it is
        if form is None or (kind.name == "time" and kind.zoned):
            return f"values of the type {kind} have no canonical form"
        if form == "any" or isinstance(type_, Enum):
            return form, "any" if form == "any" else "enum"
        try:
            name = type_.compile(connection.dialect).lower()
        except CompileError:
            return f"its type {type(type_).__name__} has no name in SQL"
        name = name.replace(", ", ",").replace("numeric", "decimal")
        if self.canonical is not None and not self.canonical.knows(name):
            return f"values of the type {name} have no canonical form"
        return form, name

    def canonical_value(self, value: ColumnElement[Any], column: Covered) -> ColumnElement[Any]:  # noqa: ARG002
        """A value as the canonical forms expect it.

        Args:
            value: The value.
            column: Its column.
        """
        return value

    def hashed(self, values_of: Mapping[str, ColumnElement[Any]], columns: Sequence[Covered]) -> ColumnElement[Any]:
        """The hash of a row.

        Args:
            values_of: The value of each column.
            columns: The columns.
        """
        assert self.canonical is not None  # noqa: S101 - `unproved` says so otherwise
        values = [(self.canonical_value(values_of[one.name], one), one.form, one.type_name) for one in columns]
        return self.canonical.hash(values)

    def counted(
        self, connection: Connection, rows: FromClause, columns: Sequence[Covered], *where: ColumnElement[bool]
    ) -> Fingerprint | None:
        """The fingerprint of rows: one scan.

        Args:
            connection: Where they are.
            rows: A table, or a subquery.
            columns: The columns to cover.
            where: Only these rows.

        Returns:
            None if a row is too large to be hashed.
        """
        sql = self.canonical
        assert sql is not None  # noqa: S101 - `unproved` says so otherwise
        if not columns:
            found = connection.execute(select(func.count()).select_from(rows).where(*where)).scalar_one()
            return Fingerprint(found)
        each = select(self.hashed(dict(rows.c), columns).label("hash")).select_from(rows).where(*where)
        hashes = sql.once(each).subquery("hashes")
        hash_ = hashes.c.hash
        statement = select(func.count(), func.count(hash_), *sql.sums(hash_))
        # A key for SQLAlchemy's cache takes longer than to compile the statement, whose table is often a new one.
        row = connection.execute(statement, execution_options={"compiled_cache": None}).one()
        rows_found, hashed, *sums = row
        return Fingerprint.of_sums(rows_found, *sql.folded(sums)) if hashed == rows_found else None

    def agrees(self, rows: FromClause, columns: Sequence[Covered], expected: Fingerprint) -> Subquery:
        """One row whose column ``same`` says whether rows have a fingerprint: a part of a statement.

        For databases without the capability `transactions`.

        Args:
            rows: The rows.
            columns: Their covered columns.
            expected: The fingerprint.
        """
        raise NotImplementedError

    def landing(self, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:  # noqa: ARG002
        """Rows that are to be added to a table that has others.

        Args:
            connection: A connection in a transaction.
            table: The table, with the columns of the rows.
            columns: The columns to cover.

        Returns:
            Why this database cannot tell them from the others, if it cannot.
        """
        return f"{self.name} cannot tell added rows from those that were there"
