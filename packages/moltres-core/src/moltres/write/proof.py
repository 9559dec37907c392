"""A load proves itself: what was read is counted on its way, what landed is counted before the commit."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import literal_column, select

from ..dialects.base import named
from ..dialects.tally import Tally
from ..errors import MoltresError, ReceiptError
from ..types.receipt import Receipt
from .one_statement import no_row_unless

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table

    from .._shared.fingerprints.fingerprint import Fingerprint
    from ..dialects import Dialect
    from ..dialects.base.proving import Landing
    from ..dialects.tally import Covered
    from ..types.arrow import Batch, Named
    from .request import WriteRequest
    from .stream import Stream

_PICKED: Final = "moltres_c"
OTHERS: Final = "moltres: other rows arrived than were proved"


class Proof:
    """The proof of one load.

    Args:
        connection: The connection that writes.
        dialect: Its dialect.
        request: What was asked for.
        again: Opens the rows once more, to say which columns differ; None if they can be read only once.
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, request: WriteRequest, again: Callable[[], Stream] | None
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._request = request
        self._again = again
        self._unproved = dialect.unproved(connection)
        self._columns: list[Covered] = []
        self._named: list[Named] = []
        self._others: dict[str, str] = {}
        self._tally: Tally | None = None
        self._landing: Landing | None = None
        self._left_alone: dict[str, str] = {}
        self.receipt: Receipt | None = None

    def of_less(self) -> Proof:
        """One of the same load without some of its columns, which are not read again."""
        return Proof(self._connection, self._dialect, self._request, None)

    def leave_alone(self, names: Sequence[str], reason: str) -> None:
        """Say which columns the load does not set in all of its rows.

        Args:
            names: The columns.
            reason: Why.
        """
        self._left_alone = dict.fromkeys(names, reason)

    def begin(self, columns: Sequence[Named]) -> None:
        """Find out what is covered, before the first row is read; once.

        Args:
            columns: The columns of the rows in their order, with the types of the table that they are for.
        """
        if self._tally is not None:
            return
        self._named = list(columns)
        covered, others = self._dialect.cover(self._connection, self._named) if self._unproved is None else ([], {})
        self._columns = [one for one in covered if one.name not in self._left_alone]
        self._others = others | self._left_alone
        self._tally = self._counting(by_column=self._again is None or self._request.verify == "columns")

    def _counting(self, *, by_column: bool) -> Tally:
        names = [name for name, _ in self._named]
        places = [names.index(one.name) for one in self._columns]
        return Tally(self._columns, places, by_column=by_column)

    @property
    def columns(self) -> list[Named]:
        """The columns of the rows, with the types that they have in the table."""
        return self._named

    def picked(self, table: FromClause) -> list[ColumnElement[Any]]:
        """The covered columns of a table or a query, for a subquery that `counted` counts.

        Under names of ours: SQLite finds no column of a subquery whose name is a word such as true.
        """
        picked: list[ColumnElement[Any]] = [
            table.columns[one.name].label(f"{_PICKED}{number}") for number, one in enumerate(self._columns)
        ]
        return picked or [literal_column("1").label(_PICKED)]

    def covers_all(self, columns: Sequence[Covered]) -> bool:
        """Whether these are all of the covered columns."""
        return len(columns) == len(self._columns)

    def count(self, batch: Batch) -> None:
        """Count rows that are about to be sent."""
        if self._tally is not None:
            self._tally.add(batch)

    def landing(self, table: Table) -> Landing | None:
        """What counts the rows that are to be added to a table which has others; None if nothing does."""
        if self._unproved is not None:
            return None
        self.begin(named(table))
        found = self._dialect.landing(self._connection, table, self._columns)
        if isinstance(found, str):
            self._unproved = found
            return None
        self._landing = found
        if self._again is None:
            found.by_column()
        return found

    def whole(self, table: Table) -> None:
        """Prove that the rows of a table are those that were read."""
        self.prove(lambda columns: self._dialect.counted(self._connection, table, columns), table=True)

    def part(self, rows: FromClause, *where: ColumnElement[bool], table: bool = False) -> None:
        """Prove that rows of the database are those that were read.

        Args:
            rows: A table or a query with the covered columns under their names.
            where: Only these of its rows.
            table: Whether they are all rows that the table will have.
        """
        found = select(*self.picked(rows)).select_from(rows).where(*where).subquery("found")
        self.prove(lambda columns: self.counted(found, columns), table=table)

    def counted(self, rows: FromClause, columns: Sequence[Covered] | None = None) -> Fingerprint | None:
        """The fingerprint of rows of the database; None if it cannot be computed.

        Args:
            rows: The rows, with the columns of `picked`.
            columns: Only these columns.
        """
        if self._unproved is not None:
            return None
        return self._dialect.counted(
            self._connection, rows, self._of_picked(self._columns if columns is None else columns)
        )

    def _of_picked(self, columns: Sequence[Covered]) -> list[Covered]:
        return [replace(one, name=f"{_PICKED}{self._columns.index(one)}") for one in columns]

    def holds(self, rows: FromClause, columns: Sequence[Named]) -> Select[Any] | None:
        """No row, or an error if rows are others than those that were proved: a part of the statement that has them.

        Args:
            rows: The rows, with the covered columns under their names.
            columns: The columns of the statement.

        Returns:
            None if nothing is proved.
        """
        if self.receipt is None or self.receipt.landed is None:
            return None
        found = select(*self.picked(rows)).select_from(rows).subquery("proved")
        same = self._dialect.agrees(found, self._of_picked(self._columns), self.receipt.landed)
        return no_row_unless(same.columns.same, same, columns, OTHERS)

    def shows(self, names: Collection[str]) -> bool:
        """Whether the receipt proves the values of all these columns."""
        found = self.receipt
        return found is not None and found.landed is not None and found.not_covered.keys().isdisjoint(names)

    def failed(self) -> ReceiptError:
        """The error of a statement that `holds` has stopped."""
        assert self.receipt is not None  # noqa: S101 - for mypy
        return ReceiptError.of(self._request.name, None, self.receipt.source, self.receipt.source)

    def prove(self, counted: Callable[[Sequence[Covered]], Fingerprint | None], *, table: bool = False) -> None:
        """Compare what was read with what landed.

        Args:
            counted: Counts what landed, of some columns.
            table: Whether that is all of the table.

        Raises:
            ReceiptError: If they differ, with the columns that do.
        """
        tally = self._tally
        if tally is None:
            return  # no row came, and nothing was written
        source, *by_column = tally.sums()
        landed = None
        if self._unproved is None:
            landed = counted(self._columns)
            if landed is None:
                self._unproved = "a row is too large for a hash of the database"
        if landed is not None and landed != source:
            raise self._error(source, landed, by_column, counted)
        self.receipt = Receipt(
            table=self._request.name,
            schema=self._request.schema,
            mode=self._request.mode,
            source=source,
            landed=landed,
            covers="table" if table else "rows",
            columns={str(one.name): one.form for one in self._columns},
            not_covered={str(name): why for name, why in self._others.items()},
            reason=self._unproved,
            by_column=self._sums(by_column),
            at=dt.datetime.now(dt.UTC),
        )

    def _sums(self, by_column: Sequence[Fingerprint]) -> dict[str, Fingerprint]:
        if self._request.verify != "columns" or self._unproved is not None:
            return {}
        return {str(one.name): sums for one, sums in zip(self._columns, by_column, strict=True)}

    def _error(
        self,
        source: Fingerprint,
        landed: Fingerprint,
        by_column: Sequence[Fingerprint],
        counted: Callable[[Sequence[Covered]], Fingerprint | None],
    ) -> ReceiptError:
        read = by_column or self._read_again(source, landed)
        differing = None
        if read and source.rows == landed.rows:
            found = [(one.name, sums, counted([one])) for one, sums in zip(self._columns, read, strict=True)]
            if all(now is not None for _, _, now in found):
                # Values that only changed places between rows leave every column as it was.
                differing = [name for name, before, now in found if before != now]
        return ReceiptError.of(self._request.name, differing, source, landed)

    def _read_again(self, source: Fingerprint, landed: Fingerprint) -> Sequence[Fingerprint]:
        """The fingerprint of each column of the same rows; nothing if they are others by now, or land as others."""
        if self._again is None:
            return []
        landing = self._landing if self._landing is not None and self._landing.starts_again() else None
        with closing(self._counting(by_column=True)) as tally:
            try:
                stream = self._again()
                try:
                    with closing(stream.batches(self._named)) as batches:
                        for batch in batches:
                            tally.add(batch)
                            if landing is not None:
                                landing.load(batch)
                finally:
                    stream.close()
            except MoltresError:
                return []  # what is wrong is said, if not where
            whole, *rest = tally.sums()
        same = whole == source and (landing is None or landing.counted() == landed)
        return rest if same else []

    def close(self) -> None:
        """End what counts."""
        if self._tally is not None:
            self._tally.close()
