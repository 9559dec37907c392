"""Schedules of writers that commit late, and of loads between them: what a copy has lost or doubled in the end.

A schedule is drawn from a number, and its steps run one after the other, so that the same number always does the same:
twenty writers, each in a transaction of its own, write rows with the time of their own clock, and commit much later, or
never. The time of the schedule is none of this machine's.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from moltres import col

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moltres import Database

TABLE = "events"
BEGIN = dt.datetime.fromisoformat("2026-01-01")  # columns without a zone take no other
WRITERS = 20


class KilledError(Exception):
    """The process of a load was killed."""


@dataclass(frozen=True)
class Schedule:
    """What happens.

    Attributes:
        number: What it is drawn from.
        mode: append or merge.
        late: Seconds that a transaction lasts at most; None for no limit.
        skew: Seconds that the clock of a writer is wrong at most.
        steps: How many steps.
    """

    number: int
    mode: str = "append"
    late: int | None = None
    skew: int = 90
    steps: int = 150


@dataclass
class Outcome:
    """What a copy has in the end.

    Attributes:
        rows: Rows of the source.
        lost: Rows of the source that the copy has not.
        doubled: Rows that the copy has too often.
        loads: Loads that ended.
        killed: Loads that were killed.
    """

    rows: int
    lost: int
    doubled: int
    loads: int
    killed: int


class Writers:
    """Writers to the table of a source, each with a connection of its own.

    Args:
        source: The database.
        together: Whether several can have written without a commit; otherwise a writer writes when it commits, which
            looks the same to everyone else.
    """

    def __init__(self, source: Database, *, together: bool) -> None:
        self._engine = source.engine
        self.together = together
        self._connections: list[sa.Connection | None] = [None] * WRITERS
        with self._engine.begin() as connection:
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {TABLE}"))
            columns = (
                sa.Column("id", sa.BigInteger),
                sa.Column("v", sa.String(10)),
                sa.Column("updated_at", sa.DateTime),
            )
            connection.execute(CreateTable(sa.Table(TABLE, sa.MetaData(), *columns)))

    def clear(self) -> None:
        """Begin anew: no rows, and no transaction."""
        for number in range(WRITERS):
            self.kill(number)
        with self._engine.begin() as connection:
            connection.execute(sa.text(f"DELETE FROM {TABLE}"))

    def run(self, number: int, statements: list[tuple[str, dict[str, Any]]]) -> None:
        """Let a writer run statements in its transaction."""
        connection = self._connections[number]
        if connection is None:
            connection = self._connections[number] = self._engine.connect()
        for statement, values in statements:
            connection.execute(sa.text(statement), values)

    def commit(self, number: int) -> None:
        """Let a writer commit."""
        connection = self._connections[number]
        if connection is not None:
            connection.commit()
            if not self.together:
                self.kill(number)

    def kill(self, number: int) -> None:
        """Let a writer die without a commit."""
        connection, self._connections[number] = self._connections[number], None
        if connection is not None:
            connection.rollback()
            connection.close()

    def close(self) -> None:
        """Close all connections."""
        for number in range(WRITERS):
            self.kill(number)


@dataclass
class _Writer:
    """What a writer of a schedule does.

    Attributes:
        skew: Seconds that its clock is wrong.
        begun: When its transaction began; None without one.
        pending: What it writes at the commit, where it does not write before.
    """

    skew: int
    begun: int | None = None
    pending: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def _statements(
    chance: random.Random, number: int, moment: dt.datetime, mode: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    values = {"v": chance.choice("ab"), "at": moment}
    if mode == "append":
        # Few values, so that many rows are equal.
        yield f"INSERT INTO {TABLE} VALUES (:id, :v, :at)", {**values, "id": number % 3}
        return
    # Each writer has rows of its own, or they would wait for each other.
    values["id"] = number * 100 + chance.randrange(4)
    yield f"DELETE FROM {TABLE} WHERE id = :id", {"id": values["id"]}
    yield f"INSERT INTO {TABLE} VALUES (:id, :v, :at)", values


def run_schedule(
    schedule: Schedule, writers: Writers, source: Database, target: Database, load: Callable[..., int]
) -> Outcome:
    """Run the steps of a schedule, and compare.

    Args:
        schedule: The schedule.
        writers: The writers, of the source.
        source: The database that is copied from.
        target: The one that is copied to; its table is new.
        load: Copies what is new: called with source, target, schedule, and a function to tell of progress.
    """
    chance = random.Random(schedule.number)
    writers.clear()
    crew = [_Writer(chance.randint(-schedule.skew, schedule.skew)) for _ in range(WRITERS)]
    now = loads = killed = 0

    def end(number: int, *, commit: bool) -> None:
        writer = crew[number]
        if commit:
            writers.run(number, writer.pending)
            writers.commit(number)
        else:
            writers.kill(number)
        writer.begun, writer.pending = None, []

    def try_load(*, dies: bool) -> None:
        nonlocal loads, killed

        def progress(rows: int) -> None:
            del rows
            if dies:
                raise KilledError

        try:
            load(source, target, schedule, progress)
        except KilledError:
            killed += 1
        else:
            loads += 1

    for _ in range(schedule.steps):
        now += chance.choice((0, 0, 1, 5, 20))
        for number, writer in enumerate(crew):
            if schedule.late is not None and writer.begun is not None and now - writer.begun >= schedule.late:
                end(number, commit=True)
        number = chance.randrange(WRITERS)
        writer, step = crew[number], chance.random()
        if step < 0.06:
            try_load(dies=chance.random() < 0.3)
        elif writer.begun is not None and step < 0.25:
            end(number, commit=chance.random() < 0.85)
        else:
            if writer.begun is None:
                writer.begun = now
            # Clocks of ten seconds, so that many have the same time.
            moment = BEGIN + dt.timedelta(seconds=(now + writer.skew) // 10 * 10)
            statements = list(_statements(chance, number, moment, schedule.mode))
            if writers.together:
                writers.run(number, statements)
            else:
                writer.pending += statements
    for number in range(WRITERS):
        end(number, commit=chance.random() < 0.85)
    try_load(dies=False)
    return _compared(source, target, loads, killed)


def _compared(source: Database, target: Database, loads: int, killed: int) -> Outcome:
    given, copied = (
        Counter(tuple(row.values()) for row in one.table(TABLE).select("id", "v", "updated_at").collect())
        for one in (source, target)
    )
    return Outcome(given.total(), (given - copied).total(), (copied - given).total(), loads, killed)


def incremental(source: Database, target: Database, schedule: Schedule, progress: Callable[[int], object]) -> int:
    """Copy what is new with a cursor."""
    options = {"keys": ["id"]} if schedule.mode == "merge" else {}
    lag = None if schedule.late is None else dt.timedelta(seconds=schedule.late + 2 * schedule.skew + 10)
    frame = source.table(TABLE)
    return (
        target.write(frame)
        .save_as_table(TABLE, mode=schedule.mode, cursor="updated_at", lag=lag, on_progress=progress, **options)  # type: ignore[arg-type]
        .rows_written
    )


def plain(source: Database, target: Database, schedule: Schedule, progress: Callable[[int], object]) -> int:
    """Copy what is above the greatest value that the target has, as it is often done."""
    options = {"keys": ["id"]} if schedule.mode == "merge" else {}
    frame = source.table(TABLE)
    if TABLE in target.tables():
        greatest = target.table(TABLE).agg(x=sa.func.max(col("updated_at"))).collect().rows[0][0]
        if greatest is not None:
            frame = frame.where(col("updated_at") > greatest)
    return target.write(frame).save_as_table(TABLE, mode=schedule.mode, on_progress=progress, **options).rows_written  # type: ignore[arg-type]
