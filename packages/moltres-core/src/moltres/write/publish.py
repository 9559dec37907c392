"""One write where each statement is a commit: rows are staged and checked, and then published by one statement.

Readers see the rows that were there or those that the statement leaves, whatever the mode, and a write that fails or
dies before it has changed nothing. See decision 0141.
"""

from __future__ import annotations

import operator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, case, false, func, inspect, null, or_, select, true, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.exc import DBAPIError

from ..dialects.seen_files import require_unchanged
from ..dialects.sql.names import require_names
from ..dialects.sql.statements import CreateTableAs, InsertSelect, MergeInto, RenameTable
from ..errors import ConfigurationError, QueryError, TableExistsError, TransientQueryError
from ..types.logical import logical_type
from .attempts import LOST, Attempts, insisting
from .inputs import open_input
from .left_overs import drop_left_overs
from .one_statement import require_one_statement
from .outcome import Written, check_keys, require_columns
from .proof import OTHERS
from .statement_rows import StatementRows, is_made_for, staged, staging_table
from .target import find_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import CTE, Connection, Select
    from sqlalchemy.sql.expression import ColumnElement, Executable

    from ..frame.source import Source
    from .proof import Proof
    from .request import WriteRequest
    from .target import Target

_OLD = "moltres_old"
"""The column that tells the rows to delete from the rows to add."""


def is_published(source: Source, connection: Connection, request: WriteRequest) -> bool:
    """Whether there is nothing to write, so that a source need not be read.

    Raises:
        TableExistsError: If the table must not be there, and no load with the key has made it.
    """
    return _begun(source, connection, request) is None


def publish(source: Source, connection: Connection, data: Any, request: WriteRequest) -> Written:
    """Write rows by one statement that commits them.

    Args:
        source: The database that is written to.
        connection: A connection of it.
        data: The rows; see `Database.write`.
        request: The arguments of the write.

    Raises:
        LoadedMeanwhileError: If another load with the run_key has published its rows.
    """
    begun = _begun(source, connection, request)
    if begun is None:
        return Written(skipped=True)
    target, attempts = begun
    drop_left_overs(target, source.stage)
    with closing(open_input(source, connection, data, request)) as opened:
        require_names((name for name, _ in opened.columns or []), target.dialect.capabilities, target.dialect.name)
        if opened.columns is None and target.table is not None and request.mode != "overwrite":
            return Written()
        with staged(target, opened, request, source.stage) as rows:
            proof = opened.proof
            if proof is not None:
                proof.part(rows.source.subquery("rows"), table=target.table is None or request.mode == "overwrite")
            try:
                return _Publication(target, request, attempts, proof).run(rows)
            except TableExistsError:  # another write has made it meanwhile; this one has changed nothing
                found = find_target(source, connection, request)
                if request.mode != "append" or not is_made_for(found, rows):
                    raise
                if attempts is not None:
                    attempts.renew()
                return _Publication(found, request, attempts, proof).run(rows)


def _begun(source: Source, connection: Connection, request: WriteRequest) -> tuple[Target, Attempts | None] | None:
    """The table, and the tries of the load if it has a key; None if there is nothing to write."""
    target = find_target(source, connection, request)
    require_one_statement(target, request)
    if request.mode == "ignore" and target.table is not None:
        return None
    attempts = None if request.run_key is None else Attempts(target, request.run_key, request.mode)
    if attempts is not None and attempts.open():
        return None
    if request.mode == "error_if_exists":
        target.require_absent()
    return target, attempts


class _Publication:
    """The one statement of a write.

    Args:
        target: The table.
        request: What was asked for.
        attempts: The tries of this load, if it has a key.
        proof: What has proved the rows; None if nothing has.
    """

    def __init__(
        self, target: Target, request: WriteRequest, attempts: Attempts | None, proof: Proof | None = None
    ) -> None:
        self._target = target
        self._request = request
        self._attempts = attempts
        self._proof = proof
        self._query: str | None = None

    def run(self, rows: StatementRows) -> Written:
        """Publish the rows."""
        target, mode = self._target, self._request.mode
        receipt = None if self._proof is None else self._proof.receipt
        if receipt is not None and mode == "append" and target.table is not None:
            receipt = replace(receipt, covers="rows")  # another write has made the table meanwhile
        self._check(rows)
        if target.table is None:
            written = self._create(rows)
        elif mode == "append":
            added = insisting(target.dialect, lambda: self._committed(self._insert(rows)), self._attempts)
            written = Written(inserted=added)
        elif mode == "overwrite":
            written = self._overwrite(rows)
        elif mode == "merge":
            written = self._merge(rows)
        else:
            written = self._overwrite_partitions(rows)
        written = replace(written, receipt=receipt)
        if self._attempts is not None:
            self._attempts.finish(written.inserted + written.updated, written.recorded_receipt)
            written = replace(written, recorded=receipt is not None and self._attempts.keeps_receipts)
        return written

    def _check(self, rows: StatementRows) -> None:
        request, names = self._request, [name for name, _ in rows.columns]
        if request.mode == "merge":
            self._target.require_keys(rows.columns, request.keys or (), "keys")
            require_columns(request.updated(names), names, "update")
            check_keys(self._target.connection, self._target.dialect, rows.source.subquery(), request.keys or ())
        if request.mode == "overwrite_partitions":
            self._target.require_keys(rows.columns, request.partition_by or (), "partition_by")
        # What is found out behind the statement comes too late: it has committed.
        require_unchanged(self._target.connection, rows.source)

    def _committed(self, statement: Executable) -> int:
        """Run the statement; returns the rows that it has changed.

        With a key its query is recorded when the server knows it, and has not begun it.
        """
        target = self._target

        def started(query: str) -> None:
            self._query = query
            if self._attempts is not None:
                self._attempts.begin(query)

        try:
            with target.dialect.announced(target.connection, started):
                options = {"preserve_rowcount": True}
                return target.connection.execute(statement, execution_options=options).rowcount
        except DBAPIError as error:
            if self._proof is not None and OTHERS in str(error.orig):
                raise self._proof.failed() from None
            if LOST in str(error.orig):
                raise TransientQueryError(
                    "Another try of this load took the place of this one.", suggestion="Try again."
                ) from None
            raise

    def _held(self, rows: StatementRows) -> Select[Any]:
        """The rows, and what lets the statement fail."""
        given = rows.source.cte("rows")
        conditions = self._conditions(rows, given)
        if not conditions:
            return rows.source
        both = union_all(select(*given.columns), *conditions).add_cte(given, nest_here=True).subquery("held")
        return select(*both.columns)

    def _conditions(self, rows: StatementRows, given: CTE) -> list[Select[Any]]:
        """No rows, or an error: if another try took the place of this one, or rows are others than were proved.

        Rows that stand in a statement travel with each statement anew. They stand there once, as `given`, so that it is
        they that are looked at.
        """
        found = []
        if self._attempts is not None:
            found.append(self._attempts.holds(rows.columns))
        if self._proof is not None and rows.inline:
            proved = self._proof.holds(given, rows.columns)
            found += [] if proved is None else [proved]
        return found

    def _insert(self, rows: StatementRows) -> Executable:
        table = self._target.table
        assert table is not None  # noqa: S101 - for mypy
        return InsertSelect(table, [name for name, _ in rows.columns], self._held(rows))

    def _create(self, rows: StatementRows) -> Written:
        """Make the table.

        Raises:
            TableExistsError: If another write has made it meanwhile.
        """
        target = self._target
        try:
            return self._made(rows)
        except DBAPIError as error:
            # Several catalogs do not say so, but fail to commit for a reason of their own.
            may_be = target.dialect.classify(error) in {TableExistsError, QueryError}
            if may_be and inspect(target.connection).has_table(target.name, schema=target.schema):
                raise target.exists() from error
            raise

    def _made(self, rows: StatementRows) -> Written:
        target = self._target
        query = target.dialect.fitted(rows.columns, self._held(rows))
        if target.dialect.capabilities.replaces_rows:
            return Written(inserted=self._committed(CreateTableAs(target.new, query)), created=True)
        # Where a table that cannot be filled is left there empty, it gets its name when it has its rows.
        with staging_table(target) as made:
            inserted = self._committed(CreateTableAs(made, query))
            target.connection.execute(RenameTable(made, target.name))
        return Written(inserted=inserted, created=True)

    def _overwrite(self, rows: StatementRows) -> Written:
        target = self._target
        table = target.table
        assert table is not None  # noqa: S101 - for mypy
        held, columns, declared = self._held(rows), rows.columns, None
        if rows.fit:  # the table stays as it is, with the order of its columns
            declared = {column.key: column.type for column in table.columns}
            types, given = dict(rows.columns), held.subquery("in_order")
            columns = [(name, types[name]) for name in declared]
            held = select(*(given.columns[name] for name in declared))
        replaced = target.dialect.replace_as(target.connection, table, columns, held, declared)
        if replaced is not None:
            return Written(inserted=self._committed(replaced))
        if not rows.fit:
            raise ConfigurationError(
                f"The table {target.name!r} declares NOT NULL or comments, which other columns would lose.",
                suggestion="Drop the table first, or write to another name.",
            )
        return self._replaced(rows, [])

    def _merge(self, rows: StatementRows) -> Written:
        target = self._target
        table = target.table
        assert table is not None  # noqa: S101 - for mypy
        source = self._held(rows).subquery("given")
        keys = self._request.keys or ()
        on = and_(*(table.columns[key] == source.columns[key] for key in keys))
        names = [name for name, _ in rows.columns]
        changed = self._committed(MergeInto(table, source, on, update=self._request.updated(names), insert=names))
        updated = self._deleted()
        return Written(inserted=changed - updated, updated=updated)

    def _overwrite_partitions(self, rows: StatementRows) -> Written:
        return self._replaced(rows, list(self._request.partition_by or ()))

    def _replaced(self, rows: StatementRows, partition_by: Sequence[str]) -> Written:
        """Delete the rows of some partitions, or all of them, and add the new ones: one MERGE.

        The source has the new rows, and for each partition one row of another kind that finds its old ones.
        """
        target = self._target
        table = target.table
        assert table is not None  # noqa: S101 - for mypy
        given = rows.source.cte("rows")
        new = select(*given.columns, false().label(_OLD))
        fill = [
            given.columns[name] if name in partition_by else sql_cast(null(), type_).label(name)
            for name, type_ in rows.columns
        ]
        old = select(*fill, true().label(_OLD))
        if partition_by:
            old = old.distinct()
        parts = [new, old]
        for number, one in enumerate(self._conditions(rows, given)):
            parts.append(select(*one.subquery(f"held_{number}").columns, false().label(_OLD)))
        both = union_all(*parts).add_cte(given, nest_here=True).subquery("given")
        nulls = self._with_nulls(rows, partition_by)
        same = [
            (_alike if name in nulls else operator.eq)(table.columns[name], both.columns[name]) for name in partition_by
        ]
        on = and_(both.columns[_OLD], *same)
        names = [name for name, _ in rows.columns]
        changed = self._committed(MergeInto(table, both, on, deletes=True, insert=names, unless=both.columns[_OLD]))
        return Written(inserted=changed - self._deleted())

    def _with_nulls(self, rows: StatementRows, names: Sequence[str]) -> set[str]:
        """The columns in which the rows have NULL."""
        if not names:
            return set()
        given = rows.source.subquery("rows")
        counts = [func.count(case((given.columns[name].is_(None), 1))) for name in names]
        found = self._target.connection.execute(select(*counts).select_from(given)).one()
        return {name for name, count in zip(names, found, strict=True) if count}

    def _deleted(self) -> int:
        """How many rows the statement has deleted, or changed, as its snapshot tells."""
        snapshots = self._target.snapshots() if self._query is not None else []
        found = next((one for one in snapshots if one.query == self._query), None)
        return 0 if found is None else found.count("added-position-deletes")


def _alike(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether two values are equal, or both NULL, in a form by which the database can hash them."""
    same = and_(one.is_(None) == other.is_(None), or_(one == other, one.is_(None)))
    if logical_type(one.type).name == "float":  # of which equal ones can be written in two ways
        return same
    written = (func.coalesce(sql_cast(value, Text()), "") for value in (one, other))
    return and_(next(written) == next(written), same)
