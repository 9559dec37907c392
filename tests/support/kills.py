"""Writes that are killed at a random moment, by a signal to the process or by the server that ends its connection.

After each kill, a reader must find the old rows or the new ones; the same call again must succeed and leave exactly
the new rows; and after the next write of the table nothing may be left over. `benchmarks/kills.py` does it hundreds of
times for each mode, the tests a few times.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import select
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from moltres import connect
from moltres.dialects import dialect_for
from moltres.errors import MoltresError
from support.iceberg import unreferenced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moltres import Database

T = TypeVar("T")
Rows = list[tuple[Any, ...]]

BATCHES, BATCH = 5, 20


@dataclass(frozen=True)
class Way:
    """One way to write.

    Attributes:
        mode: The mode of the write.
        there: Whether the table exists before.
        column: The second column of the new rows; the table has ``v``.
        options: The options of the mode.
        new: What the table holds afterwards, of the old rows and those that are written.
    """

    mode: str
    there: bool
    new: Callable[[Rows, Rows], Rows]
    column: str = "v"
    options: dict[str, Any] = field(default_factory=dict)


def _merged(old: Rows, given: Rows) -> Rows:
    return list({row[0]: row for row in [*old, *given]}.values())


WAYS = {
    "error_if_exists": Way("error_if_exists", False, lambda _, given: given),
    "ignore": Way("ignore", False, lambda _, given: given),
    "append": Way("append", True, lambda old, given: [*old, *given]),
    "append-new": Way("append", False, lambda _, given: given),
    "overwrite": Way("overwrite", True, lambda _, given: given),
    "overwrite-columns": Way("overwrite", True, lambda _, given: given, column="w"),
    "merge": Way("merge", True, _merged, options={"keys": ["id"]}),
    "overwrite_partitions": Way(
        "overwrite_partitions",
        True,
        lambda old, given: [*(row for row in old if row[2] != 1), *given],
        options={"partition_by": ["p"]},
    ),
}

OLD: Rows = [(number, 0, number % 2) for number in range(40)]
GIVEN: Rows = [(number, 1, 1) for number in range(20, 20 + BATCHES * BATCH)]


@dataclass
class Tally:
    """What happened to the writes of one way."""

    kills: int = 0
    before: int = 0
    after: int = 0
    wrong: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills ({self.before} before the commit, {self.after} after it), {len(self.wrong)} wrong,"
            f" {len(self.left_over)} with left-overs, {self.seconds:.0f} s"
        )


def batches(way: Way) -> Iterator[list[dict[str, Any]]]:
    """The rows of a write, batch by batch."""
    for start in range(0, len(GIVEN), BATCH):
        yield [{"id": a, way.column: b, "p": c} for a, b, c in GIVEN[start : start + BATCH]]


def write(database: Database, way: Way, key: str, *, streamed: bool) -> None:
    """The write under test: rows that come in batches, or those of a table of the same database."""
    data = batches(way) if streamed else database.table("source").rename({"v": way.column})
    database.write(data).save_as_table("t", mode=way.mode, run_key=key, **way.options)  # type: ignore[arg-type]


def engine_of(url: URL) -> Engine:
    """One engine for each process: what a fork inherits belongs to its parent."""
    return _engine(url, os.getpid())


@cache
def _engine(url: URL, process: int) -> Engine:
    del process
    return connect(url, pool_pre_ping=url.host is not None).engine


_prepared = itertools.count(1)


def prepare(url: URL, way: Way) -> None:
    """The tables as they are before a write."""
    engine = engine_of(url)
    # Each statement of a server that commits each of them costs; so few statements, and loads are kept for a while.
    keeps = not dialect_for(engine).capabilities.transactions
    number = next(_prepared)
    if keeps and way.there and number % 10:
        with suppress(DBAPIError), engine.begin() as connection:
            connection.execute(text("CREATE OR REPLACE TABLE t AS SELECT * FROM before"))
            return
    with engine.begin() as connection:
        names = set(inspect(connection).get_table_names())
        for table, rows in (("source", GIVEN), ("before", OLD)):
            if table not in names:
                connection.execute(text(f"CREATE TABLE {table} (id INT, v INT, p INT)"))
                _insert(connection, table, rows)
        kept = {"source", "before"}
        kept |= {"moltres_loads"} if keeps and number % 10 else set()
        kept |= {"t"} if keeps and way.there else set()
        for name in names - kept:
            connection.execute(text(f"DROP TABLE {name}"))
        if way.there and keeps:
            connection.execute(text("CREATE OR REPLACE TABLE t AS SELECT * FROM before"))
        elif way.there:
            connection.execute(text("CREATE TABLE t (id INT, v INT, p INT)"))
            _insert(connection, "t", OLD)


def _insert(connection: Any, table: str, rows: Rows) -> None:
    values = ", ".join(str(row) for row in rows)
    connection.execute(text(f"INSERT INTO {table} VALUES {values}"))


def rows_and_others(url: URL) -> tuple[Rows | None, list[str]]:
    """The rows of the table, None if it does not exist, and the other tables."""
    engine = engine_of(url)
    with engine.connect() as connection:
        names = sorted(set(inspect(connection).get_table_names()) - {"source", "before", "moltres_loads"})
        rows = None
        if "t" in names:
            rows = sorted(tuple(row) for row in connection.execute(text("SELECT * FROM t")))
    return rows, [name for name in names if name != "t"]


def judge(url: URL, way: Way, key: str, *, streamed: bool, tally: Tally) -> None:
    """Look at what a kill has left, write again, look again, and write once more."""
    old = sorted(OLD) if way.there else None
    new = sorted(way.new(OLD if way.there else [], GIVEN))
    found, _ = rows_and_others(url)
    # Where CREATE TABLE commits, an append may have made the table, and nothing in it.
    if found != new and found != old and not (old is None and found == [] and way.mode == "append"):
        tally.wrong.append(f"{key}: after the kill {shown(found)}")
    tally.after += found == new
    tally.before += found != new
    with connect(engine_of(url)) as database:
        retried(lambda: write(database, way, key, streamed=streamed))
        found, others = _left(url)
        if found != new:
            tally.wrong.append(f"{key}: after the retry {shown(found)}")
        if others:  # a retry that finds its rows does nothing else
            database.write([{"id": -1, "z": 1}]).save_as_table("t", mode="overwrite")
            found, others = _left(url)
            if found != [(-1, 1)]:
                tally.wrong.append(f"{key}: after the next write {shown(found)}")
    if others:
        tally.left_over.append(f"{key}: {others}")


def _left(url: URL) -> tuple[Rows | None, list[str]]:
    """The rows of the table, and what is there beside it: tables and files."""
    found, others = rows_and_others(url)
    return found, [*others, *sorted(unreferenced(url))]


def shown(rows: Rows | None) -> str:
    return "no table" if rows is None else f"{len(rows)} rows, {rows[:2]} … {rows[-2:]}"


def retried(work: Callable[[], T], *, times: int = 20, pause: float = 0.05) -> T:
    """Again while a retry can help: what was killed may still hold its locks for a moment.

    Args:
        work: What to do.
        times: How often to try again.
        pause: Seconds between two tries.
    """
    for _ in range(times):
        try:
            return work()
        except MoltresError as error:
            if not error.retryable:
                raise
            time.sleep(pause)  # noqa: TID251 - the server tells nobody when it has rolled back
    return work()


def in_child(work: Callable[[], None]) -> tuple[int, int]:
    """Run work in a process of its own, from a fork of this one.

    Returns:
        Its process id, and the end of a pipe that tells by its end that the process has ended.
    """
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    os.close(written)
    return child, read


def waited(child: int, pipe: int, seconds: float | None) -> bool:
    """Wait for a child at most so long; whether it has ended."""
    return bool(select.select([pipe], [], [], seconds)[0])


def killed(url: URL, way: Way, key: str, *, streamed: bool, seconds: float) -> bool:
    """Write in a process that is killed after some seconds; whether it was killed before its end."""

    def work() -> None:
        with connect(url) as database:
            write(database, way, key, streamed=streamed)

    child, pipe = in_child(work)
    ended = waited(child, pipe, seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(pipe)
    return not ended


def disconnected(url: URL, way: Way, key: str, *, streamed: bool, seconds: float) -> bool:
    """Write in a process whose connections the server kills after some seconds; whether it was before its end."""

    def work() -> None:
        with connect(url) as database:
            write(database, way, key, streamed=streamed)

    child, pipe = in_child(work)
    ended = waited(child, pipe, seconds)
    if not ended:
        with engine_of(url).connect() as connection:
            own = connection.execute(text("SELECT connection_id()")).scalar_one()
            for (number,) in connection.execute(
                text("SELECT id FROM information_schema.processlist WHERE db = database()")
            ).all():
                if number != own:
                    _kill(connection, number)
        if not waited(child, pipe, 30):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError(f"{key}: the write does not end although its connection is gone")
    os.waitpid(child, 0)
    os.close(pipe)
    return not ended


PUBLISHING = re.compile(rb'(?:INSERT INTO|MERGE INTO|CREATE(?: OR REPLACE)? TABLE) (?:"?\w+"?\.)*"?t"?[ (]')
"""The statements that publish the rows of a write."""


def restarts(
    restart: Callable[[], None], url: Callable[[str], URL], ways: dict[str, Way], times: int, *, seed: int
) -> Iterator[dict[str, Tally]]:
    """Kill the server in the middle of one write of each way at once, and start it again.

    Args:
        restart: Kills the server and starts it; returns when it answers.
        url: Gives the URL of an empty schema for each way.
        ways: The ways.
        times: How often.
        seed: Of the moments.

    Yields:
        What happened up to then, after each restart.
    """
    random = Random(seed)
    urls = {name: url(name) for name in ways}
    tallies = {name: Tally() for name in ways}

    def work(name: str, key: str, streamed: bool) -> Callable[[], None]:
        def writing() -> None:
            with connect(urls[name]) as database:
                write(database, ways[name], key, streamed=streamed)

        return writing

    def all_at_once(key: str, streamed: bool, seconds: float | None) -> float:
        begun = time.monotonic()
        children = {name: in_child(work(name, key, streamed)) for name in ways}
        if seconds is not None:
            time.sleep(seconds)  # noqa: TID251 - a random moment
            running = {name for name, (child, pipe) in children.items() if not waited(child, pipe, 0)}
            restart()
            for name in running:
                tallies[name].kills += 1
        for child, pipe in children.values():
            if not waited(child, pipe, 300):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(pipe)
        return time.monotonic() - begun

    for name, way in ways.items():
        prepare(urls[name], way)
    length = min(all_at_once(f"whole{number}", True, None) for number in range(2))
    for number in range(times):
        for name, way in ways.items():
            prepare(urls[name], way)
        key, streamed = f"r{seed}.{number}", bool(number % 2)
        before = {name: tally.kills for name, tally in tallies.items()}
        all_at_once(key, streamed, random.uniform(0, length))
        for name, way in ways.items():
            if tallies[name].kills > before[name]:
                judge(urls[name], way, key, streamed=streamed, tally=tallies[name])
        yield tallies


def _kill(connection: Any, number: int) -> None:
    try:
        connection.execute(text(f"KILL CONNECTION {number}"))
    except DBAPIError:  # it has ended by itself
        connection.rollback()


def campaign(
    url: URL,
    way: Way,
    kills: int,
    *,
    seed: int,
    kill: Callable[..., bool] = killed,
    isolated: bool,
) -> Tally:
    """Kill a way of writing many times.

    Args:
        url: An empty database.
        way: The way.
        kills: How many kills that hit a running write.
        seed: Of the moments.
        kill: How.
        isolated: Whether only one process at a time can open the database, so that a process of its own judges.
    """
    tally, random = Tally(), Random(seed)
    started = time.monotonic()
    apart = _apart if isolated else _here
    lengths: deque[float] = deque(maxlen=3)

    def undisturbed() -> None:
        """How long a write takes now: on a busy machine that changes."""
        key = f"whole{seed}.{tally.kills}.{len(lengths)}"
        begun = time.monotonic()
        killed(url, way, key, streamed=True, seconds=60)
        lengths.append(time.monotonic() - begun)
        apart(lambda _: prepare(url, way), tally)

    apart(lambda _: prepare(url, way), tally)
    for _ in range(3):
        undisturbed()
    number = 0
    while tally.kills < kills:
        number += 1
        if number % 10 == 0:
            undisturbed()
        length = sorted(lengths)[1]
        key, streamed = f"k{seed}.{number}", bool(number % 2)
        # Half of them at any moment, half near the end, where the commit is.
        seconds = random.uniform(0, length) if number % 4 < 2 else random.triangular(length / 2, length * 1.2, length)
        hit = kill(url, way, key, streamed=streamed, seconds=seconds)
        tally.kills += hit

        def after(one: Tally, hit: bool = hit, key: str = key, streamed: bool = streamed) -> None:
            if hit:
                judge(url, way, key, streamed=streamed, tally=one)
            prepare(url, way)

        apart(after, tally)
        if number % 10 == 0:
            sys.stderr.write(f"    {tally}\n")
            sys.stderr.flush()
    tally.seconds = time.monotonic() - started
    return tally


def import_as_writes_do(url: URL) -> None:
    """Import what a write and its judgement import, once before the first fork: kills must hit writes, not imports."""
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        way, tally = WAYS["merge"], Tally()
        prepare(url, way)
        with connect(url) as database:
            write(database, way, "imports", streamed=True)
        judge(url, way, "imports", streamed=False, tally=tally)
        with os.fdopen(written, "w") as pipe:
            json.dump(sorted(sys.modules), pipe)
        os._exit(0)
    os.close(written)
    with os.fdopen(read) as pipe:
        names = json.load(pipe)
    os.waitpid(child, 0)
    for name in names:
        with suppress(ImportError):
            import_module(name)


def _here(work: Callable[[Tally], None], tally: Tally) -> None:
    work(tally)


def _apart(work: Callable[[Tally], None], tally: Tally) -> None:
    """The same in a process of its own, which has the database to itself."""
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        one = Tally()
        try:
            work(one)
        except BaseException as error:  # noqa: BLE001 - the parent tells it
            one.wrong.append(f"{type(error).__name__}: {error}")
        with os.fdopen(written, "w") as pipe:
            json.dump([one.before, one.after, one.wrong, one.left_over], pipe)
        os._exit(0)
    os.close(written)
    with os.fdopen(read) as pipe:
        before, after, wrong, left_over = json.load(pipe)
    os.waitpid(child, 0)
    tally.before += before
    tally.after += after
    tally.wrong += wrong
    tally.left_over += left_over
