"""mode="scd2": the history of rows as versions, each valid from an instant until the next one begins.

Slowly changing dimensions of type 2 (R. Kimball, The Data Warehouse Toolkit): a row that has changed ends its version
and begins another at the same instant, so that of each key at most one version is valid at any time. See decision 0173.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, DateTime, and_, case, func, inspect, literal, or_, select, update

from .._shared.moments import is_finer
from .._shared.wording import question
from ..dialects.stopping import cleaning_up
from ..errors import ConfigurationError, SchemaMismatchError, WriteError, listing
from ..types.logical import LogicalType, logical_type
from .missing_rows import change_missing, find_missing, is_among, require_few
from .new_rows import staged_rows, unused
from .outcome import Written, check_keys, shown_key, stays
from .target import find_target, require_ddl, table_of, temporary_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.types import TypeEngine

    from ..frame.source import Source
    from .incremental import Watched
    from .inputs import Input
    from .request import WriteRequest
    from .target import Target

    Rows = Input | Watched

_MICROSECONDS: Final = 6
_OLD: Final = "a version begins after all that is recorded of its key"


@dataclass(frozen=True)
class _Instant:
    """Since when the new versions are valid.

    Attributes:
        column: The column of the rows that says it; None if it is one moment for all.
        moment: The moment, in UTC: of all rows, or when those ended that are missing.
        said: Whether the caller gave the moment.
    """

    column: str | None
    moment: dt.datetime
    said: bool = False

    def literal(self, type_: TypeEngine[Any]) -> ColumnElement[Any]:
        """The moment as a column of a type has it.

        Raises:
            ConfigurationError: If the column would cut it off.
        """
        kind = logical_type(type_)
        moment = self.moment if kind.zoned else self.moment.replace(tzinfo=None)
        digits = _MICROSECONDS if kind.scale is None else kind.scale
        cut = moment.replace(microsecond=moment.microsecond - moment.microsecond % 10 ** max(_MICROSECONDS - digits, 0))
        if self.said and cut != moment:
            raise ConfigurationError(f"valid_at={moment} has more digits than the columns of the history hold.")
        return literal(cut, type_)


def add_versions(source: Source, target: Target, rows: Rows, request: WriteRequest) -> Written:
    """Write the versions of rows that are new or have changed, and end those that they replace.

    Args:
        source: The database that is written to.
        target: The table.
        rows: The rows.
        request: What was asked for.

    Raises:
        ConfigurationError: If ``valid_at`` is neither a column nor a moment.
        SchemaMismatchError: If the rows have the columns of the history, or the table is none.
        WriteError: If keys are NULL or duplicates, or rows are older than the versions that are there.
    """
    if not target.dialect.compares_rows:
        raise ConfigurationError(
            f"mode='scd2' is not supported for {target.dialect.name}: moltres cannot compare its rows byte by byte.",
            suggestion="Keep the history in PostgreSQL, MariaDB, SQLite or DuckDB.",
        )
    if rows.columns is None and target.table is not None and request.delete_missing is None:
        return Written()
    names = [name for name, _ in rows.columns or []]
    columns = list(rows.new_types()) if target.table is None else rows.columns or []
    target.require_keys(columns, request.keys or (), "keys")
    taken = [name for name in request.validity if name in names]
    if taken:
        raise SchemaMismatchError(
            f"The rows cannot be versions in the table {target.name!r}.",
            mismatches=[f"column {name!r} is one of the history, and the rows have it" for name in taken],
            suggestion="Name other columns: valid_from='…', valid_to='…'.",
        )
    instant = _instant(request, names)
    if target.table is not None:
        return _History(target, target.table, rows, request, instant).write()
    return _first(source, target, rows, request, instant)


def _instant(request: WriteRequest, names: Sequence[str]) -> _Instant:
    given, now = request.valid_at, dt.datetime.now(dt.UTC)
    if given is None or given in names:
        return _Instant(None if given is None else str(given), now)
    if isinstance(given, str):
        if is_finer(given):
            raise ConfigurationError(f"valid_at={given!r} has digits below a microsecond, which no version keeps.")
        try:
            given = dt.datetime.fromisoformat(given)
        except ValueError:
            raise ConfigurationError(
                f"valid_at={given!r} is neither a column of the rows nor a moment in ISO 8601."
                f"{question(given, list(names))}"
            ) from None
    plain = dt.datetime.fromisoformat(given.isoformat())  # also of pandas, whose class drivers do not all know
    return _Instant(None, plain.astimezone(dt.UTC) if plain.tzinfo else plain.replace(tzinfo=dt.UTC), said=True)


def _first(source: Source, target: Target, rows: Rows, request: WriteRequest, instant: _Instant) -> Written:
    """Make the table, with the columns of the history behind those of the rows."""
    dialect, connection = target.dialect, target.connection
    require_ddl(dialect, owns_transaction=target.owns_transaction)
    types = dict(made := rows.new_types())
    of_rows = None if instant.column is None else types[instant.column]
    moments = of_rows or dialect.column_type(DateTime(timezone=True)) or dialect.column_type(DateTime())
    if moments is None:
        raise ConfigurationError(f"mode='scd2' is not supported for {dialect.name}: it has no timestamps.")
    _require_moments(target.name, [(instant.column or "", logical_type(moments))])
    dialect.create(
        connection, table_of(target.name, [*made, *((name, moments) for name in request.validity)], target.schema)
    )
    try:
        found = find_target(source, connection, replace(request, name=target.name, schema=target.schema))
        table = found.table
        assert table is not None  # noqa: S101 - for mypy
        return replace(_History(found, table, rows, request, instant).write(), created=True)
    except BaseException:
        if not dialect.capabilities.transactional_ddl:
            with cleaning_up():
                connection.rollback()
                dialect.drop(connection, target.new)
        raise


def _require_moments(table: str, columns: Sequence[tuple[str, LogicalType]]) -> None:
    faults = [f"column {name!r} is {kind}, not timestamp" for name, kind in columns if kind.name != "timestamp"]
    if faults:
        raise SchemaMismatchError(
            f"The rows cannot be versions in the table {table!r}.",
            mismatches=faults,
            suggestion="Cast the column, or leave valid_at out: then it is the time of the load.",
        )


def _are_alike(kinds: Sequence[LogicalType]) -> bool:
    """Whether timestamps of several columns, those of the history first, can be copied and compared as they are."""
    digits = [_MICROSECONDS if kind.scale is None else kind.scale for kind in kinds]
    return len({(kind.name, kind.zoned) for kind in kinds}) == 1 and digits[0] == digits[1] == max(digits)


class _History:
    """The versions of one table.

    Args:
        target: The table, which is locked.
        table: The same, with its columns.
        rows: The rows.
        request: What was asked for.
        instant: Since when they are valid.
    """

    def __init__(self, target: Target, table: Table, rows: Rows, request: WriteRequest, instant: _Instant) -> None:
        self._target, self._table, self._rows, self._request, self._instant = target, table, rows, request, instant
        self._connection, self._dialect = target.connection, target.dialect
        self._keys = list(request.keys or ())
        self._names = [name for name, _ in rows.columns or []]
        self._mark = unused("moltres_same", self._keys)
        self._require_shape()
        since, until = request.validity
        self._since, self._until = table.c[since], table.c[until]
        target.require_fit([*(rows.columns or []), (since, self._since.type)], checked=rows.checked)

    def _require_shape(self) -> None:
        """Make sure that the table is a history.

        Raises:
            SchemaMismatchError: With everything that it lacks.
        """
        table, column = self._table, self._instant.column
        kinds = {one.name: logical_type(one.type) for one in table.c}
        faults = [
            f"column {name!r} is {kinds[name]}, not timestamp" if name in kinds else f"column {name!r} is missing"
            for name in self._request.validity
            if name not in kinds or kinds[name].name != "timestamp"
        ]
        moments = [name for name in (*self._request.validity, column) if name is not None and name in kinds]
        if not faults and not _are_alike([kinds[name] for name in moments]):
            types = ", ".join(str(kinds[name]) for name in moments)
            faults.append(f"columns {listing(moments)} are of different types, or digits: {types}")
        unique = self._unique()
        if unique:
            faults.append(f"the key {listing(unique)} allows one version of a row only")
        if faults:
            raise SchemaMismatchError(
                f"The table {self._target.name!r} is no history that mode='scd2' can add versions to.",
                mismatches=faults,
                suggestion="Name its columns by valid_from and valid_to, or write to a table that the load makes.",
            )

    def _unique(self) -> list[str]:
        """The primary key of the table, if rows with the same keys cannot be there twice."""
        if not self._dialect.capabilities.constraints:
            return []
        key = inspect(self._connection).get_pk_constraint(self._table.name, schema=self._table.schema)
        columns = list(key["constrained_columns"])
        return columns if columns and set(columns) <= set(self._keys) else []

    def write(self) -> Written:
        """Write the versions."""
        connection, dialect = self._connection, self._dialect
        staged = staged_rows(self._target, self._table, self._rows, self._keys)
        check_keys(connection, dialect, staged, self._keys)
        self._require_instants(staged)
        ending, missing = self._missing(staged)
        known, changed, unchanged = self._known(staged)
        fresh, opened = self._fresh(staged, known)
        self._require_newer(fresh)
        same = self._same_key(fresh)
        rest = self._target.fill.left_alone(self._table)
        begins = fresh.c[self._since.name]
        end = update(self._table).where(same, self._until.is_(None)).values({**rest, self._until: begins})
        closed = connection.execute(end).rowcount if opened else 0
        if self._request.verify and closed < changed:
            raise stays(self._target.name, changed - closed)
        if ending is not None and missing:
            moment = self._instant.literal(self._until.type)
            among = is_among(dialect, self._table, ending, self._keys)
            end = update(self._table).where(self._until.is_(None)).values({**rest, self._until: moment})
            missing = change_missing(self._target, end, self._table, self._request, among=among, number=missing)
        names = [*self._names, self._since.name]
        inserted = dialect.insert_select(connection, self._table, names, select(*(fresh.c[name] for name in names)))
        self._require_written(fresh, inserted)
        for made in (staged, known, fresh, *([] if ending is None else [ending])):
            dialect.drop(connection, made)
        return Written(inserted=inserted, closed=closed + missing, deleted=missing, unchanged=unchanged)

    def _same_key(self, other: Table) -> ColumnElement[bool]:
        return and_(*(self._dialect.same(self._table.c[key], other.c[key]) for key in self._keys))

    def _require_instants(self, staged: Table) -> None:
        """Make sure that each row says since when it is valid, in a form that has an order."""
        name = self._instant.column
        if name is None:
            return
        odd = self._dialect.unordered(staged.c[name])
        without = staged.c[name].is_(None)
        wrong = without if odd is None else or_(without, odd)
        found = self._connection.execute(
            select(*(staged.c[key] for key in self._keys), without).where(wrong).limit(1)
        ).first()
        if found is not None:
            *key, empty = found
            fault = "has no value" if empty else "is no moment as this database writes them"
            raise WriteError(
                f"{name!r} {fault} in the row {shown_key(self._keys, key)}: since when its version is valid cannot be"
                " told. Nothing was changed.",
                suggestion=f"Filter such rows: .where(col({name!r}).is_not(None)).",
            )

    def _missing(self, staged: Table) -> tuple[Table | None, int]:
        """The keys of the current versions that the rows do not have, and their number."""
        if self._request.delete_missing is None:
            return None, 0
        there = [self._until.is_(None)]
        missing, number = find_missing(self._target, self._table, staged, self._keys, there)
        require_few(self._connection, self._table, number, there, self._request)
        if number:
            moment = self._instant.literal(self._since.type)
            later = self._connection.execute(
                select(*(self._table.c[key] for key in self._keys))
                .select_from(self._table.join(missing, self._same_key(missing)))
                .where(self._until.is_(None), self._since >= moment)
                .limit(1)
            ).first()
            if later is not None:
                raise self._older("the row that is missing", later)
        return missing, number

    def _known(self, staged: Table) -> tuple[Table, int, int]:
        """The keys of the rows that have a current version, with whether it is the same, how many are not, and are.

        A join that goes through the table once and finds each staged row by its index.
        """
        table, keys = self._table, self._keys
        mark = self._mark
        same = case((self._identity(table) == self._identity(staged), 1), else_=0)
        columns: list[tuple[str, TypeEngine[Any]]] = [(key, staged.c[key].type) for key in keys]
        columns.append((mark, BigInteger()))
        known = temporary_table(columns, keys)
        query = (
            select(*(staged.c[key] for key in keys), same.label(mark))
            .select_from(table.join(staged, self._same_key(staged)))
            .where(self._until.is_(None))
        )
        number = self._dialect.create_as(self._connection, known, columns, query, temporary=True)
        of_keys = [self._dialect.by_code_points(self._dialect.comparable(known.c[key])) for key in keys]
        found = (one.label(key) for key, one in zip(keys, of_keys, strict=True))
        twice = self._connection.execute(select(*found).group_by(*of_keys).having(func.count() > 1).limit(1)).first()
        if twice is not None:
            raise WriteError(
                f"The table {self._target.name!r} has several current versions ({self._until.name!r} is NULL) of"
                f" {shown_key(keys, twice)}: which one ends cannot be told. Nothing was changed.",
                suggestion="End all but one of them.",
            )
        unchanged = self._connection.execute(select(func.count()).where(known.c[mark] == 1)).scalar_one()
        return known, number - unchanged, unchanged

    def _identity(self, rows: Table) -> ColumnElement[Any]:
        """What two rows have in common only if all values are the same: byte by byte, floats by their bits."""
        return self._dialect.identity([rows.c[name] for name in self._names])

    def _fresh(self, staged: Table, known: Table) -> tuple[Table, int]:
        """The rows that begin a version, with since when, and their number."""
        names, since = self._names, self._since
        columns = [*((name, staged.c[name].type) for name in names), (since.name, since.type)]
        fresh = temporary_table(columns, self._keys)
        like = select(*(self._table.c[name] for name, _ in columns)).limit(0)
        self._dialect.create_as(self._connection, fresh, columns, like, temporary=True)
        column = self._instant.column
        begins = self._instant.literal(since.type) if column is None else staged.c[column]
        same = and_(*(self._dialect.same(staged.c[key], known.c[key]) for key in self._keys))
        query = (
            select(*(staged.c[name] for name in names), begins.label(unused("moltres_since", names)))
            .select_from(staged.outerjoin(known, same))
            .where(or_(known.c[self._mark].is_(None), known.c[self._mark] == 0))
        )
        return fresh, self._dialect.insert_select(self._connection, fresh, [*names, since.name], query)

    def _require_newer(self, fresh: Table) -> None:
        """Make sure that no version begins before another of its key has."""
        begins = fresh.c[self._since.name]
        ended = and_(self._until.is_not(None), self._until > begins)
        begun = and_(self._until.is_(None), self._since >= begins)
        found = self._connection.execute(
            select(*(self._table.c[key] for key in self._keys))
            .select_from(self._table.join(fresh, self._same_key(fresh)))
            .where(or_(ended, begun))
            .limit(1)
        ).first()
        if found is not None:
            raise self._older("a row", found)

    def _older(self, what: str, key: Sequence[Any]) -> WriteError:
        return WriteError(
            f"For {what} {shown_key(self._keys, key)} the table {self._target.name!r} has a version that is as new or"
            f" newer: {_OLD}. Nothing was changed.",
            suggestion="Write rows in the order of their changes, filter those that are older, or leave valid_at out."
            if self._instant.said or self._instant.column
            else "The clock of this machine is behind what wrote the table: try again later, or pass valid_at.",
        )

    def _require_written(self, fresh: Table, inserted: int) -> None:
        """Make sure that the versions are as they were given: what a trigger has changed would change each time."""
        if not inserted or not self._request.verify:
            return
        kept = (
            select(func.count())
            .select_from(self._table.join(fresh, self._same_key(fresh)))
            .where(
                self._until.is_(None),
                self._since == fresh.c[self._since.name],
                self._identity(self._table) == self._identity(fresh),
            )
        )
        found = self._connection.execute(kept).scalar_one()
        if found != inserted:
            raise WriteError(
                f"{inserted - found} versions are in the table {self._target.name!r} with other values than were"
                " written, by a trigger or a default: the next load would take them for changes. Nothing was changed.",
                suggestion="Drop the trigger or the default, or pass verify=False.",
            )
