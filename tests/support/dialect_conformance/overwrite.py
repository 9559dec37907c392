"""mode="overwrite": the old rows or the new ones, for every reader, at any time."""

from __future__ import annotations

import json
import threading
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import JSON, Double, Numeric, cast, inspect, literal, select, text

from moltres import col, connect
from moltres.errors import ConfigurationError, MoltresError, QueryError, SchemaMismatchError, WriteError
from moltres.handoff import decode, encode
from moltres.types.logical import logical_type
from moltres.types.values import unfit
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import rows, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, ColumnElement

    from moltres import Database


def described_of(db: Database) -> tuple[Any, ...]:
    """The columns, the key and the indexes of the table ``t``, as SQLAlchemy reads them."""
    inspector = inspect(db.engine)
    columns = [(c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in inspector.get_columns("t")]
    return columns, inspector.get_pk_constraint("t"), inspector.get_indexes("t")


def stored_of(db: Database, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table, with the null of JSON told from NULL."""
    return db.table(table).order_by("id").collect().stored_rows


def people_of(db: Database) -> list[dict[str, object]]:
    return rows(db, "people")


class Overwrite(DialectSuite):
    """A table is emptied and filled if the columns stay, and replaced if they do not.

    Attributes:
        short_moments: More columns of a table, with intervals of which the type leaves out a part.
    """

    short_moments = ""

    def test_same_columns_keep_the_table_and_all_that_hangs_on_it(self, people: Database) -> None:
        result = people.write([{"id": 7, "name": "Edsger", "age": 72}]).save_as_table("people", mode="overwrite")
        assert (result.rows_written, result.created) == (1, False)
        assert people_of(people) == [{"id": 7, "name": "Edsger", "age": 72}]
        inspector = inspect(people.engine)
        if people.dialect.capabilities.constraints:
            assert inspector.get_pk_constraint("people")["constrained_columns"] == ["id"]
        if people.dialect.capabilities.views:
            assert list(people.table("names").collect()) == [{"name": "Edsger"}]
        if self.shows_indexes and people.dialect.capabilities.constraints:
            assert [index["name"] for index in inspector.get_indexes("people")] == ["people_by_name"]

    def test_the_order_of_the_columns_does_not_matter(self, people: Database) -> None:
        people.write([{"age": 1, "name": "x", "id": 9}]).save_as_table("people", mode="overwrite")
        assert people_of(people) == [{"id": 9, "name": "x", "age": 1}]

    def test_a_table_replaced_by_a_filter_of_itself(self, people: Database) -> None:
        result = people.table("people").where(col("age") > 40).write.save_as_table("people", mode="overwrite")
        assert result.rows_written == 2
        assert [row["name"] for row in people_of(people)] == ["Grace", "Alan"]

    def test_a_table_replaced_by_itself(self, people: Database) -> None:
        before = people_of(people)
        assert people.table("people").write.save_as_table("people", mode="overwrite").rows_written == 3
        assert people_of(people) == before

    def test_a_table_replaced_by_a_join_with_itself(self, people: Database) -> None:
        older = people.table("people").select("id", older=col("age"))
        frame = people.table("people").join(older, on="id").select("id", "name", age=col("age") + col("older"))
        assert frame.write.save_as_table("people", mode="overwrite").rows_written == 3
        assert [row["age"] for row in people_of(people)] == [72, 170, 82]

    def test_a_table_replaced_by_a_view_on_it(self, people: Database) -> None:
        if not people.dialect.capabilities.views:
            pytest.skip("this database has no views")
        run(people, "CREATE VIEW young AS SELECT id, name, age FROM people WHERE age < 50")
        assert people.table("young").write.save_as_table("people", mode="overwrite").rows_written == 2
        assert [row["name"] for row in people_of(people)] == ["Ada", "Alan"]

    def test_a_table_replaced_by_sql_that_reads_it(self, people: Database) -> None:
        frame = people.sql("SELECT id, name, age + 1 AS age FROM people WHERE id <> :id", id=1)
        assert frame.write.save_as_table("people", mode="overwrite").rows_written == 2
        assert [row["age"] for row in people_of(people)] == [86, 42]

    def test_other_columns_replace_the_table(self, db: Database) -> None:
        db.write([{"a": 1, "b": "x"}]).save_as_table("t")
        result = db.write([{"b": 2.5, "c": True}]).save_as_table("t", mode="overwrite")
        assert (result.rows_written, result.created) == (1, False)
        assert rows(db, "t", "b") == [{"b": 2.5, "c": True}]
        assert db.tables() == ["t"]

    def test_other_columns_made_from_the_table_itself(self, db: Database) -> None:
        db.write([{"a": 1}, {"a": 2}]).save_as_table("t")
        db.table("t").select(twice=col("a") * 2).write.save_as_table("t", mode="overwrite")
        assert rows(db, "t", "twice") == [{"twice": 2}, {"twice": 4}]
        assert db.tables() == ["t"]

    @pytest.mark.parametrize("how", ["table", "sql"])
    def test_a_frame_of_a_table_with_short_types_overwrites_it(self, db: Database, how: str) -> None:
        if not db.dialect.capabilities.constraints:
            pytest.skip("this database has no keys that could be lost")
        declared = (
            "(id INTEGER PRIMARY KEY, d TIMESTAMP(0) NULL, n DECIMAL(5, 2), v VARCHAR(3), f FLOAT, c CHAR(3)"
            f"{self.short_moments})"
        )
        run(db, f"CREATE TABLE t {declared}", f"CREATE TABLE u {declared}")
        run(db, "INSERT INTO t (id, d, n, v, f, c) VALUES (1, '2024-01-01 10:00:00', 1.5, 'a', 0.1, 'abc')")
        run(db, "INSERT INTO t (id) VALUES (2), (3)")
        described, before = described_of(db), stored_of(db, "t")[:2]
        frame = db.table("t") if how == "table" else db.sql("SELECT * FROM t")
        frame.where(col("id") < 3).write.save_as_table("t", mode="overwrite")
        assert described_of(db) == described
        assert stored_of(db, "t") == before
        frame.select("id", "d", "n", "v", "f", "c").write.save_as_table("u", mode="append")
        assert [row[:6] for row in stored_of(db, "u")] == [row[:6] for row in before]
        names = ("id", "v", "f", "c")
        read = frame.select(*names).order_by("id").collect()
        run(db, "CREATE TABLE w (id INTEGER, v VARCHAR(5), f FLOAT, c VARCHAR(5))")
        frame.select(*names).write.save_as_table("w", mode="append")
        frame.select(*names).write.save_as_table("made")
        assert rows(db, "w") == rows(db, "made") == read

    def test_rows_that_were_read_go_back_into_their_table_which_stays_as_it_is(self, db: Database) -> None:
        roads: dict[str, Callable[[Database], Any]] = {
            "collect": lambda db: db.table("t").order_by("id").collect(),
            "encoded": lambda db: decode(json.loads(json.dumps(encode(db.table("t").order_by("id").collect())))),
            "iter_batches": lambda db: db.table("t").order_by("id").iter_batches(50),
            "sum": lambda db: (
                db.table("t").order_by("id").limit(1).collect() + db.table("t").order_by("id").collect()[1:]
            ),
        }
        if not self.odd_values:
            pytest.skip("columns of this database hold values of their types alone")
        run(db, "CREATE TABLE t (id INTEGER)")
        # Each type takes two roads, the next one the two others.
        turns = [
            (odd, road) for number, odd in enumerate(self.odd_values) for road in list(roads.items())[number % 2 :: 2]
        ]
        for (declared, literals), (road, read) in turns:
            run(db, "DROP TABLE t", f"CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared}, n INTEGER DEFAULT 7)")
            run(db, "CREATE INDEX t_by_n ON t (n)")
            for number, value in enumerate(literals):
                run(db, f"INSERT INTO t (id, v) VALUES ({number}, {value})")
            before, described = stored_of(db, "t"), described_of(db)
            result = db.write(read(db)).save_as_table("t", mode="overwrite")
            assert (result.rows_written, result.created) == (len(before), False), (declared, road)
            assert described_of(db) == described, (declared, road)
            run(db, "DROP TABLE IF EXISTS u", f"CREATE TABLE u (id INTEGER, v {declared}, n INTEGER)")
            records = db.table("t").collect()
            known = records.types.get("v")  # a column of SQLite may have none, and values of several types
            fits = known is not None and unfit(logical_type(known), records.column("v")) is None
            appended: bool = False
            with nullcontext() if fits else suppress(SchemaMismatchError):
                appended = db.write(read(db)).save_as_table("u", mode="append").rows_written == len(before)
            for table in ("t", "u") if appended else ("t",):
                found = stored_of(db, table)
                assert found == before, (declared, road, table)
                assert [type(v) for _, v, _ in found] == [type(v) for _, v, _ in before], (declared, road, table)

    @pytest.mark.parametrize(
        "first",
        [literal(1.5, Double()), cast(literal(1), Numeric(5, 2)), literal("[1]", JSON()), literal("x"), literal(True)],
        ids=lambda first: type(first.type).__name__,
    )
    def test_the_number_of_rows_is_whole_whatever_comes_first(self, db: Database, first: ColumnElement[Any]) -> None:
        for mode in ("error_if_exists", "overwrite"):
            result = db.from_select(select(first.label("x"))).write.save_as_table("t", mode=mode)  # type: ignore[call-overload]
            assert (type(result.rows_written), result.rows_written) == (int, 1)

    def test_a_view_does_not_stand_in_the_way_of_a_swap_where_the_database_allows_it(self, people: Database) -> None:
        new = people.write([{"id": 1, "name": "x", "age": 1, "more": 5}])
        if self.views_hold_tables:
            with pytest.raises(QueryError, match="depend"):
                new.save_as_table("people", mode="overwrite")
            assert len(people_of(people)) == 3
        else:
            new.save_as_table("people", mode="overwrite")
            assert people_of(people) == [{"id": 1, "name": "x", "age": 1, "more": 5}]
            if people.dialect.capabilities.views:
                assert list(people.table("names").collect()) == [{"name": "x"}]

    def test_a_wider_type_replaces_the_table_and_a_narrower_one_does_not(self, people: Database) -> None:
        people.write([{"id": 1, "name": "x", "age": 30}]).save_as_table("people", mode="overwrite")
        if people.dialect.capabilities.constraints:
            assert inspect(people.engine).get_pk_constraint("people")["constrained_columns"] == ["id"]
        if people.dialect.capabilities.views:
            run(people, "DROP VIEW names")
        people.write([{"id": 1, "name": "x", "age": "thirty"}]).save_as_table("people", mode="overwrite")
        assert people_of(people) == [{"id": 1, "name": "x", "age": "thirty"}]

    def test_a_failure_leaves_the_old_rows(self, people: Database) -> None:
        if not people.dialect.capabilities.constraints:
            pytest.skip("this database has no keys to fail on")
        before = people_of(people)
        twice = [{"id": 1, "name": "x", "age": 1}, {"id": 1, "name": "y", "age": 2}]
        with pytest.raises(QueryError):
            people.write(twice).save_as_table("people", mode="overwrite")
        assert people_of(people) == before

    def test_a_reader_sees_old_rows_until_the_new_ones_are_all_there(self, people: Database, url: URL) -> None:
        seen = []

        def batches() -> Iterator[list[dict[str, object]]]:
            for number in range(10, 14):
                with reader.connection() as connection:
                    seen.append(connection.execute(text("SELECT count(*) FROM people")).scalar())
                yield [{"id": number, "name": "n", "age": 1}]

        with connect(url) as reader:
            people.write(batches()).save_as_table("people", mode="overwrite")
            assert seen == [3, 3, 3, 3]
            assert reader.table("people").count() == 4

    def test_a_writer_does_not_keep_readers_waiting(self, people: Database, url: URL) -> None:
        if not people.dialect.capabilities.transactions:
            pytest.skip("this database has no transactions in which a writer could wait")
        with connect(url) as reader, people.transaction() as connection:
            people.dialect.lock(connection, people.reflect("people"))
            connection.execute(text("DELETE FROM people"))
            assert reader.table("people").where(col("id") == 1).count() == 1

    def test_no_rows_empty_the_table(self, people: Database) -> None:
        nobody = people.table("people").where(col("id") < 0)
        assert nobody.write.save_as_table("people", mode="overwrite").rows_written == 0
        assert people_of(people) == []
        assert people.write([]).save_as_table("people", mode="overwrite").rows_written == 0
        assert people.table("people").columns == ("id", "name", "age")

    def test_a_view_cannot_be_overwritten(self, people: Database) -> None:
        if not people.dialect.capabilities.views:
            pytest.skip("this database has no views")
        with pytest.raises(ConfigurationError, match="'names' is a view"):
            people.write([{"name": "x"}]).save_as_table("names", mode="overwrite")

    def test_no_scratch_table_stays_behind(self, people: Database) -> None:
        people.table("people").where(col("age") > 40).write.save_as_table("people", mode="overwrite")
        with pytest.raises(WriteError):
            people.write([{"id": None, "name": "x", "age": 1}]).save_as_table("people", mode="merge", keys=["id"])
        assert people.tables() == [*(["names"] if people.dialect.capabilities.views else []), "people"]

    def test_two_overwrites_at_the_same_time_leave_the_rows_of_one(self, url: URL) -> None:
        with connect(url) as db:
            db.write([{"a": 0}]).save_as_table("t")
        start = threading.Barrier(2)
        failures: list[MoltresError] = []

        def run(number: int) -> None:
            with connect(url) as mine:
                start.wait()
                try:
                    mine.write([{"a": number}] * 3).save_as_table("t", mode="overwrite")
                except MoltresError as error:
                    failures.append(error)

        threads = [threading.Thread(target=run, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for error in failures:
            if not error.retryable:
                raise error
        with connect(url) as db:
            found = [row["a"] for row in db.table("t").collect()]
        assert found in ([1, 1, 1], [2, 2, 2])
        assert len(failures) < 2
