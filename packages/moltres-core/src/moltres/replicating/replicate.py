"""`replicate`: many tables of one database into another."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, get_args

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from .._shared import arguments
from .._shared.iceberg_places import is_catalog
from .._shared.masking import masked
from .._shared.urls import is_database_url
from ..database import Database, connect
from ..dialects import held
from ..dialects.error_translation import connected, translated
from ..dialects.stopping import Stop, check, cleaning_up
from ..errors import ConfigurationError, MoltresError, refuse
from ..frame.source import BATCH_ROWS, Mode
from ..write.left_overs import released
from ..write.load_log import key_problems, load_of
from ..write.target import table_of
from .plan import Arrived, Item, Options, Plan, made_plan
from .progress import Progress, Reporter
from .publish import Published, publish, receipt_of
from .result import ReplicatedTable, Replication
from .stage import arrived_before, drop_staged, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from ..frame.dataframe import DataFrame

__all__ = ["replicate"]

_MOST: Final = 64
"""Connections; more would wait for each other."""

_BEAT: Final = 0.2
"""Seconds between two looks at whether the caller is stopped."""

_MODES: Final = tuple(mode for mode in get_args(Mode) if mode in ("error_if_exists", "append", "overwrite", "ignore"))


def replicate(
    source: Database | Engine | URL | str,
    target: Database | Engine | URL | str,
    tables: str | Sequence[str],
    *,
    mode: Mode = "error_if_exists",
    schema: str | None = None,
    target_schema: str | None = None,
    connections: int = 4,
    run_key: str | None = None,
    cascade: bool = False,
    verify: bool = True,
    batch_rows: int = BATCH_ROWS,
    on_progress: Callable[[Progress], object] | None = None,
) -> Replication:
    """Copy many tables of one database into another: all of them or none, and all as they were at one moment.

    The rows of each table go into a table beside the target, several tables at a time; when all have arrived, one
    transaction of the target publishes them. A database that has no snapshot, or no transaction, of several tables
    gives less, which the result says (`Replication.snapshot`, `Replication.published`).

    Args:
        source: Where the tables are: a Database, or what `connect` takes.
        target: Where they go, likewise.
        tables: Names and patterns with ``*``, ``?`` and ``[…]``, ``name`` or ``schema.name``: ``"sales.*"``. Patterns
            match tables, no views. The tables of the target have the same names.
        mode: What to do with tables that are there: ``"error_if_exists"``, ``"append"``, ``"overwrite"`` or
            ``"ignore"``, as in `Writer.save_as_table`.
        schema: The schema of the source's tables that name none.
        target_schema: The schema of the target's tables, instead of its default.
        connections: The most connections that read the source at a time, and as many that write.
        run_key: What names this load. After a crash, the same call with the same key goes on: tables that had arrived
            are not copied again, and tables that are published are left alone.
        cascade: For overwrite: whether rows of tables that are not replicated may go or change with the rows that they
            reference.
        verify: Whether rows are proved on their way, as by `Writer.save_as_table`.
        batch_rows: The most rows of a table to hold in memory at once.
        on_progress: Called with a `Progress` as rows arrive; one call at a time, from any thread.

    Returns:
        What was done, table by table.

    Raises:
        ConfigurationError: If the arguments are not valid, or tables cannot be replicated; all problems at once.
        SchemaMismatchError: If values would not come back equal.
        QueryError: If a database refuses something. What had arrived stays for the next call if there is a run_key.
    """
    given: dict[str, Any] = {
        "mode": mode,
        "run_key": run_key,
        "schema": schema,
        "target_schema": target_schema,
        "batch_rows": batch_rows,
        "cascade": cascade,
        "verify": verify,
    }
    refuse(
        [
            *_side_problems(source, target),
            *_problems(tables, connections, on_progress, given),
        ],
        "The tables cannot be replicated with these arguments",
    )
    names = [tables] if isinstance(tables, str) else list(dict.fromkeys(tables))
    options = Options(**{**given, "batch_rows": int(batch_rows)})
    started = time.monotonic()
    with ExitStack() as stack:
        read, written = (
            one if isinstance(one, Database) else stack.enter_context(connect(one)) for one in (source, target)
        )
        run = _Run(read, written, options, on_progress)
        return run.whole(names, int(connections), started)


def _problems(tables: object, connections: object, on_progress: object, given: dict[str, Any]) -> Iterator[str]:
    if isinstance(tables, str):
        yield from arguments.string("tables", tables)
    else:
        yield from arguments.strings("tables", tables, least=1)
    yield from arguments.choice("mode", given["mode"], _MODES)
    for name in ("schema", "target_schema"):
        yield from () if given[name] is None else arguments.string(name, given[name])
    yield from arguments.whole("connections", connections, least=1, most=_MOST)
    yield from () if given["run_key"] is None else key_problems(given["run_key"])
    yield from arguments.flag("cascade", given["cascade"])
    yield from arguments.flag("verify", given["verify"])
    if given["cascade"] is True and given["mode"] != "overwrite":
        yield f"cascade is for overwrite and has no effect with mode={given['mode']!r}."
    yield from arguments.whole("batch_rows", given["batch_rows"], least=1)
    yield from () if on_progress is None else arguments.function("on_progress", on_progress)


def _side_problems(source: object, target: object) -> Iterator[str]:
    for name, value in (("source", source), ("target", target)):
        if not isinstance(value, Database | Engine | URL | str) and not is_catalog(value):
            yield f"{name} must be a Database, a URL or an Engine, not {type(value).__name__}."
        elif isinstance(value, str) and not is_database_url(value):
            yield f"{name} must be the URL of a database, not {masked(value)!r:.200}."
    if isinstance(target, Database) and target.joined:
        yield (
            "target must not be a transaction of the caller, which other connections do not see: give a URL or an"
            " Engine."
        )


@dataclass
class _Run:
    """One replication."""

    source: Database
    target: Database
    options: Options
    on_progress: Callable[[Progress], object] | None
    results: dict[str, ReplicatedTable] = field(default_factory=dict)
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

    def _copied(self, plan: Plan, connections: int) -> tuple[int, bool]:
        """Copy the rows of all tables; returns how many connections read, and whether at one moment."""
        if self.options.run_key is not None and plan.together:
            self._prepare(plan)
        most = min(connections, len(plan.open), _room(self.target), _room(self.source))
        if not self.target.dialect.capabilities.concurrent_reads:
            most = 1  # its writers wait for each other
        with self._reading(plan, int(max(most, 1))) as (readers, together):
            reporter = Reporter(self.on_progress, len(plan.items))
            for item in plan.items:
                if item.done:
                    reporter.tell(str(item.source), 0, done=True)
            frames = [(item, str(item.source)) for item in plan.open]
            counts: dict[str, int] = {}
            if self.on_progress is not None:
                counts = {name: _frame(readers[0], item).count() for item, name in frames}
                reporter.total_rows = sum(counts.values())
                frames.sort(key=lambda pair: -counts[pair[1]])  # the largest first: the others fit beside it
            self._work(readers, [item for item, _ in frames], reporter, plan)
        return len(readers), together

    def _prepare(self, plan: Plan) -> None:
        """Make the table of loads once, before several writers would do it at a time."""
        key = self.options.run_key or ""
        for schema in {item.target.schema for item in plan.open}:
            with self.target.writing() as connection:
                load = load_of(connection, self.target.dialect, key, "", schema)
                if not load.exists():
                    load.create(owns_transaction=True)

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
            begun = source.dialect.begin_together(opened, tables)
            if begun == 0:
                yield [source] * most, False
                return
            for connection in opened:
                stack.callback(_end, connection)
            yield (
                [connect(one, query_timeout=source.query_timeout, schema=source.schema) for one in opened[:begun]],
                True,
            )

    def _work(self, readers: list[Database], items: list[Item], reporter: Reporter, plan: Plan) -> None:
        waiting = list(reversed(items))
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

    def _stoppable(self, stop: Stop, reader: Database, waiting: list[Item], reporter: Reporter, plan: Plan) -> None:
        with stop.current():
            self._worker(reader, waiting, reporter, plan)

    def _worker(self, reader: Database, waiting: list[Item], reporter: Reporter, plan: Plan) -> None:
        """Copy one table after the other, until none is left."""
        while True:
            with self.lock:
                if not waiting:
                    return
                item = waiting.pop()
            self._copy(reader, item, reporter, together=plan.together)

    def _copy(self, reader: Database, item: Item, reporter: Reporter, *, together: bool) -> None:
        name, begun = str(item.source), time.monotonic()
        frame = _frame(reader, item)
        if not together:
            result = self.target.write(frame).save_as_table(
                item.target.name,
                mode=self.options.mode,
                schema=item.target.schema,
                run_key=self.options.run_key,
                cascade=self.options.cascade,
                verify=self.options.verify,
                batch_rows=self.options.batch_rows,
                on_progress=reporter.of(name),
            )
            self._note(
                item, rows=result.rows_written, seconds=result.seconds, created=result.created, skipped=result.skipped
            )
            reporter.tell(name, result.rows_written, done=True)
            return
        before = arrived_before(self.target, item, self.options.run_key)
        found = before or stage(self.target, frame, item, self.options, reporter.of(name))
        with self.lock:
            self.arrived.append(found)
        what = {"seconds": time.monotonic() - begun, "resumed": before is not None}
        self._note(item, rows=found.rows, receipt=found.receipt, **what)
        reporter.tell(name, found.rows, done=True)

    def _note(self, item: Item, **what: Any) -> None:
        with self.lock:
            self.results[item.staged] = ReplicatedTable(source=str(item.source), target=str(item.place), **what)

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
                receipt = None if done.skipped else receipt_of(table.receipt, self.options, created=done.created)
                table = replace(table, created=done.created, skipped=done.skipped, receipt=receipt)
            tables.append(table)
        resumed = any(table.resumed for table in tables)
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
    return max(int(min(most, _MOST + 1)) - 1, 1)


def _frame(reader: Database, item: Item) -> DataFrame:
    """All rows of a table, which is found as it was looked up."""
    name = str(item.source)
    return reader.table(name)


def _end(connection: Connection) -> None:
    """End a transaction that has only read."""
    with suppress(SQLAlchemyError):
        connection.rollback()
