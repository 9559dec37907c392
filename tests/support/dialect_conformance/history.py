"""mode="scd2": the history of rows, against a model in plain Python."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from sqlalchemy import DateTime

from moltres import connect
from moltres.errors import ConfigurationError, SchemaMismatchError, WriteError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import rows, run
from support.dialect_conformance.incremental import EXACTLY
from support.versions import History as Model
from support.versions import Load, loads

if TYPE_CHECKING:
    from moltres import Database
    from moltres.write import WriteResult

START = dt.datetime.fromisoformat("2026-01-01T00:00+00:00")
DAY = dt.timedelta(days=1)
FIRST = [{"id": 1, "name": "Ada", "n": 10}, {"id": 2, "name": "Grace", "n": None}]
SECOND = [{"id": 1, "name": "Ada", "n": 10}, {"id": 2, "name": "Grace", "n": 20}, {"id": 3, "name": None, "n": 1}]


def write(db: Database, data: Any, day: int | None = None, name: str = "t", **options: Any) -> WriteResult:
    at = {} if day is None else {"valid_at": START + day * DAY}
    return db.write(data).save_as_table(name, mode="scd2", **{"keys": ["id"], **at, **options})


def versions(db: Database, *columns: str, name: str = "t") -> list[tuple[Any, ...]]:
    """Values of each version, and the days between which it is valid."""

    def day(moment: Any) -> Any:
        return None if moment is None else (moment.replace(tzinfo=moment.tzinfo or dt.UTC) - START) / DAY

    found = [
        (*(row[column] for column in columns), day(row["valid_from"]), day(row["valid_to"])) for row in rows(db, name)
    ]
    return sorted(found, key=repr)


class Histories(DialectSuite):
    """Each row has versions, of which one at most is valid at any instant."""

    @pytest.fixture(autouse=True)
    def _is_possible(self, request: pytest.FixtureRequest, db: Database) -> None:
        asked = request.function
        if (
            not db.dialect.capabilities.transactions
            and asked.__module__ == __name__
            and "refused" not in asked.__name__
        ):
            pytest.skip("a write is one statement here")

    def test_a_database_whose_statements_are_commits_is_refused(self, db: Database) -> None:
        if not db.dialect.capabilities.transactions:
            with pytest.raises(ConfigurationError, match="mode='scd2' is not supported"):
                write(db, FIRST)
            assert db.tables() == []

    @pytest.mark.parametrize("staged", [False, True], ids=["from elsewhere", "same database"])
    def test_a_changed_row_ends_its_version_and_begins_another(self, db: Database, staged: bool) -> None:
        for day, data in enumerate((FIRST, SECOND)):
            if staged:
                db.write(data).save_as_table("s", mode="overwrite")
            result = write(db, db.table("s") if staged else data, day)
            assert result.created is (day == 0)
        counts = (result.rows_written, result.rows_closed, result.rows_unchanged, result.rows_deleted)
        assert counts == (2, 1, 1, 0)
        assert (result.receipt is None) is staged
        assert versions(db, "id", "n") == [
            (1, 10, 0.0, None),
            (2, 20, 1.0, None),
            (2, None, 0.0, 1.0),
            (3, 1, 1.0, None),
        ]
        again = write(db, SECOND, 5)
        assert (again.rows_written, again.rows_closed, again.rows_unchanged) == (0, 0, 3)

    def test_the_load_says_when_if_nobody_else_does(self, db: Database) -> None:
        before = dt.datetime.now(dt.UTC)
        write(db, FIRST, valid_from="since", valid_to="until")
        write(db, SECOND, valid_from="since", valid_to="until")
        found = [row for row in rows(db) if row["id"] == 2]
        moments = [moment.replace(tzinfo=moment.tzinfo or dt.UTC) for row in found for moment in (row["since"],)]
        assert all(before <= moment <= dt.datetime.now(dt.UTC) for moment in moments)
        assert sorted(str(row["until"]) for row in found) == sorted([str(max(row["since"] for row in found)), "None"])

    def test_values_are_compared_byte_by_byte(self, db: Database) -> None:
        for day, row in enumerate(EXACTLY):
            result = write(db, [{**row, "id": 1, "k": 2}], day, keys=["id", "k"])
            assert (result.rows_written, result.rows_unchanged) == (1, 0), row
        assert write(db, [{**EXACTLY[-1], "id": 1, "k": 2}], 99, keys=["id", "k"]).rows_unchanged == 1
        assert db.table("t").count() == len(EXACTLY)

    @pytest.mark.parametrize("zoned", [False, True])
    def test_a_column_says_when(self, db: Database, zoned: bool) -> None:
        if zoned and db.dialect.column_type(DateTime(timezone=True)) is None:
            pytest.skip("this database has no instants")

        def given(*days: int, n: int = 0) -> list[dict[str, Any]]:
            moments = [START + day * DAY for day in days]
            at = [moment if zoned else moment.replace(tzinfo=None) for moment in moments]
            return [{"id": number, "n": n, "at": one} for number, one in enumerate(at)]

        write(db, given(0, 1), valid_at="at")
        changed = given(3, 1)
        assert write(db, changed, valid_at="at").rows_unchanged == 1
        expected = [(0, 0.0, 3.0), (0, 3.0, None), (1, 1.0, None)]
        assert versions(db, "id") == expected
        for wrong, said in ((given(2), "id=0"), (given(3, n=1), "id=0"), ([{"id": 5, "n": 0, "at": None}], "id=5")):
            given_rows = [*wrong, given(0, 4)[1]]
            with pytest.raises(WriteError, match=f"{said}.*Nothing was changed"):
                write(db, given_rows, valid_at="at")
        assert versions(db, "id") == expected

    def test_rows_that_are_missing_end(self, db: Database) -> None:
        write(db, SECOND, 0)
        with pytest.raises(WriteError, match=r"2 of 3 rows .* more than delete_at_most=0.1 allows"):
            write(db, SECOND[:1], 1, delete_missing="close")
        result = write(db, SECOND[:1], 1, delete_missing="close", delete_at_most=0.7)
        assert (result.rows_deleted, result.rows_closed, result.rows_unchanged) == (2, 2, 1)
        back = write(db, SECOND[:2], 2, delete_missing="close", delete_at_most=0)
        assert (back.rows_written, back.rows_closed) == (1, 0)
        assert versions(db, "id") == [(1, 0.0, None), (2, 0.0, 1.0), (2, 2.0, None), (3, 0.0, 1.0)]

    def test_what_is_no_order_of_changes_is_refused(self, db: Database) -> None:
        write(db, FIRST, 5)
        before = versions(db, "id", "n")
        for data, day, options, said in (
            (SECOND, 5, {}, "id=2"),
            (SECOND, 4, {}, "id=2"),
            (FIRST[:1], 5, {"delete_missing": "close", "delete_at_most": 1}, "id=2"),
            ([*SECOND, SECOND[2]], 6, {}, "1 repeated key, such as id=3"),
            ([{"id": None, "name": "x", "n": 1}, *FIRST], 6, {}, "1 row with NULL keys, such as id=None"),
        ):
            with pytest.raises(WriteError, match=said):
                write(db, data, day, **options)
            assert versions(db, "id", "n") == before

    def test_a_table_that_is_no_history_is_refused(self, db: Database) -> None:
        db.write(FIRST).save_as_table("t")
        with pytest.raises(
            SchemaMismatchError, match=r"no history.*\n.*'valid_from' is missing\n.*'valid_to' is missing"
        ):
            write(db, SECOND)
        db.write([{**FIRST[0], "valid_from": 1, "valid_to": 2}]).save_as_table("t", mode="overwrite")
        with pytest.raises(SchemaMismatchError, match="'valid_from' is integer"):
            write(db, SECOND)
        with pytest.raises(SchemaMismatchError, match="'n' is one of the history"):
            write(db, SECOND, valid_to="n")
        run(db, "DROP TABLE t")
        if db.dialect.capabilities.constraints:
            run(
                db,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, valid_from TIMESTAMP NULL, valid_to TIMESTAMP NULL)",
            )
            with pytest.raises(SchemaMismatchError, match="the key 'id' allows one version of a row only"):
                write(db, [{"id": 1}])

    def test_several_current_versions_are_refused(self, db: Database) -> None:
        write(db, FIRST, 0)
        run(db, "INSERT INTO t SELECT * FROM t WHERE id = 2")
        with pytest.raises(WriteError, match=r"several current versions .* of id=2"):
            write(db, SECOND, 1)

    def test_options_that_have_no_effect_are_refused(self, db: Database) -> None:
        for options, said in (
            ({"mode": "append", "valid_at": START}, "'valid_at': for mode='scd2'"),
            ({"mode": "merge", "keys": ["id"], "delete_missing": "close"}, "one of 'hard', 'soft'"),
            ({"mode": "scd2", "keys": ["id"], "delete_missing": "hard"}, "one of 'close'"),
            ({"mode": "scd2"}, "requires keys"),
            ({"mode": "scd2", "keys": ["id"], "valid_at": "yesterday"}, "neither a column of the rows nor a moment"),
            ({"mode": "scd2", "keys": ["id"], "valid_at": "nmae"}, "Did you mean 'name'|mean 'name'"),
            ({"mode": "scd2", "keys": ["id"], "valid_at": 5}, "valid_at must be a string"),
            ({"mode": "scd2", "keys": ["valid_to"]}, "'valid_to' is a column of the history"),
            ({"mode": "scd2", "keys": ["id"], "valid_from": "valid_to"}, "are two columns"),
        ):
            with pytest.raises(ConfigurationError, match=said):
                db.write(FIRST).save_as_table("t", **options)  # type: ignore[arg-type]
        assert db.tables() == []

    def test_columns_that_come_and_go(self, db: Database) -> None:
        write(db, FIRST, 0)
        more = [{**row, "city": "ä" if row["id"] == 1 else None} for row in FIRST]
        with pytest.raises(SchemaMismatchError, match="'city' is not in the target"):
            write(db, more, 1)
        assert write(db, more, 1, on_schema_change="ignore").rows_unchanged == 2
        if db.dialect.adds_columns:
            result = write(db, more, 2, on_schema_change="append_new_columns")
            assert (result.rows_written, result.rows_unchanged, len(result.schema_changes)) == (1, 1, 1)
            assert versions(db, "id", "city") == [(1, "ä", 2.0, None), (1, None, 0.0, 2.0), (2, None, 0.0, None)]
        assert write(db, [{"id": 1, "name": "Ada"}], 3).rows_unchanged == 1

    def test_what_fails_changes_nothing(self, db: Database) -> None:
        def dies(_: int) -> None:
            raise OSError("killed")

        for day, data in enumerate((FIRST, SECOND)):
            before = versions(db, "id", "n") if day else []
            with pytest.raises(OSError, match="killed"):
                write(db, data, day, on_progress=dies, run_key=f"day {day}")
            assert (versions(db, "id", "n") if "t" in db.tables() else []) == before
            assert not write(db, data, day, run_key=f"day {day}").skipped
            assert write(db, FIRST[:1], 0, run_key=f"day {day}").skipped
        assert len(versions(db)) == 4

    def test_with_a_cursor(self, db: Database) -> None:
        if not db.dialect.keeps_watermarks:
            with pytest.raises(ConfigurationError, match="cursor is not supported"):
                write(db, _changes((1, 0)), cursor="at", valid_at="at")
            return
        with connect() as shop:
            for changes, read, expected in (
                ([(1, 0), (2, 1)], 2, (2, 0, 0)),
                ([(1, 0), (2, 5)], 1, (1, 1, 0)),
                ([(1, 0), (2, 5), (3, 5)], 2, (1, 0, 1)),
            ):
                shop.write(_changes(*changes)).save_as_table("s", mode="overwrite")
                result = write(db, shop.table("s"), cursor="at", lag=0, valid_at="at")
                assert result.incremental is not None
                assert result.incremental.rows_read == read
                assert (result.rows_written, result.rows_closed, result.rows_unchanged) == expected
        assert versions(db, "id") == [(1, 0.0, None), (2, 1.0, 5.0), (2, 5.0, None), (3, 5.0, None)]

    def test_it_is_as_the_model_says(self, db: Database) -> None:
        examples = 2 if db.dialect.commits_each_table else min(self.examples, 6)
        numbers = itertools.count()

        @settings(max_examples=int(os.environ.get("HISTORIES", examples)), deadline=None)
        @given(loads)
        def holds(given: list[Load]) -> None:
            model, name = Model(), f"t{next(numbers)}"
            for number, load in enumerate(given):
                options: dict[str, Any] = {"run_key": load.key(number), "name": name}
                if load.close_missing:
                    options |= {"delete_missing": "close", "delete_at_most": 1}
                expected = model.apply(load)
                try:
                    result = write(db, load.rows, load.day, **options)
                    found = (result.rows_written, result.rows_closed, result.rows_unchanged, result.skipped)
                except WriteError:
                    found = None
                assert found == expected
                if model.versions:
                    assert versions(db, "id", "v", name=name) == model.rows()

        holds()


def _changes(*pairs: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"id": number, "at": (START + day * DAY).replace(tzinfo=None)} for number, day in pairs]
