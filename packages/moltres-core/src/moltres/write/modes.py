"""One write in one transaction: what each mode does to the target."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.exc import DBAPIError

from ..dialects.base import INSTEAD_OF_NULL
from ..dialects.sql.names import require_names
from ..dialects.sql.statements import RenameTable
from ..dialects.stopping import cleaning_up
from ..errors import SchemaMismatchError, TableExistsError, TableNotFoundError, TransientQueryError
from .evolution import evolved
from .history import add_versions
from .incremental import Increment, Watched, key_of
from .inputs import Local, TemporaryRows
from .load_log import load_of
from .merged import Merged
from .missing_rows import add_mark, mark_missing, remove_missing, require_possible
from .new_rows import insert_missing
from .outcome import LoadedMeanwhileError, Written, check_keys, require_columns, stays
from .receipt_log import forget_watermarks, is_wanted, log_of, record_beside
from .rejects import open_sifted, prepare_rejects, rejects_of
from .renamed import finish_renamed, is_renamed, label_of_load
from .request import REPLACING
from .target import find_target, require_ddl, table_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection, Table

    from ..frame.source import Source
    from .inputs import Input
    from .load_log import Load
    from .request import WriteRequest
    from .target import Target

    Rows = Input | Watched


_LEAVE_TABLES_ALONE = frozenset({"ignore", "error_if_exists"})
"""The modes that change nothing of a table that is there."""


def is_done(source: Source, connection: Connection, request: WriteRequest) -> bool:
    """Whether there is nothing to write, so that a source need not be read; nothing is changed or locked.

    Args:
        source: The database that is written to.
        connection: A connection of it, in a transaction.
        request: The arguments of the write.

    Raises:
        TableExistsError: If the table must not be there, and no load with the key has made it.
    """
    target = find_target(source, connection, request)
    if request.mode == "ignore" and target.table is not None:
        return True
    if request.run_key is not None:
        load = load_of(connection, source.dialect, request.run_key, target.name, target.schema)
        if target.table is not None and load.exists() and load.done():
            return True
        if not source.dialect.capabilities.transactional_ddl:
            return False  # the table may be that of a load with this key that was killed, which the write finds out
    if request.mode == "error_if_exists":
        target.require_absent()
    return False


def write_rows(source: Source, connection: Connection, data: Any, request: WriteRequest) -> Written:
    """Write rows within the transaction of a connection.

    Args:
        source: The database that is written to.
        connection: A connection of it, in a transaction.
        data: The rows; see `Database.write`.
        request: The arguments of the write.

    Raises:
        LoadedMeanwhileError: If another load recorded the run_key in the meantime.
    """
    prepare_rejects(source, connection, request)
    target = _locked_target(source, connection, request)
    if request.mode == "ignore" and target.table is not None:
        return Written(skipped=True)
    load = _open_load(target, request.run_key)
    # Where CREATE TABLE commits, the key is recorded last, or a crash could leave the key without the rows.
    key_first = source.dialect.capabilities.transactional_ddl
    if load is not None and (not load.claim(request.mode) if key_first else load.done()):
        return Written(skipped=True)
    if request.mode == "error_if_exists":
        if load is not None and target.table is not None and is_renamed(target, target.table, load):
            finish_renamed(target, target.table, load, request.mode)
            return Written(skipped=True)
        target.require_absent()
    if request.mode in REPLACING and not request.cascade:
        target.require_no_delete_actions(own=request.mode == "overwrite_partitions")
    wanted = is_wanted(source, data, request)
    log = log_of(target) if wanted else None
    increment = _increment(source, target, data, request)
    given = data if increment is None else increment.data
    with closing(open_sifted(source, target, given, request)) as opened:
        require_names((name for name, _ in opened.columns or []), target.dialect.capabilities, target.dialect.name)
        fitting, changes = evolved(target, opened, request)
        kept = _without_generated(target, fitting)
        rows: Rows = kept if increment is None else increment.watched(kept)
        written = _written(source, target, rows, request)
        rejects = rejects_of(target, kept, written, request)
    written = replace(written, receipt=rows.receipt, rejects=rejects, schema_changes=tuple(changes))
    if increment is not None:
        written = increment.finish(written)
    if load is not None:
        if not key_first and not load.claim(request.mode):
            raise LoadedMeanwhileError
        load.finish(written.inserted + written.updated, written.recorded_receipt)
        written = replace(written, recorded=written.receipt is not None and load.keeps("receipt"))
        if not key_first and written.created and request.mode == "error_if_exists":
            target.dialect.label(connection, target.new, "")  # commits the key first
    return record_beside(target, log, written, request.mode) if wanted else written


def _written(source: Source, target: Target, rows: Rows, request: WriteRequest) -> Written:
    """Do to the target what the mode says."""
    recorded = request.run_key is not None or request.cursor is not None
    # Where CREATE TABLE commits, rows must not be there without what is recorded of them.
    in_place = recorded and not target.dialect.capabilities.transactional_ddl
    if in_place and request.mode == "append" and target.table is None:
        written = _create_in_place(source, target, rows, request)
    elif request.mode == "scd2":
        written = add_versions(source, target, rows, request)
    else:
        written = _MODES[request.mode](target, rows, request)
    if request.mode == "overwrite" or written.created:
        forget_watermarks(target)
    return written


def _increment(source: Source, target: Target, data: Any, request: WriteRequest) -> Increment | None:
    """The load of what is new, if it is one."""
    if request.cursor is None:
        return None
    load = _open_load(target, key_of(source, data, request))
    assert load is not None  # noqa: S101 - for mypy
    return Increment(source, target, data, request, load)


def _locked_target(source: Source, connection: Connection, request: WriteRequest) -> Target:
    """The target, which stays as it was looked up until the transaction ends.

    What is known of a table is read again under the lock: another transaction may have made, changed or replaced it.
    """
    dialect = source.dialect
    target = find_target(source, connection, request)
    if target.table is not None and request.mode in _LEAVE_TABLES_ALONE:
        return target
    # Where making a table commits, locks of rows do not last until its rename.
    replaces = request.mode != "append" and not dialect.capabilities.transactional_ddl
    only_adds = request.mode == "append" and request.cursor is None
    # Where a transaction does not notice what another adds, the second one looks when the first has ended.
    looks = not only_adds or request.on_schema_change == "append_new_columns"
    wait = target.table is None or replaces or (looks and not dialect.notices_new_rows)
    if (wait or target.left_overs()) and dialect.lock_name(
        connection, target.lock_name, owns_transaction=target.owns_transaction, wait=wait
    ):
        target = find_target(source, connection, request)
        target.drop_left_overs()
    if target.table is None or request.mode in _LEAVE_TABLES_ALONE:
        return target
    try:
        if not (dialect.hold if only_adds else dialect.lock)(connection, target.table):
            return target
        target = find_target(source, connection, request)
    except DBAPIError as error:
        if dialect.classify(error) is TableNotFoundError:
            raise _replaced(target) from error
        raise
    if target.table is None:
        raise _replaced(target)
    return target


def _replaced(target: Target) -> TransientQueryError:
    return TransientQueryError(
        f"Another write replaced or dropped the table {target.name!r} at the same moment.", suggestion="Try again."
    )


def _without_generated(target: Target, rows: Input) -> Input:
    """Leave out the generated columns of the target that a frame of that very table passes on.

    Raises:
        SchemaMismatchError: If the rows have other values for them: the database would not store these.
    """
    table = target.table
    given = [name for name, _ in rows.columns or [] if name in target.fill.generated]
    if table is None or not given:
        return rows
    if isinstance(rows, Local) and rows.passed_on(table).issuperset(given):
        return rows.without(given)
    raise SchemaMismatchError(
        f"The rows do not fit the table {target.name!r}.",
        mismatches=[f"column {name!r} is generated by the database, which stores no other value" for name in given],
        suggestion=f"Leave it out: .drop({', '.join(map(repr, given))})",
    )


def _open_load(target: Target, run_key: str | None) -> Load | None:
    """The entry of a run_key in the table of loads; None without a key."""
    if run_key is None:
        return None
    load = load_of(target.connection, target.dialect, run_key, target.name, target.schema)
    if not load.exists():
        require_ddl(target.dialect, owns_transaction=target.owns_transaction)
        load.create(owns_transaction=target.owns_transaction)
    load.upgrade(owns_transaction=target.owns_transaction)
    if target.table is None:
        load.release()
    return load


def added(target: Target, rows: Local, request: WriteRequest) -> Written:
    """Add rows of the same database to a table that is there, as the mode does.

    Args:
        target: The table, which is locked.
        rows: The rows; with a cursor, what is new of their source and what may be.
        request: What was asked for.
    """
    if request.cursor is not None and request.mode == "append" and target.table is not None:
        target.require_fit(rows.columns, checked=rows.checked)
        return Written(inserted=insert_missing(target, target.table, rows, request))
    return _MODES[request.mode](target, rows, request)


def _create(
    target: Target, rows: Rows, request: WriteRequest, check: Callable[[Table], None] = lambda _: None
) -> Written:
    """Make the table from the rows.

    Args:
        target: The table, which does not exist.
        rows: The rows.
        request: What was asked for.
        check: What to make sure of before any reader sees the table.
    """
    require_ddl(target.dialect, owns_transaction=target.owns_transaction)
    if target.dialect.capabilities.transactional_ddl:
        inserted = rows.create(target.new)
        _prove_all(rows, target.new)
        check(target.new)
        return Written(inserted=inserted, created=True)
    # Where CREATE TABLE commits, the table gets its name when it has all rows.
    with target.shadow_table() as shadow:
        inserted = rows.create(shadow)
        _prove_all(rows, shadow)
        check(shadow)
        if request.run_key is not None and request.mode == "error_if_exists":
            target.dialect.label(target.connection, shadow, label_of_load(request.run_key))
        try:
            target.connection.execute(RenameTable(shadow, target.name))
        except DBAPIError as error:
            if target.dialect.classify(error) is TableExistsError:
                raise TransientQueryError(
                    "A concurrent write created the same table.", suggestion="Try again."
                ) from error
            raise
    return Written(inserted=inserted, created=True)


def _create_in_place(source: Source, target: Target, rows: Rows, request: WriteRequest) -> Written:
    """Create the table without rows, then insert the rows in one transaction with the run_key.

    For databases in which CREATE TABLE commits: appended rows must not exist without their run_key.
    """
    require_ddl(target.dialect, owns_transaction=target.owns_transaction)
    rows.create(target.new, empty=True)
    made = find_target(source, target.connection, replace(request, name=target.name, schema=target.schema)).table
    try:
        inserted = rows.insert(target.new if made is None else made)
        _prove_all(rows, target.new)
        return Written(inserted=inserted, created=True)
    except BaseException:
        with cleaning_up():
            target.connection.rollback()
            target.dialect.drop(target.connection, target.new)
        raise


def _append(target: Target, rows: Rows, request: WriteRequest) -> Written:
    """Add the rows."""
    if target.table is None:
        return _create(target, rows, request)
    target.require_fit(rows.columns, checked=rows.checked)
    if request.cursor is not None and isinstance(rows, Watched):
        return Written(inserted=insert_missing(target, target.table, rows, request) if rows.columns else 0)
    return Written(inserted=rows.append(target.table))


def _prove_all(rows: Rows, table: Table) -> None:
    """Prove that all rows of a table are those that were read."""
    if rows.proof is not None:
        rows.proof.whole(table_of(table.name, rows.proof.columns, table.schema))


def _overwrite(target: Target, rows: Rows, request: WriteRequest) -> Written:
    """Replace all rows; readers see the old ones until the end of the transaction, and then the new ones."""
    if target.table is None:
        return _create(target, rows, request)
    connection, dialect = target.connection, target.dialect
    kept = rows.passed_on(target.table) if isinstance(rows, Local) else rows.kept
    if target.takes(rows.columns, checked=rows.checked, kept=kept):
        # The table stays, and with it its keys, indexes, grants and the views on it.
        new_rows: Rows | TemporaryRows = rows.stage(target.table) if rows.reads(target.table) else rows
        connection.execute(delete(target.table))
        if request.verify and rows.proof is None and not target.is_empty():
            raise stays(target.name, 0)
        inserted = new_rows.insert(target.table)
        if isinstance(new_rows, TemporaryRows):
            new_rows.drop()
        _prove_all(rows, target.table)
        return Written(inserted=inserted)
    require_ddl(dialect, owns_transaction=target.owns_transaction)
    with target.shadow_table() as shadow:
        inserted = rows.create(shadow)
        _prove_all(rows, shadow)
        dialect.replace(connection, target.table, shadow)
    return Written(inserted=inserted)


def _merge(target: Target, rows: Rows, request: WriteRequest) -> Written:
    """Update the rows with the same keys, insert the others.

    Raises:
        WriteError: If keys of the rows are NULL or duplicates; nothing is changed then.
    """
    if rows.columns is None and target.table is not None and request.delete_missing is None:
        return Written()
    keys, columns = request.keys or (), rows.columns or []
    names = [name for name, _ in columns]
    require_possible(target, request, names)
    target.require_keys(columns, keys, "keys")
    updated_columns = request.updated(names)
    require_columns(updated_columns, names, "update")
    if target.table is None:

        def check(made: Table) -> None:
            check_keys(target.connection, target.dialect, table_of(made.name, columns, made.schema), keys)
            if request.delete_missing == "soft":
                add_mark(target.connection, target.dialect, made)

        return _create(target, rows, request, check)
    target.require_fit(columns, checked=rows.checked)
    connection, table, proof = target.connection, target.table, rows.proof
    if proof is not None:
        kept = [name for name in names if name not in (*keys, *updated_columns)]
        proof.leave_alone(kept, "update= leaves it as it is in rows that were there")
    mark_missing(target, table, request)
    staged = rows.stage(table, keys)
    check_keys(connection, target.dialect, staged.table, keys)
    deleted = remove_missing(target, table, staged.table, request)
    same_key = and_(*(target.dialect.same(table.columns[key], staged.table.columns[key]) for key in keys))
    updated = 0
    if updated_columns:
        values = {table.columns[name]: _given(target, table, staged, name) for name in updated_columns}
        alone = target.fill.left_alone(table)
        values |= {column: same for column, same in alone.items() if column.key in {*names}.difference(updated_columns)}
        updated = target.dialect.update(connection, update(table).where(same_key).values(values))
    missing = select(staged.table)
    merged = Merged(table, staged, same_key)
    if target.dialect.capabilities.hash_joins:
        # An outer join and no NOT EXISTS, for which SQLite would go through the table for each row.
        both = staged.table.outerjoin(table, same_key)
        missing = missing.select_from(both).where(table.columns[keys[0]].is_(None))
    else:
        # A join that goes through the table once and finds each staged row by its index.
        merged.note(proof)
        connection.execute(delete(staged.table).where(same_key))
    inserted = target.dialect.insert_select(connection, table, names, missing)
    if proof is not None:
        merged.prove(proof, changed=updated + inserted if updated_columns else None)
    counts = request.verify and updated_columns and not (proof and proof.shows(updated_columns))
    if counts and updated + inserted < staged.rows:
        raise stays(target.name, staged.rows - updated - inserted)
    staged.drop()
    return Written(inserted=inserted, updated=updated, deleted=deleted)


def _given(target: Target, table: Table, staged: TemporaryRows, name: str) -> ColumnElement[Any]:
    """What a row that is there gets in a column."""
    value: ColumnElement[Any] = staged.table.columns[name]
    return target.dialect.not_null(value, name) if name in table.info[INSTEAD_OF_NULL] else value


def _overwrite_partitions(target: Target, rows: Rows, request: WriteRequest) -> Written:
    """Replace the rows of each partition that the new rows have; other partitions are unchanged."""
    if rows.columns is None and target.table is not None:
        return Written()
    partition_by = request.partition_by or ()
    target.require_keys(rows.columns or [], partition_by, "partition_by")
    if target.table is None:
        target.dialect.divide(target.connection, target.new, partition_by)
        return _create(target, rows, request)
    target.require_fit(rows.columns, checked=rows.checked)
    connection, table = target.connection, target.table
    staged = rows.stage(table, partition_by)
    dialect = target.dialect
    values = [dialect.comparable(staged.table.columns[name]) for name in partition_by]
    found = select(*(value.label(name) for name, value in zip(partition_by, values, strict=True)))
    # DISTINCT would go by the collation.
    fresh = (found.distinct() if all(dialect.by_code_points(one) is one for one in values) else found).subquery()
    pairs = [(table.columns[name], fresh.columns[name]) for name in partition_by]
    # Equality can be hashed; only partitions with NULL need the slower comparison.
    equal = [dialect.same(old, new) for old, new in pairs]
    same = exists().where(*equal)
    null = or_(*(column.is_(None) for column in fresh.columns))
    same_with_null = exists().where(
        null, *(or_(one, and_(old.is_(None), new.is_(None))) for one, (old, new) in zip(equal, pairs, strict=True))
    )
    connection.execute(delete(table).where(same))
    if connection.execute(select(fresh).where(null).limit(1)).first() is not None:
        connection.execute(delete(table).where(same_with_null))
    if request.verify and rows.proof is None:
        left = select(table.columns[partition_by[0]]).where(or_(same, same_with_null)).limit(1)
        if connection.execute(left).first() is not None:
            raise stays(target.name, 0)
    inserted = staged.insert(table)
    if rows.proof is not None:
        rows.proof.part(table, or_(same, same_with_null))
    staged.drop()
    return Written(inserted=inserted)


_MODES: dict[str, Callable[[Target, Rows, WriteRequest], Written]] = {
    "append": _append,
    "overwrite": _overwrite,
    "ignore": _create,
    "error_if_exists": _create,
    "merge": _merge,
    "overwrite_partitions": _overwrite_partitions,
}
