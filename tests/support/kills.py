"""Writes that are killed at a random moment, by a signal to the process or by the server that ends its connection.

After each kill, a reader must find the old rows or the new ones; the same call again must succeed and leave exactly
the new rows; and after the next write of the table nothing may be left over. `benchmarks/kills.py` does it hundreds of
times for each mode, the tests a few times.
"""

from __future__ import annotations

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
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from moltres import connect
from moltres.errors import MoltresError
from support.iceberg import unreferenced
from support.kill_ways import WAYS, engine_of, prepare, rows_and_others, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from support.kill_ways import Rows, Way

T = TypeVar("T")


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


def judge(url: URL, way: Way, key: str, *, streamed: bool, tally: Tally) -> None:
    """Look at what a kill has left, write again, look again, and write once more."""
    old, new = way.before, way.after
    found, _ = rows_and_others(url, way)
    # Where CREATE TABLE commits, a load may have made the table that it adds to, and nothing in it.
    if found != new and found != old and not (old is None and found == [] and way.mode in {"append", "scd2"}):
        tally.wrong.append(f"{key}: after the kill {shown(found)}")
    tally.after += found == new
    tally.before += found != new
    with connect(engine_of(url)) as database:
        retried(lambda: write(database, way, key, streamed=streamed))
        found, others = _left(url, way)
        if found != new:
            tally.wrong.append(f"{key}: after the retry {shown(found)}")
        if others:  # a retry that finds its rows does nothing else
            database.write([{"id": -1, "z": 1}]).save_as_table("t", mode="overwrite")
            found, others = _left(url, None)
            if found != [(-1, 1)]:
                tally.wrong.append(f"{key}: after the next write {shown(found)}")
    if others:
        tally.left_over.append(f"{key}: {others}")


def _left(url: URL, way: Way | None) -> tuple[Rows | None, list[str]]:
    """The rows of the table, and what is there beside it: tables and files."""
    found, others = rows_and_others(url, way)
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


def import_as_writes_do(url: URL, names: Sequence[str] = ("merge",)) -> None:
    """Import what writes and their judgement import, once before the first fork: kills must hit writes, not imports.

    Args:
        url: The database.
        names: Of the ways.
    """
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        tally = Tally()
        for name in names:
            prepare(url, WAYS[name])
            with connect(url) as database:
                write(database, WAYS[name], "imports", streamed=True)
            judge(url, WAYS[name], "imports", streamed=False, tally=tally)
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
