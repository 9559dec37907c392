"""No thread waits for itself: what it reads while it writes the same database arrives, or is refused at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from moltres import col, connect
from moltres.dialects.connections import held
from moltres.errors import ConfigurationError, MoltresError, TransientQueryError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL

    from moltres import Database

ROWS = 60


def read_in_batches(db: Database) -> Iterator[Any]:
    yield from db.table("a").iter_batches(10)


def read_late(db: Database) -> Iterator[Any]:
    yield [{"id": -1, "t": "first"}] * 5
    yield from db.table("a").iter_batches(10)


def looked_up(db: Database) -> Iterator[Any]:
    for _ in range(4):
        yield [{"id": db.table("a").count(), "t": "x"}]


def loop(db: Database) -> None:
    for batch in db.table("a").iter_batches(10):
        db.write(batch).save_as_table("b", mode="append")


def replaced_in_a_loop(db: Database) -> None:
    for batch in db.table("a").iter_batches(10):
        db.write([{"z": batch[0]["id"]}]).save_as_table("a", mode="overwrite")


def part(db: Database) -> None:
    """A read that is never finished, of a table that is replaced by one of other columns."""
    some = islice(db.table("a").iter_batches(10), 2)
    db.write({"z": row["id"]} for batch in some for row in batch).save_as_table("a", mode="overwrite")


SHAPES: dict[str, tuple[Callable[[Database], Any], str, int]] = {
    "batches": (lambda db: db.write(read_in_batches(db)).save_as_table("b", mode="append"), "b", ROWS),
    "with a key": (lambda db: db.write(read_in_batches(db)).save_as_table("b", mode="append", run_key="k"), "b", ROWS),
    "merged": (lambda db: db.write(read_in_batches(db)).save_as_table("b", mode="merge", keys=["id"]), "b", ROWS),
    "onto itself": (lambda db: db.write(read_in_batches(db)).save_as_table("a", mode="overwrite"), "a", ROWS),
    "late": (lambda db: db.write(read_late(db)).save_as_table("b", mode="append"), "b", ROWS + 5),
    "looked up": (lambda db: db.write(looked_up(db)).save_as_table("b", mode="append"), "b", 4),
    "arrow": (lambda db: db.write(db.table("a").to_arrow_batches(10)).save_as_table("b", mode="append"), "b", ROWS),
    "loop": (loop, "b", ROWS),
    "replaced in a loop": (replaced_in_a_loop, "a", 1),
    "part": (part, "a", 20),
}


def fill(db: Database) -> None:
    db.write([{"id": number, "t": "x" * 50} for number in range(ROWS)]).save_as_table("a")


def overwritten_twice(db: Database) -> None:
    def rows() -> Iterator[Any]:
        yield [{"id": 1, "t": "outer"}]
        db.write([{"id": 2, "t": "inner"}]).save_as_table("a", mode="overwrite")
        yield [{"id": 3, "t": "outer"}]

    db.write(rows()).save_as_table("a", mode="overwrite")


def overwritten_in_a_transaction(db: Database) -> None:
    with db.transaction() as connection:
        connection.execute(text("DELETE FROM a WHERE id > 1"))
        db.write([{"id": 2, "t": "inner"}]).save_as_table("a", mode="overwrite")


class Waits(DialectSuite):
    """Reading what is written."""

    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("options", [{}, {"pool_size": 1, "max_overflow": 0}], ids=["pool", "one"])
    def test_a_source_that_reads_what_is_written(self, url: URL, shape: str, options: dict[str, Any]) -> None:
        write, table, count = SHAPES[shape]
        with connect(url, **options) as db:
            fill(db)
            write(db)
            assert db.table(table).count() == count

    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("shape", ["batches", "late", "looked up", "loop", "onto itself"])
    def test_the_same_in_a_transaction_of_the_caller(self, url: URL, db: Database, shape: str) -> None:
        write, table, count = SHAPES[shape]
        fill(db)
        db.table("a").limit(0).write.save_as_table("b")
        with db.engine.connect() as connection, connection.begin():
            write(connect(connection))
        assert db.table(table).count() == count

    def test_what_is_read_meanwhile_is_not_cut_short(self, url: URL, db: Database) -> None:
        fill(db)
        with db.engine.connect() as connection:
            joined = connect(connection)
            read = [(len(batch), joined.table("a").count()) for batch in joined.table("a").iter_batches(25)]
        assert read == [(25, ROWS), (25, ROWS), (10, ROWS)]

    @pytest.mark.timeout(300)
    def test_the_only_connection_is_not_waited_for(self, url: URL) -> None:
        with connect(url, pool_size=1, max_overflow=0) as db:
            fill(db)
            with db.transaction() as connection:
                connection.execute(text("DELETE FROM a WHERE id > 2"))
                with pytest.raises(ConfigurationError, match=r"pool in use \(1\)") as caught:
                    db.table("a").count()
                assert not caught.value.retryable
            assert db.table("a").count() == 3

    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("write", [overwritten_twice, overwritten_in_a_transaction])
    def test_a_thread_does_not_wait_for_its_own_locks(
        self, db: Database, write: Callable[[Database], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(held, "PATIENCE", 1.0)
        fill(db)
        if not db.dialect.capabilities.transactions:
            return
        refused = None
        try:
            write(db)
        except ConfigurationError as error:
            refused = error
        if refused is None:  # what the source writes is written before its rows are
            assert sorted(db.table("a").collect().column("t")) == ["outer", "outer"]
            return
        assert "own transaction" in str(refused)
        assert not refused.retryable
        # Where nobody waits for a lock, the write that is committed first stands, as a whole.
        assert db.table("a").count() == ROWS or db.table("a").collect().column("t") == ["inner"]

    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("of", ["moltres", "its engine", "another engine"])
    def test_a_thread_does_not_wait_for_what_it_has_read(
        self, db: Database, of: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not db.dialect.capabilities.transactions:
            return
        engine = create_engine(db.engine.url, poolclass=NullPool) if of == "another engine" else db.engine
        monkeypatch.setattr(held, "LONG_PATIENCE", 1.0)
        fill(db)
        with db.connection() if of == "moltres" else engine.connect() as connection:
            connection.execute(text("SELECT id FROM a")).all()
            refused = None
            try:
                db.write([{"id": 1, "other": "x"}]).save_as_table("a", mode="overwrite")
            except TransientQueryError as error:
                refused = str(error)
        assert refused is None or "open transaction" in refused
        assert db.table("a").count() == (1 if refused is None else ROWS)

    @pytest.mark.timeout(60)
    def test_another_one_in_the_way_of_a_thread_with_a_transaction_is_no_fault_of_it(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not db.dialect.capabilities.transactions:
            return
        monkeypatch.setattr(held, "LONG_PATIENCE", 1.0)
        fill(db)
        has_deleted, may_end = Event(), Event()

        def delete() -> None:
            with db.transaction() as connection:
                connection.execute(text("DELETE FROM a"))
                has_deleted.set()
                may_end.wait(30)

        with ThreadPoolExecutor(1) as other, db.engine.connect() as own:
            own.execute(text("SELECT 1")).all()
            running = other.submit(delete)
            has_deleted.wait(30)
            refused = None
            try:
                db.write([{"id": 1, "other": "x"}]).save_as_table("a", mode="overwrite")
            except MoltresError as error:
                refused = error
            finally:
                may_end.set()
            wait([running])  # where nobody waits, one of both fails
        assert refused is None or refused.retryable

    def test_a_load_that_is_done_does_not_read_its_source(self, db: Database) -> None:
        def rows() -> Iterator[dict[str, int]]:
            read.append(1)
            yield {"id": 1}

        read: list[int] = []
        for mode in ("append", "error_if_exists", "ignore"):
            for _ in range(2):
                db.write(rows()).save_as_table(mode, mode=mode, run_key="k")  # type: ignore[arg-type]
        assert len(read) == 3

    def test_a_fingerprint_tells_changed_rows(self, db: Database) -> None:
        fill(db)
        table = db.reflect("a")

        def now() -> str | None:
            with db.connection() as connection:
                return db.dialect.fingerprint(connection, table)

        first = now()
        assert now() == first
        if not db.dialect.capabilities.run_keys:
            assert first is None, "a database without snapshots cannot tell it by them"
            return
        assert first is not None
        db.update("a", {"t": "other"}, where=col("id") == 7)
        assert now() != first
