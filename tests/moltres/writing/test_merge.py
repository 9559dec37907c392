"""mode="merge": composite keys, chosen columns, insert-only, and what is refused before anything changes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moltres import Database, connect
from moltres.errors import ColumnNotFoundError, ConfigurationError, SchemaMismatchError, WriteError

OLD = [
    {"shop": "a", "day": 1, "sales": 10, "note": "x"},
    {"shop": "a", "day": 2, "sales": 20, "note": "y"},
    {"shop": "b", "day": 1, "sales": 30, "note": None},
]
NEW = [{"shop": "a", "day": 2, "sales": 99, "note": None}, {"shop": "b", "day": 2, "sales": 5, "note": "new"}]


def state(db: Database) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in db.table("sales").select("shop", "day", "sales", "note").collect())


def test_composite_keys_update_and_insert(db: Database) -> None:
    db.write(OLD).save_as_table("sales")
    result = db.write(NEW).save_as_table("sales", mode="merge", keys=["shop", "day"])
    assert (result.rows_written, result.rows_updated) == (2, 1)
    assert state(db) == [("a", 1, 10, "x"), ("a", 2, 99, None), ("b", 1, 30, None), ("b", 2, 5, "new")]


def test_insert_only_leaves_rows_that_are_there(db: Database) -> None:
    db.write(OLD).save_as_table("sales")
    result = db.write(NEW).save_as_table("sales", mode="merge", keys=["shop", "day"], update=False)
    assert (result.rows_written, result.rows_updated) == (1, 0)
    assert ("a", 2, 20, "y") in state(db)
    assert ("b", 2, 5, "new") in state(db)


def test_only_chosen_columns_are_updated(db: Database) -> None:
    db.write(OLD).save_as_table("sales")
    db.write(NEW).save_as_table("sales", mode="merge", keys=["shop", "day"], update=["sales"])
    assert ("a", 2, 99, "y") in state(db)


def test_from_the_same_database_also_from_the_table_itself(db: Database) -> None:
    db.write(OLD).save_as_table("sales")
    db.write(NEW).save_as_table("news")
    assert db.table("news").write.save_as_table("sales", mode="merge", keys=["shop", "day"]).rows_written == 2
    again = db.table("sales").write.save_as_table("sales", mode="merge", keys=["day", "shop"])
    assert (again.rows_written, again.rows_updated) == (4, 4)


def test_twice_is_the_same_as_once(db: Database) -> None:
    db.write(OLD).save_as_table("sales")
    for _ in range(2):
        db.write(NEW).save_as_table("sales", mode="merge", keys=["shop", "day"])
    assert len(state(db)) == 4


def test_a_missing_table_is_made(db: Database) -> None:
    result = db.write(OLD).save_as_table("sales", mode="merge", keys=["shop", "day"])
    assert (result.created, result.rows_written) == (True, 3)


def test_rows_with_keys_only(db: Database) -> None:
    db.write([{"k": 1}]).save_as_table("t")
    assert db.write([{"k": 1}, {"k": 2}]).save_as_table("t", mode="merge", keys=["k"]).rows_written == 1
    assert db.table("t").count() == 2


@pytest.mark.parametrize("exists", [True, False])
def test_null_and_repeated_keys_are_refused_before_anything_changes(db: Database, exists: bool) -> None:
    if exists:
        db.write(OLD).save_as_table("sales")
    bad = [*NEW, NEW[0], {"shop": None, "day": 1, "sales": 1, "note": "x"}]
    with pytest.raises(WriteError, match="1 rows have NULL in them and 1 of them occur more than once"):
        db.write(bad).save_as_table("sales", mode="merge", keys=["shop", "day"])
    assert db.tables() == (["sales"] if exists else [])
    if exists:
        assert state(db) == sorted(tuple(row.values()) for row in OLD)


def test_unknown_names_are_refused(db: Database) -> None:
    db.write(OLD).save_as_table("sales")
    with pytest.raises(ColumnNotFoundError, match="'shop' instead of 'shpo'"):
        db.write(NEW).save_as_table("sales", mode="merge", keys=["shpo"])
    with pytest.raises(ColumnNotFoundError, match="update"):
        db.write(NEW).save_as_table("sales", mode="merge", keys=["shop", "day"], update=["sale"])
    with pytest.raises(ConfigurationError, match="update names the key 'day'"):
        db.write(NEW).save_as_table("sales", mode="merge", keys=["shop", "day"], update=["day"])
    with pytest.raises(SchemaMismatchError, match="'extra' is not in the target"):
        db.write([{**NEW[0], "extra": 1}]).save_as_table("sales", mode="merge", keys=["shop", "day"])


keys = st.tuples(st.sampled_from("abc"), st.integers(0, 3))
tables = st.dictionaries(keys, st.one_of(st.none(), st.integers(0, 9)), max_size=8)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=tables, new=tables, update=st.booleans())
def test_like_a_dict(
    old: dict[tuple[str, int], int | None], new: dict[tuple[str, int], int | None], update: bool
) -> None:
    def as_rows(table: dict[tuple[str, int], int | None]) -> list[dict[str, object]]:
        return [{"a": a, "b": b, "v": value} for (a, b), value in table.items()]

    for address in ("sqlite://", None):
        with connect(address) as db:
            with db.transaction() as connection:
                connection.exec_driver_sql("CREATE TABLE t (a VARCHAR, b BIGINT, v BIGINT)")
            db.write(as_rows(old)).save_as_table("t", mode="append")
            result = db.write(as_rows(new)).save_as_table("t", mode="merge", keys=["a", "b"], update=update)
            expected = {**old, **new} if update else {**new, **old}
            found = {(row["a"], row["b"]): row["v"] for row in db.table("t").collect()}
            assert found == expected
            assert result.rows_updated == (len(old.keys() & new.keys()) if update else 0)
            assert result.rows_written == len(new) - (0 if update else len(old.keys() & new.keys()))
