"""One replication: the plan, the copies on several connections, the publication."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError

from ..database import Database, connect
from ..dialects.connections import held
from ..dialects.error_translation import connected, translated
from ..dialects.stopping import Stop, check, cleaning_up
from ..errors import ConfigurationError, MoltresError
from ..frame.dataframe import DataFrame
from ..write.left_overs import released
from ..write.load_log import load_of
from ..write.target import table_of
from .items import receipt_of
from .parts import Parts, Staging
from .plan import Plan, made_plan
from .progress import Progress, Reporter
from .publish import Published, publish
from .result import ReplicatedTable, Replication
from .stage import arrived_before, drop_staged, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from .items import Arrived, Item, Options

__all__ = ["MOST_CONNECTIONS", "Run"]

MOST_CONNECTIONS: Final = 64
"""More would wait for each other."""

_BEAT: Final = 0.2
"""Seconds between two looks at whether the caller is stopped."""


@dataclass(frozen=True)
class _Unit:
    """What a worker does at a time: a table, or a range of one.

    Attributes:
        item: The table.
        parts: Its ranges; None if it is read whole.
        part: Which range.
    """

    item: Item
    parts: Parts | None = None
    part: int = 0


@dataclass
class Run:
    """One replication."""

    source: Database
    target: Database
    options: Options
    on_progress: Callable[[Progress], object] | None
    results: dict[str, ReplicatedTable] = field(default_factory=dict)
    whole_because: dict[str, str] = field(default_factory=dict)
    arrived: list[Arrived] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def whole(self, names: list[str], connections: int, started: float) -> Replication:
        """All of it: the plan, the copies, the publication."""
        plan = made_plan(self.source, self.target, names, self.options)
        self._require_apart()
        for item in plan.items:
            if item.done:
                self._note(item, rows=item.rows, skipped=True)
        used, snapshot = 0, True
        try:
            if plan.open:
                used, snapshot = self._copied(plan, connections)
            published = publish(self.target, self.arrived, self.options) if plan.together else {}
        except BaseException:
            if self.options.run_key is None and plan.together:
                self._drop(plan)
            raise
        finally:
            for item in plan.items:
                released(item.staged)
        self.target.forget()
        return self._result(plan, published, used, snapshot=snapshot, seconds=time.monotonic() - started)

    def _require_apart(self) -> None:
        same = held.place_of(self.source.engine) == held.place_of(self.target.engine)
        if same and not self.target.dialect.capabilities.concurrent_reads:
            raise ConfigurationError(
                f"source and target are the same database, and a write of {self.target.dialect.name} waits for all who"
                " read.",
                suggestion="Use db.table(name).write.save_as_table(…), which copies within the database.",
            )
        if self.source.engine is self.target.engine and held.capacity(self.target.engine) == 1:
            raise ConfigurationError(
                "source and target have one connection together, and whoever reads on it waits for who writes.",
                suggestion="Give the engine more connections: pool_size=2, or max_overflow=1.",
            )

    def _copied(self, plan: Plan, connections: int) -> tuple[int, bool]:
        """Copy the rows of all tables; returns how many connections read, and whether at one moment."""
        if self.options.run_key is not None and plan.together:
            self._prepare(plan)
        units = len(plan.open) if self.options.range_rows is None or not plan.together else connections
        most = min(connections, units, _room(self.target), _room(self.source))
        if not self.target.dialect.capabilities.concurrent_reads:
            most = 1  # its writers wait for each other
        with self._reading(plan, int(max(most, 1))) as (readers, together):
            reporter = Reporter(self.on_progress, len(plan.items))
            for item in plan.items:
                if item.done:
                    reporter.tell(str(item.source), 0, done=True)
            work = self._units(readers, plan, reporter, snapshot=together)
            used = readers[: max(len(work), 1)]
            self._work(used, work, reporter, plan)
        return len(used), together

    def _units(self, readers: list[Database], plan: Plan, reporter: Reporter, *, snapshot: bool) -> list[_Unit]:
        """What the workers do, the largest tables first, beside which the others fit."""
        size, reader = self.options.range_rows, readers[0]
        counts: dict[str, int] = {}
        if size is not None or self.on_progress is not None:
            counts = {item.staged: _frame(reader, item).count() for item in plan.open}
            reporter.total_rows = sum(counts.values())
        found: list[_Unit] = []
        useful = self.options.cursor is None and (len(readers) > 1 or self.options.run_key is not None)
        for item in sorted(plan.open, key=lambda item: -counts.get(item.staged, 0)):
            staging = Staging(self.target, self.options, item, reader, _frame(reader, item))
            parts: Parts | str | None = staging.resumed() if plan.together and snapshot else None
            if parts is None and useful and size is not None and counts[item.staged] > size:
                parts = self._whole_because(plan, snapshot=snapshot) or staging.begun(counts[item.staged], size)
            if isinstance(parts, str):
                self.whole_because[item.staged] = parts
            found += self._of_parts(parts, reporter) if isinstance(parts, Parts) else [_Unit(item)]
        return found

    def _whole_because(self, plan: Plan, *, snapshot: bool) -> str | None:
        """Why no table is read in ranges; None if they can be."""
        if not plan.together:
            return f"{self.target.dialect.name} publishes each table by a commit of its own"
        return None if snapshot else "the source has no snapshot for several connections"

    def _of_parts(self, parts: Parts, reporter: Reporter) -> list[_Unit]:
        """The ranges of a table that are still to be copied."""
        for number, part in parts.arrived.items():
            reporter.tell(str(parts.item.source), part.rows, part=number)
        if not parts.missing:
            self._finish(parts, reporter)
        return [_Unit(parts.item, parts, number) for number in parts.missing]

    def _prepare(self, plan: Plan) -> None:
        """Make the table of loads once, before several writers would do it at a time."""
        key = self.options.run_key or ""
        for schema in {item.target.schema for item in plan.open}:
            with self.target.writing() as connection:
                load = load_of(connection, self.target.dialect, key, "", schema)
                if not load.exists():
                    load.create(owns_transaction=True)
                load.upgrade(owns_transaction=True)

    @contextmanager
    def _reading(self, plan: Plan, most: int) -> Iterator[tuple[list[Database], bool]]:
        """Databases that read the source, one for each worker, and whether all read it as it is at one moment."""
        source = self.source
        if source.joined:
            yield [source], False
            return
        tables = [table_of(item.source.name, [], item.source.schema) for item in plan.open]
        with ExitStack() as stack:
            stack.enter_context(translated(source.engine, source.dialect))
            opened = [stack.enter_context(connected(source.engine, source.dialect)) for _ in range(most)]
            for connection in opened:  # the Databases that read on them are others, which nobody can cancel
                stack.enter_context(source.runs.registered(connection, source.dialect.canceller(connection)))
            begun = source.dialect.begin_together(opened, tables, seconds=source.query_timeout)
            if begun == 0:
                yield [source] * most, False
                return
            for connection in opened:
                stack.callback(_end, connection)
            yield (
                [connect(one, query_timeout=source.query_timeout, schema=source.schema) for one in opened[:begun]],
                True,
            )

    def _work(self, readers: list[Database], units: list[_Unit], reporter: Reporter, plan: Plan) -> None:
        waiting = list(reversed(units))
        if len(readers) == 1:
            self._worker(readers[0], waiting, reporter, plan)
            return
        stops = [Stop() for _ in readers]
        with ThreadPoolExecutor(len(readers), thread_name_prefix="moltres-replicate") as pool:
            futures = [
                pool.submit(self._stoppable, stop, reader, waiting, reporter, plan)
                for stop, reader in zip(stops, readers, strict=True)
            ]
            try:
                while not all(future.done() for future in futures):
                    wait(futures, timeout=_BEAT, return_when="FIRST_EXCEPTION")
                    check()
                    failed = next((future for future in futures if future.done() and future.exception()), None)
                    if failed is not None:
                        failed.result()
            except BaseException:
                waiting.clear()
                for stop in stops:
                    stop.request()
                wait(futures)
                raise
            for future in futures:
                future.result()

    def _stoppable(self, stop: Stop, reader: Database, waiting: list[_Unit], reporter: Reporter, plan: Plan) -> None:
        with stop.current():
            self._worker(reader, waiting, reporter, plan)

    def _worker(self, reader: Database, waiting: list[_Unit], reporter: Reporter, plan: Plan) -> None:
        """Copy one table or range after the other, until none is left."""
        while True:
            with self.lock:
                if not waiting:
                    return
                unit = waiting.pop()
            if unit.parts is None:
                self._copy(reader, unit.item, reporter, together=plan.together)
            elif self._copy_part(reader, unit.item, unit.parts, unit.part, reporter):
                self._finish(unit.parts, reporter)

    def _copy_part(self, reader: Database, item: Item, parts: Parts, number: int, reporter: Reporter) -> bool:
        """Copy a range; returns whether it was the last one of its table."""
        name = str(item.source)
        begun = time.monotonic()
        staging = Staging(self.target, self.options, item, reader, _frame(reader, item))
        last = staging.copied(parts, number, reporter.of(name, number))
        with self.lock:
            parts.seconds += time.monotonic() - begun
        reporter.tell(name, parts.arrived[number].rows, part=number)
        return last

    def _finish(self, parts: Parts, reporter: Reporter) -> None:
        """Note a table all of whose ranges have arrived."""
        found = parts.whole(self.target, self.options)
        with self.lock:
            self.arrived.append(found)
        self._note(
            parts.item,
            rows=found.rows,
            receipt=found.receipt,
            seconds=parts.seconds,
            ranges=len(parts.ranges),
            range_key=parts.ranges.key,
            ranges_resumed=parts.resumed,
            resumed=parts.resumed == len(parts.ranges),
        )
        reporter.tell(str(parts.item.source), 0, part=-1, done=True)

    def _copy(self, reader: Database, item: Item, reporter: Reporter, *, together: bool) -> None:
        name, begun = str(item.source), time.monotonic()
        frame = _frame(reader, item)
        if not together:
            result = self.target.write(frame).save_as_table(
                item.target.name,
                schema=item.target.schema,
                run_key=self.options.run_key,
                verify=self.options.verify,
                batch_rows=self.options.batch_rows,
                on_progress=reporter.of(name),
                **self.options.of_mode(item),
            )
            same = ("seconds", "created", "skipped", "rows_updated", "rows_deleted", "incremental", "receipt")
            changes = (*_left_out(item), *result.schema_changes)
            what = {one: getattr(result, one) for one in same}
            self._note(item, rows=result.rows_written, schema_changes=changes, **what)
            reporter.tell(name, result.rows_written, done=True)
            return
        before = arrived_before(self.target, item, self.options)
        found = before or stage(self.target, frame, item, self.options, reporter.of(name))
        with self.lock:
            self.arrived.append(found)
        what = {"seconds": time.monotonic() - begun, "resumed": before is not None}
        told = None if found.new is None else found.new.told
        self._note(item, rows=found.rows, receipt=found.receipt, incremental=told, **what)
        reporter.tell(name, found.rows, done=True)

    def _note(self, item: Item, **what: Any) -> None:
        with self.lock:
            why = self.whole_because.get(item.staged)
            self.results[item.staged] = ReplicatedTable(
                source=str(item.source), target=str(item.place), whole_because=why, **what
            )

    def _drop(self, plan: Plan) -> None:
        """Drop what has arrived: without a key no later call would look for it."""
        with cleaning_up(), suppress(MoltresError):
            for item in plan.open:
                drop_staged(self.target, item)

    def _result(
        self, plan: Plan, published: dict[str, Published], used: int, *, snapshot: bool, seconds: float
    ) -> Replication:
        tables = []
        for item in plan.items:
            table = self.results[item.staged]
            done = published.get(item.staged)
            if done is not None:
                written = done.written
                receipt = None if done.skipped else receipt_of(table.receipt, self.options, created=written.created)
                table = replace(table, created=written.created, skipped=done.skipped, receipt=receipt)
            if done is not None and not done.skipped:
                table = replace(
                    table,
                    rows=written.inserted + written.updated,
                    rows_updated=written.updated,
                    rows_deleted=written.deleted,
                    schema_changes=(*_left_out(item), *written.schema_changes),
                )
            tables.append(table)
        resumed = any(table.resumed or table.ranges_resumed for table in tables)
        return Replication(
            tables=tuple(tables),
            seconds=seconds,
            connections=used,
            snapshot="resumed" if resumed and snapshot else "one" if snapshot else "none",
            published="together" if plan.together else "each",
        )


def _room(database: Database) -> int:
    """How many connections a replication may use: not all of a pool, of which some are needed for looking things up."""
    most = held.capacity(database.engine)
    return max(int(min(most, MOST_CONNECTIONS + 1)) - 1, 1)


def _frame(reader: Database, item: Item) -> DataFrame:
    """All rows of a table, which is found as it was looked up."""
    frame = DataFrame.all_of(reader, reader.reflect(item.source.name, schema=item.source.schema))
    return frame.drop(*item.left_out) if item.left_out else frame


def _left_out(item: Item) -> list[str]:
    return [f"column {name!r} of the rows was left out" for name in item.left_out]


def _end(connection: Connection) -> None:
    """End a transaction that has only read."""
    with suppress(SQLAlchemyError):
        connection.rollback()
