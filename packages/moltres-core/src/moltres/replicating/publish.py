"""Staged tables become those that readers see, all at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from ..dialects.base import named
from ..dialects.stopping import cleaning_up
from ..errors import TransientQueryError, WriteError
from ..write.evolution import evolved
from ..write.inputs import Local
from ..write.load_log import load_of
from ..write.missing_rows import DELETED_AT, add_mark, mark_missing, remove_missing
from ..write.modes import added
from ..write.outcome import Written, check_keys
from ..write.receipt_log import forget_watermarks, log_of, record, record_first
from ..write.renamed import label_of_load
from ..write.target import find_target, table_of
from .increments import is_current
from .items import receipt_of
from .order import ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

    from ..database import Database
    from ..write.load_log import Load
    from ..write.request import WriteRequest
    from ..write.target import Target
    from .items import Arrived, Options

__all__ = ["Published", "publish"]


@dataclass(frozen=True)
class Published:
    """What publishing did to one table.

    Attributes:
        written: The rows that were added, changed and deleted; of a table that is new all of them are added.
        skipped: Whether another call with the same key was faster.
    """

    written: Written = field(default_factory=Written)
    skipped: bool = False


@dataclass(frozen=True)
class _Ready:
    """A staged table and the table that gets its rows.

    Attributes:
        arrived: What is staged.
        target: The table as it is now.
        staged: The staged table, with its columns.
        load: The entry of the run_key for the target; None without a key.
        request: What is asked for.
        done: Whether there is nothing to do.
        made: Whether the table was made, without rows, for these.
        changes: How the columns of the table were changed for the rows.
    """

    arrived: Arrived
    target: Target
    staged: Table
    load: Load | None
    request: WriteRequest
    done: bool = False
    made: bool = False
    changes: tuple[str, ...] = ()

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
        ready = [_prepared(connection, one) for one in ready if not one.done]
        if dialect.capabilities.transactional_ddl:
            written = _fill(connection, ready, options)
            _record(ready, written, options)
        elif all(one.target.table is None for one in ready):
            written = _rename(connection, ready, options)
        else:
            written = _fill_made(database, connection, ready, options)
        for filled in ready:
            name = filled.arrived.item.staged
            created = filled.target.table is None
            found[name] = Published(replace(written[name], created=created, schema_changes=filled.changes))
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
    return found | {
        one.arrived.item.staged: _recorded_first(database, one.target, found[one.arrived.item.staged], options)
        for one in ready
    }


def _recorded_first(database: Database, target: Target, done: Published, options: Options) -> Published:
    """What was done, recorded also if there was no table of loads."""
    if options.run_key is not None or options.cursor is not None:
        return done
    return replace(done, written=record_first(database, target.name, target.schema, done.written, options.mode))


def _looked_up(database: Database, connection: Connection, arrived: Arrived, options: Options) -> _Ready:
    """A table as it is now that nobody else writes it."""
    item, request = arrived.item, options.request(arrived.item)
    target = find_target(database, connection, options.lookup(item.target.name, item.target.schema))
    load = None
    if options.run_key is not None:
        load = load_of(connection, target.dialect, options.run_key, target.name, target.schema)
        if target.table is None:
            load.release()  # its rows were dropped
    done = (load is not None and load.done()) or (options.mode == "ignore" and target.table is not None)
    if done:
        return _Ready(arrived, target, target.new, load, request, done=True)
    if options.mode == "error_if_exists":
        target.require_absent()
    if arrived.new is not None and not is_current(connection, target, arrived.new):
        raise TransientQueryError(
            f"Another load of what is new in {item.source} was published since its rows were read.",
            suggestion="Try again.",
        )
    staged = find_target(database, connection, options.lookup(item.staged, item.target.schema)).table
    if staged is None:
        raise TransientQueryError(
            f"The staged table {item.staged!r} is gone: another call has published or dropped it.",
            suggestion="Try again.",
        )
    return _Ready(arrived, target, staged, load, request)


def _prepared(connection: Connection, one: _Ready) -> _Ready:
    """Change what must be changed of columns, before rows are written: on some databases each change is a commit."""
    target, request = one.target, one.request
    if request.mode == "merge":
        target.require_keys([(each.name, each.type) for each in one.staged.c], request.keys or (), "keys")
        check_keys(connection, target.dialect, one.staged, request.keys or ())
    if target.table is None:
        if request.delete_missing == "soft" and DELETED_AT not in one.staged.c:
            one.staged.append_column(
                add_mark(connection, target.dialect, table_of(one.staged.name, [], one.staged.schema))
            )
        return one
    mark_missing(target, target.table, request)
    if request.on_schema_change != "append_new_columns":
        return one
    _, changes = evolved(target, Local(connection, target.dialect, select(one.staged)), request)
    return replace(one, changes=tuple(changes))


def _fill(connection: Connection, ready: Sequence[_Ready], options: Options) -> dict[str, Written]:
    """Empty the tables that are replaced, those first that reference others, then fill them in the opposite order.

    Returns:
        What was written, by the names of the staged tables.
    """
    ready = [_held(connection, one, options) for one in ready]
    positions, problem = ordered(connection, [one.target for one in ready])
    if problem is not None:
        raise WriteError(problem)
    sequence = [ready[index] for index in positions]
    for one in reversed(sequence):
        if options.mode == "overwrite" and one.target.table is not None and not one.replaced:
            connection.execute(delete(one.target.table))
    written = {one.arrived.item.staged: _filled(connection, one, options) for one in sequence}
    for one in reversed(sequence):
        name = one.arrived.item.staged
        if one.target.table is not None and options.delete_missing is not None:
            deleted = remove_missing(
                one.target, one.target.table, one.staged, one.request, added=written[name].inserted
            )
            written[name] = replace(written[name], deleted=deleted)
    return written


def _filled(connection: Connection, one: _Ready, options: Options) -> Written:
    """Give a table its rows."""
    dialect, table = one.target.dialect, one.target.table
    if table is None:
        dialect.rename_all(connection, [(one.staged, one.target.name)])
        return Written(inserted=one.arrived.rows)
    if one.replaced and options.mode == "overwrite":
        dialect.replace(connection, table, one.staged)
        return Written(inserted=one.arrived.rows)
    rows = Local(connection, dialect, select(one.staged))
    if options.merges:
        # What is missing is deleted once all tables have their rows, which may reference it until then.
        return added(one.target, rows, replace(one.request, delete_missing=None, delete_at_most=None))
    one.target.require_fit(named(one.staged), checked=True)
    return Written(inserted=rows.insert(table))


def _held(connection: Connection, one: _Ready, options: Options) -> _Ready:
    """Keep other writers off a table that is there, as a write of this mode does."""
    target = one.target
    if target.table is not None:
        only_adds = options.mode == "append" and not options.merges
        (target.dialect.hold if only_adds else target.dialect.lock)(connection, target.table)
    return one


def _record(ready: Sequence[_Ready], written: dict[str, Written], options: Options) -> None:
    """Record the loads in the transaction of their rows; those without a key where there is a table of loads."""
    for one in ready:
        done = written[one.arrived.item.staged]
        rows = done.inserted + done.updated
        receipt = receipt_of(one.arrived.receipt, options, created=one.made or one.target.table is None)
        recorded = None if receipt is None else receipt.to_json()
        if options.mode == "overwrite" or one.target.table is None:
            forget_watermarks(one.target)
        if one.arrived.new is not None:
            one.arrived.new.record(one.target, options.mode, rows, recorded)
        if one.load is not None:
            if not one.load.claim(options.mode):
                raise TransientQueryError("Another call with the same run_key was faster.", suggestion="Try again.")
            one.load.finish(rows, recorded)
        elif one.arrived.new is None:
            written[one.arrived.item.staged] = done = replace(done, receipt=receipt)
            log = log_of(one.target)
            if log is not None:
                written[one.arrived.item.staged] = record(log, done, options.mode)


def _rename(connection: Connection, ready: Sequence[_Ready], options: Options) -> dict[str, Written]:
    """One RENAME of all tables, which are new; those that a kill leaves unrecorded say whose they are."""
    written = {one.arrived.item.staged: Written(inserted=one.arrived.rows) for one in ready}
    if not ready:
        return written
    dialect = ready[0].target.dialect
    if options.run_key is not None:
        for one in ready:
            dialect.label(connection, one.staged, label_of_load(options.run_key))
    dialect.rename_all(connection, [(one.staged, one.target.name) for one in ready])
    _record(ready, written, options)
    return written


def _unlabel(connection: Connection, ready: Sequence[_Ready], options: Options) -> None:
    for one in ready:
        if options.run_key is not None and one.target.table is None:
            one.target.dialect.label(connection, one.target.new, "")


def _fill_made(
    database: Database, connection: Connection, ready: Sequence[_Ready], options: Options
) -> dict[str, Written]:
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
                target=find_target(database, connection, options.lookup(one.target.name, one.target.schema)),
                made=one.target.table is None,
            )
            for one in ready
        ]
        written = _fill(connection, there, options)
        for one in made:
            forget_watermarks(one.target)
        _record(there, written, options)
    except BaseException:
        with cleaning_up():
            connection.rollback()
            for one in made:
                dialect.drop_if_exists(connection, one.target.new)
        raise
    return written
