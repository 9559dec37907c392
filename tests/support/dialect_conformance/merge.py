"""mode="merge": composite keys, chosen columns, insert-only, and what is refused before anything changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import DateTime

from moltres.errors import ColumnNotFoundError, ConfigurationError, SchemaMismatchError, WriteError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    from moltres import Database

    State = dict[tuple[str, int], int | None]

SALES = [
    {"shop": "a", "day": 1, "sales": 10, "note": "x"},
    {"shop": "a", "day": 2, "sales": 20, "note": "y"},
    {"shop": "b", "day": 1, "sales": 30, "note": None},
]
NEWS = [{"shop": "a", "day": 2, "sales": 99, "note": None}, {"shop": "b", "day": 2, "sales": 5, "note": "new"}]
KEYS = ["shop", "day"]

states = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3)), st.one_of(st.none(), st.integers(0, 9)), max_size=8
)


def state(db: Database) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in db.table("sales").select("shop", "day", "sales", "note").collect())


def as_rows(table: State) -> list[dict[str, object]]:
    return [{"a": a, "b": b, "v": value} for (a, b), value in table.items()]


class Merge(DialectSuite):
    """Rows find their like by their keys.

    Attributes:
        ignores_case: The type of a column of strings that are equal if only their case differs; None without one.
        makes_ignoring: Statements that make this type.
    """

    ignores_case: str | None = None
    makes_ignoring: ClassVar[tuple[str, ...]] = ()

    def _ignoring_case(self, db: Database, columns: str, *rows: str) -> None:
        if self.ignores_case is None:
            pytest.skip("there is no such type")
        filled = [f"INSERT INTO t VALUES {', '.join(rows)}"] if rows else []
        run(db, *self.makes_ignoring, f"CREATE TABLE t ({columns.format(self.ignores_case)})", *filled)

    def test_composite_keys_update_and_insert(self, db: Database) -> None:
        db.write(SALES).save_as_table("sales")
        result = db.write(NEWS).save_as_table("sales", mode="merge", keys=KEYS)
        assert (result.rows_written, result.rows_updated) == (2, 1)
        assert state(db) == [("a", 1, 10, "x"), ("a", 2, 99, None), ("b", 1, 30, None), ("b", 2, 5, "new")]

    def test_insert_only_leaves_rows_that_are_there(self, db: Database) -> None:
        db.write(SALES).save_as_table("sales")
        result = db.write(NEWS).save_as_table("sales", mode="merge", keys=KEYS, update=False)
        assert (result.rows_written, result.rows_updated) == (1, 0)
        assert ("a", 2, 20, "y") in state(db)
        assert ("b", 2, 5, "new") in state(db)

    def test_only_chosen_columns_are_updated(self, db: Database) -> None:
        db.write(SALES).save_as_table("sales")
        db.write(NEWS).save_as_table("sales", mode="merge", keys=KEYS, update=["sales"])
        assert ("a", 2, 99, "y") in state(db)

    def test_merge_from_the_same_database_also_from_the_table_itself(self, db: Database) -> None:
        db.write(SALES).save_as_table("sales")
        db.write(NEWS).save_as_table("news")
        assert db.table("news").write.save_as_table("sales", mode="merge", keys=KEYS).rows_written == 2
        again = db.table("sales").write.save_as_table("sales", mode="merge", keys=["day", "shop"])
        assert (again.rows_written, again.rows_updated) == (4, 4)

    def test_merging_twice_is_the_same_as_once(self, db: Database) -> None:
        db.write(SALES).save_as_table("sales")
        for _ in range(2):
            db.write(NEWS).save_as_table("sales", mode="merge", keys=KEYS)
        assert len(state(db)) == 4

    def test_merging_into_a_missing_table_makes_it(self, db: Database) -> None:
        result = db.write(SALES).save_as_table("sales", mode="merge", keys=KEYS)
        assert (result.created, result.rows_written) == (True, 3)

    def test_rows_with_keys_only(self, db: Database) -> None:
        db.write([{"k": 1}]).save_as_table("t")
        assert db.write([{"k": 1}, {"k": 2}]).save_as_table("t", mode="merge", keys=["k"]).rows_written == 1
        assert db.table("t").count() == 2

    def test_keys_are_compared_exactly(self, db: Database) -> None:
        db.write([{"id": 1, "k": "AB"}, {"id": 2, "k": "ab"}, {"id": 3, "k": "ab "}]).save_as_table("t")
        result = db.write([{"id": 4, "k": "ab"}]).save_as_table("t", mode="merge", keys=["k"])
        assert (result.rows_updated, result.rows_written) == (1, 1)

    @pytest.mark.parametrize("exists", [True, False])
    def test_null_and_repeated_keys_are_refused_before_anything_changes(self, db: Database, exists: bool) -> None:
        if exists:
            db.write(SALES).save_as_table("sales")
        bad = [*NEWS, NEWS[0], {"shop": None, "day": 1, "sales": 1, "note": "x"}]
        with pytest.raises(WriteError, match="1 row with NULL keys and 1 repeated key"):
            db.write(bad).save_as_table("sales", mode="merge", keys=KEYS)
        assert db.tables() == (["sales"] if exists else [])
        if exists:
            assert state(db) == sorted(tuple(row.values()) for row in SALES)

    def test_unknown_names_of_a_merge_are_refused(self, db: Database) -> None:
        db.write(SALES).save_as_table("sales")
        with pytest.raises(ColumnNotFoundError, match="'shop' instead of 'shpo'"):
            db.write(NEWS).save_as_table("sales", mode="merge", keys=["shpo"])
        with pytest.raises(ColumnNotFoundError, match="update"):
            db.write(NEWS).save_as_table("sales", mode="merge", keys=KEYS, update=["sale"])
        with pytest.raises(ConfigurationError, match="update names the key 'day'"):
            db.write(NEWS).save_as_table("sales", mode="merge", keys=KEYS, update=["day"])
        with pytest.raises(SchemaMismatchError, match="'extra' is not in the target"):
            db.write([{**NEWS[0], "extra": 1}]).save_as_table("sales", mode="merge", keys=KEYS)

    @pytest.mark.parametrize(
        ("mode", "options"),
        [
            ("merge", {"keys": ["id"]}),
            ("scd2", {"keys": ["id"]}),
            ("overwrite_partitions", {"partition_by": ["id"]}),
        ],
    )
    def test_documents_are_no_keys(self, db: Database, mode: Any, options: Any) -> None:
        """Equal ones are written in many ways, and databases compare how; some have no type for them."""
        with pytest.raises((ConfigurationError, SchemaMismatchError)):
            db.write([{"id": {"a": 1, "b": 2}, "n": 1}]).save_as_table("t", mode=mode, **options)
        assert db.tables() == []

    def test_a_merge_is_like_an_update_of_a_dict(self, db: Database) -> None:
        @settings(max_examples=self.examples, deadline=None)
        @given(old=states, new=states, update=st.booleans())
        def holds(old: State, new: State, update: bool) -> None:
            run(db, "DROP TABLE IF EXISTS t", "CREATE TABLE t (a VARCHAR(9), b BIGINT, v BIGINT)")
            db.write(as_rows(old)).save_as_table("t", mode="append")
            result = db.write(as_rows(new)).save_as_table("t", mode="merge", keys=["a", "b"], update=update)
            expected = {**old, **new} if update else {**new, **old}
            assert {(row["a"], row["b"]): row["v"] for row in db.table("t").collect()} == expected
            both = len(old.keys() & new.keys())
            assert result.rows_updated == (both if update else 0)
            assert result.rows_written == len(new) - (0 if update else both)

        run(db, "CREATE TABLE t (a VARCHAR(9), b BIGINT, v BIGINT)")
        db.write([{"a": "x", "b": 1, "v": 1}]).save_as_table("t", mode="merge", keys=["a", "b"])  # or it is refused
        holds()

    @pytest.mark.parametrize("from_memory", [True, False])
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"mode": "merge", "keys": ["p"]}, [("A", 9), ("a", 1), ("b", 8), ("e ", 3)]),
            ({"mode": "merge", "keys": ["p"], "delete_missing": "hard", "delete_at_most": 1.0}, [("A", 9), ("b", 8)]),
            ({"mode": "overwrite_partitions", "partition_by": ["p"]}, [("A", 9), ("a", 1), ("b", 8), ("e ", 3)]),
        ],
        ids=["merge", "delete_missing", "partitions"],
    )
    def test_keys_are_the_same_by_code_points_whatever_the_collation(
        self, db: Database, options: Any, expected: list[tuple[str, int]], *, from_memory: bool
    ) -> None:
        self._ignoring_case(db, "p {}, v INTEGER", "('a', 1)", "('A', 2)", "('e ', 3)")
        rows = [{"p": "A", "v": 9}, {"p": "b", "v": 8}]
        db.write(rows).save_as_table("s")
        db.write(rows if from_memory else db.table("s")).save_as_table("t", **options)
        assert sorted(tuple(row.values()) for row in db.table("t").collect()) == expected

    def test_keys_that_a_collation_takes_for_one_are_two(self, db: Database) -> None:
        self._ignoring_case(db, "p {}, v INTEGER")
        db.write([{"p": "a", "v": 1}, {"p": "A", "v": 2}]).save_as_table("t", mode="merge", keys=["p"])
        assert sorted(tuple(row.values()) for row in db.table("t").collect()) == [("A", 2), ("a", 1)]

    def test_histories_of_keys_that_a_collation_takes_for_one_are_two(self, db: Database) -> None:
        moment = db.dialect.column_type(DateTime())
        assert moment is not None
        written = moment.compile(db.engine.dialect)
        self._ignoring_case(db, f"p {{0}}, v {{0}}, valid_from {written} NOT NULL, valid_to {written}")
        for one, other in (("x", "y"), ("X", "y")):
            rows = [{"p": "a", "v": one}, {"p": "A", "v": other}]
            db.write(rows).save_as_table("t", mode="scd2", keys=["p"])
        found = [(row["p"], row["v"], row["valid_to"] is None) for row in db.table("t").collect()]
        assert sorted(found) == [("A", "y", True), ("a", "X", True), ("a", "x", False)]
