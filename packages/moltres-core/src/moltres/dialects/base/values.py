"""Which values a column holds as they are, and how the driver takes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, String, Table, case, func

from ...errors import SchemaMismatchError
from ...types import documents
from ...types.arrow_fit import unfit_batch
from ...types.logical import LogicalType, logical_type
from ...types.values import unfit
from ..columns import portable_type
from .facts import Facts
from .refusals import NO_NULL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.types import TypeEngine

    from ...types.arrow import Named, Rows


INSTEAD_OF_NULL = "moltres_instead_of_null"
"""Key in `Table.info`: the columns in which the database puts another value in the place of NULL, as a set of names."""


def misfits(value: ColumnElement[Any], column: LogicalType) -> ColumnElement[bool]:
    """Whether a column of strings cuts or fills up a value."""
    length = func.char_length(value)
    return length != column.length if column.padded else length > column.length


def _items(value: Any) -> Iterator[Any]:
    """The items of an array that is nested to any depth."""
    for item in value or ():
        if isinstance(item, list | tuple):
            yield from _items(item)
        else:
            yield item


class Values(Facts):
    """What the columns of a database hold."""

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """The type to give a new column for values of some other database's, or of no database's, type.

        Args:
            type_: What the values are.

        Returns:
            A type from which each value comes back equal, or which refuses it; None if this database has no such type.
        """
        return portable_type(type_, self.column_type, arrays=self.capabilities.arrays)

    def exact_text(self, length: int) -> TypeEngine[Any]:
        """A type for keys of our own: strings that are compared byte by byte, and that an index can hold.

        Args:
            length: The most characters.
        """
        return String(length)

    def held(self, type_: TypeEngine[Any]) -> LogicalType:
        """What a column of this database holds; as its type says, but that lengths of text are not enforced."""
        return replace(logical_type(type_), length=None, padded=False)

    def uncut(
        self, value: ColumnElement[Any], source: TypeEngine[Any], column: Named, *, computed: bool
    ) -> ColumnElement[Any]:
        """A value that a column holds unchanged, or one that it refuses; for values that never leave the database.

        By the standard, an assignment cuts blanks off that a column has no room for, without an error.

        Args:
            value: The value, of a query on this database.
            source: Its type.
            column: Name and type of the column.
            computed: Whether the value is computed, so that its type is a guess, and its length unknown.
        """
        _, target = column
        held, given = self.held(target), self.held(source)
        if computed:
            given = replace(given, length=None, padded=False)
        if held.name != "text" or held.length is None or given == held:
            return value
        if not (held.padded or given.padded) and given.length is not None and given.length <= held.length:
            return value
        return case((misfits(value, held), self.too_long(value, column, held.length)), else_=value)

    def too_long(self, value: ColumnElement[Any], column: Named, length: int) -> ColumnElement[Any]:
        """What fails in the place of a string that a column would change, best with the name of the column.

        Args:
            value: The string.
            column: Name and type of the column.
            length: The characters that the column holds.
        """
        del column
        return func.concat(func.rpad(value, length, "."), ".")  # it ends behind the length, and not with a blank

    def not_null(self, value: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        """A value, or what fails with the column in its error if it is NULL; for values that never leave the database.

        Args:
            value: The value.
            name: A column in which this database puts another value in the place of NULL.
        """
        del name
        return value

    def refused_null(self, table: Table, name: str, values: Sequence[Any]) -> str | None:
        """Why a column does not take NULL, which is among some values; None if it does, or refuses it itself.

        Args:
            table: The table.
            name: The column.
            values: Values of Python.
        """
        filled = name in table.info.get(INSTEAD_OF_NULL, ()) and None in values
        return NO_NULL if filled else None

    def refusal(self, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """Why a column of this database would not give all values back equal; None if it does, or refuses them itself.

        Args:
            type_: The type of the column.
            values: Values of Python.
        """
        reason = unfit(self.held(type_), values)
        if reason is None and isinstance(type_, ARRAY):
            return self.refusal(type_.item_type, [item for value in values for item in _items(value)])
        return reason

    def unstorable(self, connection: Connection, type_: TypeEngine[Any], values: Sequence[Any]) -> str | None:
        """Why a column does not take all values as they are, said before they are sent.

        Args:
            connection: Where the column is.
            type_: Its type.
            values: Values of Python.
        """
        reason = self.refusal(type_, values)
        if reason is None and self.placeholder is not None:
            try:
                self._stored_column(connection, type_, values)
            except (ValueError, TypeError) as error:
                return str(error)
        return reason

    def kept(
        self,
        connection: Connection,  # noqa: ARG002 - for those who keep some
        type_: TypeEngine[Any],  # noqa: ARG002 - as above
        values: Sequence[Any],  # noqa: ARG002 - as above
    ) -> Sequence[Any] | None:
        """Values, not all of the type of a column, as the column stores them unchanged without asking for its type.

        Args:
            connection: Where the column is.
            type_: Its type.
            values: Values that were read from such a column.

        Returns:
            What to give the driver; None if the column would change or refuse one of them, as most databases do.
        """
        return None

    def require_fit(self, columns: Sequence[Named], rows: Rows) -> None:
        """Make sure that columns hold the values of rows as they are.

        Raises:
            SchemaMismatchError: All columns that do not, each with the first value.
        """
        faults = []
        for (name, type_), values in zip(columns, zip(*rows, strict=True), strict=False):
            reason = self.refusal(type_, values)
            if reason is not None:
                faults.append(f"column {name!r}: {reason}")
        if faults:
            raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)

    def require_batch(self, columns: Sequence[Named], batch: Any) -> None:
        """The same for an Arrow batch, as far as the database would change a value without an error.

        Raises:
            SchemaMismatchError: All columns that do not, each with the first value.
        """
        faults = unfit_batch(batch, [(name, self.held(type_)) for name, type_ in columns])
        if faults:
            raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)

    def stored(self, connection: Connection, table: Table, rows: Rows) -> Rows:
        """The rows as the driver takes them; what a column cannot give back equal is refused, with its name."""
        columns, faults = [], []
        for column, values in zip(table.columns, zip(*rows, strict=True), strict=True):
            try:
                columns.append(self._stored_column(connection, column.type, values))
                reason = self.refused_null(table, column.name, values)
                if reason is not None:
                    faults.append(f"column {column.name!r}: {reason}")
            except (ValueError, TypeError) as error:
                faults.append(f"column {column.name!r}: {error}")
        if faults:
            raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
        return list(zip(*columns, strict=True))

    def _stored_column(self, connection: Connection, type_: TypeEngine[Any], values: Sequence[Any]) -> Sequence[Any]:
        """The values of one column as the driver takes them.

        Raises:
            ValueError, TypeError: If one would not come back equal.
        """
        reason = self.refusal(type_, values)
        if reason is not None:
            raise ValueError(reason)
        if logical_type(type_).name == "json":
            return [None if value is None else documents.write(value) for value in values]
        if logical_type(type_).name == "text":
            values = [value if value is None or type(value) is str else str(value) for value in values]
        stored = self.column_type(type_) or type_
        convert = stored.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        return values if convert is None else [convert(value) for value in values]
