"""Rows that a table refuses: set aside with the reason, while the others are loaded.

A row is rejected for what it is (types, lengths, ranges, NOT NULL, CHECK), and not for the rows beside it: a key that
is there already refuses the load as ever. See decision 0176.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    MetaData,
    String,
    Table,
    delete,
    literal_column,
    not_,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from .._shared.arguments import is_unicode
from ..dialects.base import INSTEAD_OF_NULL
from ..errors import ConfigurationError, QueryError, SchemaMismatchError, WriteError
from ..frame.source import Rejects
from ..types.arrow import to_rows
from ..types.logical import LogicalType, logical_type, misfit
from .conversion import READERS, converted
from .inputs import Streamed, open_input, require_distinct
from .kept import keeps_of
from .missing_rows import AT_MOST
from .new_rows import unused
from .proof import Proof
from .stream import Stream, open_stream, without
from .target import find_target, require_ddl, temporary_table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.types import TypeEngine

    from ..dialects import Dialect
    from ..frame.source import Source
    from ..types.arrow import Batch, Named, Rows
    from .inputs import Input
    from .outcome import Written
    from .request import WriteRequest
    from .target import Target

SUFFIX: Final = "_rejects"
"""What the table of rejected rows has behind the name of the target."""

_FLUSH: Final = 1_000
"""Rejected rows that are held in memory before they are written."""

_EMPTY: Final = "is NULL, and the column requires a value"


def rejects_table(dialect: Dialect, name: str, schema: str | None) -> Table:
    """The table of the rows that a target has refused.

    Args:
        dialect: The dialect of the target.
        name: The name of the target.
        schema: Its schema.
    """
    text = dialect.column_type(String()) or String()
    return Table(
        f"{name}{SUFFIX}",
        MetaData(),
        Column("rejected_at", dialect.column_type(DateTime()) or DateTime()),
        Column("run_key", text),
        Column("column_name", text),
        Column("reason", text),
        Column("row_json", text),
        schema=schema,
    )


def prepare_rejects(source: Source, connection: Connection, request: WriteRequest) -> None:
    """Make the table of rejected rows, before anything is locked or written, in a transaction of its own.

    Args:
        source: The database that is written to.
        connection: A connection of it, in a transaction.
        request: The arguments of the write.

    Raises:
        ConfigurationError: If the database publishes each table by itself, or the table is another one.
    """
    if request.rejects is None:
        return
    dialect = source.dialect
    target = find_target(source, connection, request)
    if dialect.commits_each_table:
        raise ConfigurationError(
            f"rejects is not supported for {dialect.name}: a transaction commits each table by itself, so that rows"
            " could be rejected without being kept.",
            suggestion="Filter the rows before, or write to another database.",
        )
    table = rejects_table(dialect, target.name, target.schema)
    if not dialect.has(connection, table.name, table.schema):
        require_ddl(dialect, owns_transaction=target.owns_transaction)
        lock = f"{table.schema}.{table.name}"
        dialect.lock_name(connection, lock, owns_transaction=target.owns_transaction, wait=True)
        connection.execute(CreateTable(table, if_not_exists=True))
        if target.owns_transaction:
            # By itself: waiting for other names begins the transaction anew on some databases.
            connection.commit()
            dialect.begin(connection)
        return
    there = {column["name"] for column in dialect.columns_of(connection, table.name, table.schema)}
    missing = [column.name for column in table.columns if column.name not in there]
    if missing:
        raise ConfigurationError(
            f"The table {table.name!r} is no table of rejected rows: it lacks {', '.join(map(repr, missing))}.",
            suggestion="Rename it; a load with rejects makes one.",
        )


def _covers(source: LogicalType, held: LogicalType) -> bool:
    """Whether a column holds every value of a type, so that none need be looked at."""
    if source.name in {"unknown", "other"} or source.name != held.name or held.native or held.padded:
        return False
    if source.name == "integer":
        return (source.bits or 64) <= (held.bits or 64)
    return source == held and source.name in {"boolean", "date"}


class Sieve:
    """What keeps those rows of a load that its table takes.

    Args:
        target: The table, which exists and is locked.
        table: The same, with its columns.
        stream: The rows.
        request: What was asked for.
    """

    def __init__(self, target: Target, table: Table, stream: Stream, request: WriteRequest) -> None:
        self._target, self._stream, self._request = target, stream, request
        self._connection, self._dialect = target.connection, target.dialect
        self._rejects = rejects_table(target.dialect, target.name, target.schema)
        self._waiting: Rows = []
        self._first: list[str] = []
        self._read = self._rejected = 0
        described = target.dialect.columns_of(target.connection, target.name, target.schema)
        needed = {column["name"] for column in described if not column["nullable"]}
        self._required = needed | table.info[INSTEAD_OF_NULL] | set(request.keys or ())
        self._columns = [self._column(table, name, type_) for name, type_ in stream.columns or []]
        self._sure = [
            name not in self._required and _covers(logical_type(given), self._dialect.held(type_))
            if name in table.c
            else request.on_schema_change != "append_new_columns"  # what is left out is no reason
            for (name, given), (_, type_) in zip(stream.columns or [], self._columns, strict=True)
        ]
        self._checks = target.dialect.checks(target.connection, table)
        kinds = [self._dialect.held(type_) for _, type_ in self._columns]
        odd = any(kind.native or kind.name in {"other", "unknown"} for kind in kinds)
        self._probe = self._probe_of(table) if self._checks or (odd and self._dialect.capabilities.savepoints) else None

    def _column(self, table: Table, name: str, given: TypeEngine[Any]) -> Named:
        """A column with the type of the table, unless none of its values could be one."""
        if name not in table.c:
            return name, given
        type_ = table.c[name].type
        source, held = logical_type(given), self._dialect.held(type_)
        if source.name == "text" and held.name in READERS:
            return name, type_
        if source.name == held.name == "decimal":
            return name, type_  # some of the values may have no more digits than the column
        return name, given if misfit(source, held, checked=True) is not None else type_

    def _probe_of(self, table: Table) -> tuple[Table, str]:
        """A table that holds rows while the CHECKs of the target look at them, and its column with their number."""
        number = unused("moltres_number", [column.name for column in table.columns])
        probe = temporary_table([*((one.name, one.type) for one in table.columns), (number, BigInteger())])
        self._dialect.create(self._connection, probe)
        return probe, number

    @property
    def stream(self) -> Stream:
        """The rows that the table takes."""
        return Stream(self._columns, self._batches, checked=True, close=self._stream.close)

    def _batches(self, expected: Sequence[Named]) -> Generator[Batch, None, None]:
        del expected
        for batch in self._stream.batches(self._stream.columns or []):
            self._read += len(batch) if isinstance(batch, list) else batch.num_rows
            good = self._sifted(batch)
            if len(self._waiting) >= _FLUSH:
                self._flush()
            if len(good):
                yield good
        self._flush()

    def _sifted(self, batch: Batch) -> Batch:
        """The rows that the table takes; what it refuses is set aside."""
        if self._probe is None and (all(self._sure) or self._is_good(batch)):
            return batch
        rows = batch if isinstance(batch, list) else to_rows(batch, self._stream.columns or [])
        if not rows:
            return batch
        faults: dict[int, list[tuple[str, str]]] = defaultdict(list)
        columns: list[Sequence[Any]] = []
        for place, values in enumerate(zip(*rows, strict=True)):
            columns.append(values if self._sure[place] else self._column_of(place, values, faults))
        kept = [number for number in range(len(rows)) if number not in faults]
        made = list(zip(*columns, strict=True))
        if self._probe is not None:
            self._look(made, kept, faults)
        for number in sorted(faults):
            self._reject(rows[number], faults[number])
        return [made[number] for number in kept if number not in faults] if faults else made

    def _is_good(self, batch: Batch) -> bool:
        """Whether an Arrow batch can stay as it is: each column is looked at, and none of its rows is made."""
        given = self._stream.columns or []
        if isinstance(batch, list):
            return False
        for place, sure in enumerate(self._sure):
            (name, source), (_, type_) = given[place], self._columns[place]
            if sure:
                continue
            if logical_type(source).name != self._dialect.held(type_).name:
                return False
            values = [value for (value,) in to_rows(batch.select([place]), [(name, source)])]
            if (name in self._required and None in values) or self._dialect.unstorable(
                self._connection, type_, values
            ) is not None:
                return False
        return True

    def _column_of(self, place: int, values: Sequence[Any], faults: dict[int, list[tuple[str, str]]]) -> Sequence[Any]:
        """The values of a column as it takes them; the others are noted. One by one only if any is refused."""
        name, type_ = self._columns[place]
        kind = self._dialect.held(type_)
        found, wrong = converted(kind, values)
        for number, reason in wrong.items():
            faults[number].append((name, reason))
        if self._dialect.unstorable(self._connection, type_, found) is not None:
            for number, value in enumerate(found):
                why = None if value is None else self._dialect.unstorable(self._connection, type_, [value])
                if why is not None:
                    faults[number].append((name, why))
        if name in self._required and None in found:
            for number, value in enumerate(found):
                if value is None and number not in wrong:
                    faults[number].append((name, _EMPTY))
        return found

    def _look(self, made: Rows, kept: Sequence[int], faults: dict[int, list[tuple[str, str]]]) -> None:
        """Let the database look at rows that fit their types: at those of its own, and at CHECKs."""
        assert self._probe is not None  # noqa: S101 - for mypy
        probe, number = self._probe
        names = [name for name, _ in self._columns if name in probe.c]
        places = [place for place, (name, _) in enumerate(self._columns) if name in probe.c]
        columns = [(name, probe.c[name].type) for name in (*names, number)]
        into = Table(probe.name, MetaData(), *(Column(name, type_) for name, type_ in columns), info=probe.info)
        self._fill(into, [(*(made[one][place] for place in places), one) for one in kept], faults)
        for name, condition in self._checks:
            failing = not_(literal_column(f"({condition})", Boolean()))
            for (one,) in self._connection.execute(select(probe.c[number]).where(failing)):
                touched = [column for column in names if re.search(rf"(?<!\w){re.escape(column)}(?!\w)", condition)]
                faults[one].append(
                    (", ".join(touched), f"violates CHECK {name or ''} ({condition})".replace("  ", " "))
                )
        self._connection.execute(delete(probe))

    def _fill(self, table: Table, rows: Rows, faults: dict[int, list[tuple[str, str]]]) -> None:
        """Add rows; if the database refuses some, by halves until they are found."""
        if not rows:
            return
        if not self._dialect.capabilities.savepoints:
            self._dialect.load(self._connection, table, rows)
            return
        savepoint = self._connection.begin_nested()
        try:
            self._dialect.load(self._connection, table, rows)
            savepoint.commit()
        except (DBAPIError, SchemaMismatchError) as error:
            if isinstance(error, DBAPIError) and self._dialect.classify(error) is not QueryError:
                raise
            savepoint.rollback()
            if len(rows) == 1:
                said = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
                faults[rows[0][-1]].append(("", said[-1] if isinstance(error, SchemaMismatchError) else said[0]))
                return
            half = len(rows) // 2
            self._fill(table, rows[:half], faults)
            self._fill(table, rows[half:], faults)

    def _reject(self, row: Sequence[Any], faults: Sequence[tuple[str, str]]) -> None:
        self._rejected += 1
        names = ", ".join(dict.fromkeys(name for name, _ in faults if name))
        reason = "; ".join(f"{name}: {why}" if name else why for name, why in faults)
        if len(self._first) < 3:
            self._first.append(reason)
        given = {name: _plain(value) for (name, _), value in zip(self._columns, row, strict=True)}
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        self._waiting.append((now, self._request.run_key, _text(names), _text(reason), _json(given)))

    def _flush(self) -> None:
        if self._waiting:
            self._dialect.load(self._connection, self._rejects, self._waiting)
            self._waiting = []

    def finish(self, loaded: int) -> Rejects:
        """What was rejected, when all rows were read and loaded.

        Args:
            loaded: The rows that the database has taken.

        Raises:
            WriteError: If more rows were rejected than the caller allows, or rows are neither here nor there.
        """
        self._flush()
        most = AT_MOST if self._request.rejects_at_most is None else float(self._request.rejects_at_most)
        if self._rejected > most * self._read:
            raise WriteError(
                f"The table {self._target.name!r} refuses {self._rejected:,} of {self._read:,} rows, more than"
                f" rejects_at_most={most:g} allows. Nothing was changed. Such as: {' | '.join(self._first)}",
                suggestion="Look at the rows; to set them aside, pass a greater rejects_at_most (1 allows all).",
                context={"rejected": self._rejected, "rows": self._read},
            )
        if loaded + self._rejected != self._read:
            raise WriteError(
                f"{self._read:,} rows were read, {loaded:,} loaded and {self._rejected:,} rejected: rows are missing."
                " Nothing was changed."
            )
        table = _shown(self._rejects)
        return Rejects(table=str(table), rows_read=self._read, rows_loaded=loaded, rows_rejected=self._rejected)


class Sifted(Streamed):
    """Rows from elsewhere, without those that the table refuses.

    Args:
        sieve: What keeps the others.
        streamed: The arguments of `Streamed`, of the rows that are left.
    """

    def __init__(self, sieve: Sieve, *streamed: Any) -> None:
        super().__init__(*streamed)
        self._sieve = sieve
        self._loaded = 0

    def without(self, names: Collection[str]) -> Sifted:
        """The same rows without some columns."""
        proof = None if self.proof is None else self.proof.of_less()
        return Sifted(
            self._sieve, self._connection, self._dialect, without(self._stream, names), self._on_progress, proof
        )

    def _load(self, table: Table, load: Callable[[Batch], int] | None = None) -> int:
        rows = super()._load(table, load)
        self._loaded += rows
        return rows

    def finish(self) -> Rejects:
        """What was rejected, when the rows are written."""
        return self._sieve.finish(self._loaded)


def open_sifted(source: Source, target: Target, data: Any, request: WriteRequest) -> Input:
    """The rows to write; those that the table refuses are set aside if the caller says so.

    Args:
        source: The database that is written to.
        target: The table, which is locked. One that is not there takes its types from the rows, and refuses none.
        data: The rows.
        request: What was asked for.
    """
    if target.table is None or request.rejects is None:
        return open_input(source, target.connection, data, request, keeps_of(target, request))
    there = target.table.c
    # A column that the table gets has the type of its values.
    loose = there.__contains__ if request.on_schema_change == "append_new_columns" else lambda _: True
    stream = open_stream(data, request.batch_rows, loose=loose)
    if stream.columns is None:
        return open_input(source, target.connection, data, request)
    require_distinct([name for name, _ in stream.columns])
    proof = Proof(target.connection, target.dialect, request, None) if request.verify else None
    sieve = Sieve(target, target.table, stream, request)
    return Sifted(sieve, target.connection, target.dialect, sieve.stream, request.on_progress, proof)


def rejects_of(target: Target, rows: Input, written: Written, request: WriteRequest) -> Rejects | None:
    """What was rejected, when the rows are written; None if nothing is to be."""
    if request.rejects is None:
        return None
    if isinstance(rows, Sifted):
        return rows.finish()
    number = written.inserted + written.updated
    return Rejects(
        table=_shown(rejects_table(target.dialect, target.name, target.schema)),
        rows_read=number,
        rows_loaded=number,
        rows_rejected=0,
    )


def _shown(table: Table) -> str:
    return table.name if table.schema is None else f"{table.schema}.{table.name}"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value.hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if is_unicode(text) else json.dumps(value, default=str)


def _text(text: str) -> str:
    """A string that every database stores."""
    return text if is_unicode(text) and "\0" not in text else repr(text)
