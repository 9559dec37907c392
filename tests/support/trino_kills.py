"""Kills of writes to Trino, in chains: a retry of what was killed is killed again, by another kind of kill.

A chain is one load. Each of its tries ends by one of three kinds of kill at a random moment: SIGKILL to the client, the
server that kills the query which runs, a proxy that loses the answer and everything after it. After each kill a reader
must find the old rows or the new ones. The last try is left alone; then there must be exactly the new rows, and after
the next write of the table nothing that is left over. The retry that shows what became of a load costs more than the
kill, so that several kills to a retry are cheaper than one, and ask for more: retries that look for what the tries
before have done.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from random import Random
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from moltres import connect
from moltres.dialects.trino import commits
from support.cutting_proxy import cutting_proxy
from support.kill_ways import WAYS, batches, engine_of, in_order, prepare, rows_and_others
from support.kills import PUBLISHING, Tally, in_child, retried, shown, waited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import URL, Engine

    from moltres import Database
    from support.cutting_proxy import CuttingProxy
    from support.kill_ways import Rows, Way

__all__ = ["KINDS", "Chains", "chains"]

KINDS: Final = ("client", "server", "answer")
_ROADS: Final = ("rows", "staged", "frame")
_ANY: Final = commits.MOST_CHARACTERS
_ROUNDS: Final = 2
"""How often each kind of kill comes in one chain."""
_LONGEST: Final = 900
"""Seconds after which a write that still runs is a fault."""


@dataclass
class _Load:
    """One load: the same call again and again.

    Attributes:
        way: How it writes.
        key: Its key.
        road: How the rows come: in the statement that publishes them, in a staging table of several statements, or as
            a frame of the database.
    """

    way: Way
    key: str
    road: str

    def write(self, database: Database) -> None:
        rows: Any
        if self.road == "frame":
            rows = database.table("source").rename({"v": self.way.column})
        elif self.road == "staged":
            rows = batches(self.way)
        else:
            rows = [row for batch in batches(self.way) for row in batch]
        commits.MOST_CHARACTERS = 600 if self.road == "staged" else _ANY
        database.write(rows).save_as_table("t", mode=self.way.mode, run_key=self.key, **self.way.options)  # type: ignore[arg-type]

    def begin(self, engine: Engine) -> tuple[int, int]:
        """Write in a process of its own."""

        def work() -> None:
            logging.disable()  # SQLAlchemy tells what fails when a cursor of a lost connection is closed
            engine.dispose(close=False)  # its connections are the parent's
            with connect(engine) as database:
                self.write(database)

        return in_child(work)

    @property
    def old(self) -> Rows | None:
        return self.way.before

    @property
    def new(self) -> Rows:
        return self.way.after


@dataclass
class Chains:
    """Chains of kills in one schema.

    Args:
        url: An empty schema.
        proxy: In front of its server.
        seed: Of the moments, and of the order of the kinds.
        kinds: Those to use.

    Attributes:
        tallies: What happened, by the name of the way and the kind of kill.
    """

    url: URL
    proxy: CuttingProxy
    seed: int
    kinds: tuple[str, ...] = KINDS
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._straight = connect(self.url).engine
        self._behind = connect(self.url.set(port=self.proxy.port)).engine
        for engine in (self._straight, self._behind):  # a connection asks once what serves the catalog
            connect(engine).tables()
        self._number = 0
        self._lengths: dict[str, deque[float]] = {}

    def close(self) -> None:
        """Close the connections."""
        for engine in (self._straight, self._behind, engine_of(self.url)):
            engine.dispose()

    def measure(self, name: str) -> None:
        """Write undisturbed, to know how long that takes."""
        way = WAYS[name]
        self._lengths[name] = deque(maxlen=3)
        for _ in range(2):
            prepare(self.url, way)
            self._alone(self._load(way))
        for kind in self.kinds:
            self.tallies.setdefault((name, kind), Tally())

    def _load(self, way: Way) -> _Load:
        self._number += 1
        return _Load(way, f"c{self.seed}.{self._number}", self._random.choice(_ROADS))

    def _alone(self, load: _Load) -> None:
        begun = time.monotonic()
        child, pipe = load.begin(self._straight)
        self._end(load, child, pipe)
        name = next(name for name, way in WAYS.items() if way is load.way)
        self._lengths[name].append(time.monotonic() - begun)

    def chain(self, name: str, wanted: int) -> None:
        """One load, of which each try but the last is killed, unless it ends before.

        Args:
            name: Of the way to write.
            wanted: Kinds that have so many kills are left out.
        """
        load = self._load(WAYS[name])
        prepare(self.url, load.way)
        lacking = {kind: wanted - self.tallies[name, kind].kills for kind in self.kinds}
        kinds = [kind for kind, number in lacking.items() for _ in range(min(number, _ROUNDS))]
        self._random.shuffle(kinds)
        last = None
        for kind in kinds:
            begun = time.monotonic()
            hit = self._kill(kind, load, self._moment(name))
            if not hit:
                if last is None:
                    self._lengths[name].append(time.monotonic() - begun)
                break
            last = self.tallies[name, kind]
            last.kills += 1
            found = self._found()
            last.after += found == load.new
            last.before += found != load.new
            # Readers may find the rows a moment after the client is killed: the statement runs on.
            if found not in (load.old, load.new):
                last.wrong.append(f"{load.key} ({load.road}): after a kill of the {kind} {shown(found)}")
            if found == load.new:
                break
        if last is not None:
            self._settle(load, last)

    def _moment(self, name: str) -> float:
        """Seconds after which to kill: any moment of an undisturbed write, or one near its end, where the commit is."""
        length = min(self._lengths[name])  # a try that ends before is a whole write for nothing
        if self._random.random() < 0.5:
            return self._random.uniform(0, length)
        return self._random.triangular(length / 2, length, length * 0.9)

    def _found(self) -> Rows | None:
        """The rows of the table; None if there is none."""
        with self._straight.connect() as connection:
            try:
                return in_order([tuple(row) for row in connection.execute(text("SELECT * FROM t"))])
            except ProgrammingError:
                return None

    def _settle(self, load: _Load, tally: Tally) -> None:
        """Write once more, undisturbed, and look at what is there."""
        with connect(self._straight) as database:
            retried(lambda: load.write(database))
            found, others = rows_and_others(self.url)
            if found != load.new:
                tally.wrong.append(f"{load.key} ({load.road}): after the retry {shown(found)}")
            if others:  # a retry that finds its rows does nothing else
                database.write([{"id": -1, "z": 1}]).save_as_table("t", mode="overwrite")
                found, others = rows_and_others(self.url)
                if found != [(-1, 1)]:
                    tally.wrong.append(f"{load.key}: after the next write {shown(found)}")
        if others:
            tally.left_over.append(f"{load.key}: {others}")

    # -- kinds of kill: each tells whether it came before the end of the write

    def _kill(self, kind: str, load: _Load, seconds: float) -> bool:
        kinds: dict[str, Callable[[_Load, float], bool]] = {
            "client": self._client,
            "server": self._server,
            "answer": self._answer,
        }
        return kinds[kind](load, seconds)

    def _client(self, load: _Load, seconds: float) -> bool:
        child, pipe = load.begin(self._straight)
        ended = waited(child, pipe, seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(pipe)
        return not ended

    def _server(self, load: _Load, seconds: float) -> bool:
        self.proxy.renew(None)
        child, pipe = load.begin(self._behind)
        hit = False
        wait = seconds
        while not waited(child, pipe, wait) and not hit:
            wait = 0.005  # between two of its statements, where there is none to kill
            hit = any(self._kill_query(query) for query in self.proxy.running())
        self._end(load, child, pipe)
        return hit

    def _kill_query(self, query: str) -> bool:
        """Whether the server has killed a query that ran: as an administrator does, and as `kill_query` does."""
        server = HTTPConnection("127.0.0.1", self.proxy.server_port_behind, timeout=60)
        try:
            server.request("PUT", f"/v1/query/{query}/killed", headers={"X-Trino-User": str(self.url.username)})
            return server.getresponse().status == 202
        finally:
            server.close()

    def _answer(self, load: _Load, seconds: float) -> bool:
        published = self._random.random() < 0.5
        self.proxy.renew(PUBLISHING if published else None)
        child, pipe = load.begin(self._behind)
        if not published and not waited(child, pipe, seconds):
            self.proxy.cut.set()
        self._end(load, child, pipe)
        return self.proxy.cut.is_set()

    def _end(self, load: _Load, child: int, pipe: int) -> None:
        ended = waited(child, pipe, _LONGEST)
        if not ended:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(pipe)
        if not ended:
            raise AssertionError(f"{load.key} ({load.way.mode}, {load.road}): no end after {_LONGEST} s")

    # -- many

    def run(self, names: Sequence[str], kills: int) -> Iterator[int]:
        """Chains of each way by turns.

        Args:
            names: The ways.
            kills: How many kills of each kind and way.

        Yields:
            The number of the turn.
        """
        for name in names:
            self.measure(name)
        turn = 0
        while open_ := [name for name in names if any(self.tallies[name, kind].kills < kills for kind in self.kinds)]:
            turn += 1
            for name in open_:
                begun = time.monotonic()
                self.chain(name, kills)
                took = (time.monotonic() - begun) / len(self.kinds)
                for kind in self.kinds:
                    self.tallies[name, kind].seconds += took
            sys.stderr.write(f"turn {turn}: {sum(tally.kills for tally in self.tallies.values())} kills\n")
            sys.stderr.flush()
            yield turn


@contextmanager
def chains(url: URL, *, seed: int, kinds: tuple[str, ...] = KINDS) -> Iterator[Chains]:
    """Chains of kills in an empty schema; see `Chains`."""
    with cutting_proxy(int(url.port or 0)) as proxy:
        made = Chains(url, proxy, seed, kinds)
        try:
            yield made
        finally:
            made.close()
