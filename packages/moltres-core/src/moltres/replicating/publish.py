"""Staged tables become those that readers see, all at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from ..dialects.base import named
from ..dialects.stopping import cleaning_up
from ..errors import TransientQueryError, WriteError
from ..write.inputs import Local
from ..write.load_log import load_of
from ..write.modes import label_of_load
from ..write.target import find_target, table_of
from .order import ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

    from ..database import Database
    from ..types.receipt import Receipt
    from ..write.load_log import Load
    from ..write.target import Target
    from .plan import Arrived, Options

__all__ = ["Published", "publish", "receipt_of"]


@dataclass(frozen=True)
class Published:
    """What publishing did to one table.

    Attributes:
        created: Whether it is new.
        skipped: Whether another call with the same key was faster.
    """

    created: bool = False
    skipped: bool = False


@dataclass(frozen=True)
class _Ready:
    """A staged table and the table that gets its rows.

    Attributes:
        arrived: What is staged.
        target: The table as it is now.
        staged: The staged table, with its columns.
        load: The entry of the run_key for the target; None without a key.
        done: Whether there is nothing to do.
    """

    arrived: Arrived
    target: Target
    staged: Table
    load: Load | None
    done: bool = False

    @property
    def replaced(self) -> bool:
        """Whether the table is replaced, because the rows have other columns."""
        names = [column.key for column in self.staged.columns]
        return self.target.table is not None and not self.target.has_the_columns(names)


def publish(database: Database, arrived: Sequence[Arrived], options: Options) -> dict[str, Published]:
    """Publish staged tables: readers see all of them, or none.

    Args:
        database: The target.
        arrived: The tables.
        options: How they are written.

    Returns:
        What was done, by the names of the staged tables.
    """
    if not arrived:
        return {}
    dialect = database.dialect
    with database.writing() as connection:
        # In one order for all writers, and before anything else: what is known of tables is looked up under the locks.
        for lock in sorted(one.item.target.lock_name for one in arrived):
            dialect.lock_name(connection, lock, owns_transaction=True, wait=True)
        ready = [_looked_up(database, connection, one, options) for one in arrived]
        found = {one.arrived.item.staged: Published(skipped=True) for one in ready if one.done}
        ready = [one for one in ready if not one.done]
        found |= {one.arrived.item.staged: Published(created=one.target.table is None) for one in ready}
        if dialect.capabilities.transactional_ddl:
            _fill(connection, ready, options)
            _record(ready, options)
        elif all(one.target.table is None for one in ready):
            _rename(connection, ready, options)
        else:
            _fill_made(database, connection, ready, options)
        if options.run_key is not None:
            # From now on the entries of the targets tell that the rows are there.
            for one in arrived:
                load_of(connection, dialect, options.run_key, one.item.staged, one.item.target.schema).release_all()
        if not dialect.capabilities.transactional_ddl:
            connection.commit()
            dialect.begin(connection)
            _unlabel(connection, ready, options)
        for one in arrived:
            dialect.drop_if_exists(connection, table_of(one.item.staged, [], one.item.target.schema))
    return found


def _looked_up(database: Database, connection: Connection, arrived: Arrived, options: Options) -> _Ready:
    """A table as it is now that nobody else writes it."""
    item = arrived.item
    target = find_target(database, connection, options.request(item.target.name, schema=item.target.schema))
    load = None
    if options.run_key is not None:
        load = load_of(connection, target.dialect, options.run_key, target.name, target.schema)
        if target.table is None:
            load.release()  # its rows were dropped
    done = (load is not None and load.done()) or (options.mode == "ignore" and target.table is not None)
    if done:
        return _Ready(arrived, target, target.new, load, done=True)
    if options.mode == "error_if_exists":
        target.require_absent()
    staged = find_target(database, connection, options.request(item.staged, schema=item.target.schema)).table
    if staged is None:
        raise TransientQueryError(
            f"The staged table {item.staged!r} is gone: another call has published or dropped it.",
            suggestion="Try again.",
        )
    return _Ready(arrived, target, staged, load)


def _fill(connection: Connection, ready: Sequence[_Ready], options: Options) -> None:
    """Empty the tables that are replaced, those first that reference others, then fill them in the opposite order."""
    ready = [_held(connection, one, options) for one in ready]
    positions, problem = ordered(connection, [one.target for one in ready])
    if problem is not None:
        raise WriteError(problem)
    sequence = [ready[index] for index in positions]
    for one in reversed(sequence):
        if options.mode == "overwrite" and one.target.table is not None and not one.replaced:
            connection.execute(delete(one.target.table))
    for one in sequence:
        dialect, table = one.target.dialect, one.target.table
        if table is None:
            dialect.rename_all(connection, [(one.staged, one.target.name)])
        elif one.replaced and options.mode == "overwrite":
            dialect.replace(connection, table, one.staged)
        else:
            one.target.require_fit(named(one.staged), checked=True)
            Local(connection, dialect, select(one.staged)).insert(table)


def _held(connection: Connection, one: _Ready, options: Options) -> _Ready:
    """Keep other writers off a table that is there, as a write of this mode does."""
    target = one.target
    if target.table is not None:
        (target.dialect.hold if options.mode == "append" else target.dialect.lock)(connection, target.table)
    return one


def receipt_of(receipt: Receipt | None, options: Options, *, created: bool) -> Receipt | None:
    """The receipt of a staged table as that of its target: it tells of all rows there unless there were others."""
    if receipt is None:
        return None
    return replace(receipt, mode=options.mode, covers="rows" if options.mode == "append" and not created else "table")


def _record(ready: Sequence[_Ready], options: Options) -> None:
    for one in ready:
        if one.load is not None:
            if not one.load.claim(options.mode):
                raise TransientQueryError("Another call with the same run_key was faster.", suggestion="Try again.")
            receipt = receipt_of(one.arrived.receipt, options, created=one.target.table is None)
            one.load.finish(one.arrived.rows, None if receipt is None else receipt.to_json())


def _rename(connection: Connection, ready: Sequence[_Ready], options: Options) -> None:
    """One RENAME of all tables, which are new; those that a kill leaves unrecorded say whose they are."""
    if not ready:
        return
    dialect = ready[0].target.dialect
    if options.run_key is not None:
        for one in ready:
            dialect.label(connection, one.staged, label_of_load(options.run_key))
    dialect.rename_all(connection, [(one.staged, one.target.name) for one in ready])
    _record(ready, options)


def _unlabel(connection: Connection, ready: Sequence[_Ready], options: Options) -> None:
    for one in ready:
        if options.run_key is not None and one.target.table is None:
            one.target.dialect.label(connection, one.target.new, "")


def _fill_made(database: Database, connection: Connection, ready: Sequence[_Ready], options: Options) -> None:
    """One transaction of rows; tables that are missing are there before it, without rows."""
    dialect = database.dialect
    made = [one for one in ready if one.target.table is None]
    try:
        for one in made:
            dialect.create(connection, table_of(one.target.name, named(one.staged), one.target.schema))
        connection.commit()
        dialect.begin(connection)
        there = [
            replace(
                one,
                target=find_target(database, connection, options.request(one.target.name, schema=one.target.schema)),
            )
            for one in ready
        ]
        _fill(connection, there, options)
        _record(ready, options)
    except BaseException:
        with cleaning_up():
            connection.rollback()
            for one in made:
                dialect.drop_if_exists(connection, one.target.new)
        raise
