"""What SQLite computes goes into a column as a value of its type, or is refused: no type of SQLite's binds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moltres import Database, col, connect, func
from moltres.errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPRESSIONS = {
    "beyond 64 bits": col("n") + 1,
    "fractions": col("n") * 1.5,
    "float": col("f") + 0.5,
    "number or text": "CASE WHEN id = 1 THEN 1 ELSE '12' END",
    "text or number": "CASE WHEN id = 1 THEN 'a' ELSE 5 END",
    "digits": func.upper(col("t")),
    "coalesced": "coalesce(t, 1)",
    "day": func.date("2024-01-31"),
    "bytes": func.zeroblob(2),
    "whole": col("id") + 1,
}
COLUMNS = ["bigint", "double", "text", "decimal(10,2)", "boolean", "date", "datetime", "time", "uuid", "blob", ""]
NUMBERS = (int, float)


@pytest.fixture
def source() -> Iterator[Database]:
    with connect("sqlite:///:memory:") as db:
        with db.transaction() as connection:
            connection.exec_driver_sql("CREATE TABLE s (id integer, n bigint, f double, t text)")
            connection.exec_driver_sql(f"INSERT INTO s VALUES (1, {2**63 - 1}, 1.5, '12'), (2, 1, 2.0, '7')")
        yield db


def stored(db: Database, table: str) -> list[Any]:
    with db.connection() as connection:
        return [row[0] for row in connection.exec_driver_sql(f"SELECT v FROM {table} ORDER BY id")]


def kind(value: Any) -> str:
    return "number" if isinstance(value, NUMBERS) else type(value).__name__


@pytest.mark.parametrize("type_", COLUMNS)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_computed_value_is_stored_as_it_is(source: Database, name: str, type_: str) -> None:
    said = EXPRESSIONS[name]
    text = isinstance(said, str)  # an expression of frames gives values of one type
    frame = source.sql(f"SELECT id, {said} AS v FROM s") if text else source.table("s").select("id", v=said)
    with source.transaction() as connection:
        connection.exec_driver_sql(f"CREATE TABLE target (id integer, v {type_})")
        statement = str(frame.statement.compile(connection, compile_kwargs={"literal_binds": True}))
        computed = [row[1] for row in connection.exec_driver_sql(f"{statement} ORDER BY id")]
    for table in ("target", "new"):
        try:
            frame.write.save_as_table(table, mode="append")
        except SchemaMismatchError as error:
            assert "column 'v'" in str(error)  # noqa: PT017 - or the values are equal
        else:
            found = stored(source, table)
            assert found == computed
            assert list(map(kind, found)) == list(map(kind, computed))


def test_an_update_with_a_computed_value(source: Database) -> None:
    with pytest.raises(SchemaMismatchError, match="column 'n': '12', which the column would change"):
        source.update("s", {"n": func.trim(col("t"))}, where=col("id") == 1)
    assert source.update("s", {"n": col("id") + 1, "t": func.upper(col("t"))}, where=col("id") == 2) == 1
    assert source.table("s").where(col("id") == 2).collect()[0]["n"] == 3


def test_what_a_column_holds_already_is_copied_whatever_it_is(source: Database) -> None:
    with source.transaction() as connection:
        for table in ("a", "b"):
            connection.exec_driver_sql(f"CREATE TABLE {table} (id integer, v bigint)")
        connection.exec_driver_sql("INSERT INTO a VALUES (1, 'abc'), (2, 1.5), (3, X'00')")
    source.table("a").write.save_as_table("b", mode="append")
    assert stored(source, "b") == ["abc", 1.5, b"\0"]
