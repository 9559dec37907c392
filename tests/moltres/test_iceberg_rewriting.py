"""UPDATE and DELETE of Iceberg tables change the same rows as in a table of DuckDB, file by file, and hold none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Executable, Integer, MetaData, Table, cast, delete, func, select, text, update

from moltres import connect
from moltres.errors import MoltresError
from support.iceberg import catalog_url, load, unreferenced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

    from moltres import Database

FIRST = [{"id": n, "shop": n % 3, "amount": None if n == 2 else n * 1.5, "note": f"n{n}"} for n in range(6)]
SECOND = [{"id": n, "shop": n % 3, "amount": float(n), "note": None} for n in range(6, 12)]
OTHERS = [{"id": 1, "note": "one"}, {"id": 7, "note": "seven"}, {"id": 20, "note": "twenty"}]
TWICE = [*OTHERS, {"id": 7, "note": "seven"}]

Statement = Callable[[Table, Table], Executable]


def of_one_select(t: Table, _: Table) -> Executable:
    again = t.alias("again")
    return delete(t).where(t.c.amount > select(func.avg(again.c.amount)).scalar_subquery())


def of_its_neighbours(t: Table, _: Table) -> Executable:
    again = t.alias("again")
    most = select(func.max(again.c.id)).where(again.c.shop == t.c.shop).scalar_subquery()
    return update(t).where(t.c.id == most).values(note="last", amount=t.c.amount + 1)


def of_two_others(t: Table, o: Table) -> Executable:
    other = o.alias("other")
    return update(t).where(t.c.id == o.c.id, o.c.id == other.c.id).values(note=other.c.note)


STREAMED: dict[str, Statement] = {
    "a condition": lambda t, _: delete(t).where(t.c.id >= 7),
    "a condition that is NULL": lambda t, _: delete(t).where(t.c.amount > 4),
    "all rows": lambda t, _: delete(t),
    "no row": lambda t, _: delete(t).where(t.c.id == 99),
    "two conditions": lambda t, _: delete(t).where(t.c.id > 3, t.c.shop == 1),
    "rows of another table": lambda t, o: delete(t).where(t.c.id == o.c.id),
    "EXISTS": lambda t, o: delete(t).where(select(o.c.id).where(o.c.id == t.c.id).exists()),
    "NOT IN": lambda t, o: delete(t).where(t.c.id.not_in(select(o.c.id))),
    "its own average": of_one_select,
    "its own alias": lambda t, _: delete(t).where(t.c.id.in_(select(t.alias().c.shop))),
    "values": lambda t, _: update(t).where(t.c.id < 3).values(note="it's :new", shop=t.c.shop + t.c.id),
    "a value for all": lambda t, _: update(t).values(amount=1),
    "NULL as a value": lambda t, _: update(t).where(t.c.shop == 0).values(note=None),
    "a condition that is never true": lambda t, _: update(t).where(t.c.amount > 1e9).values(note="?"),
    "values of another table": lambda t, o: update(t).where(t.c.id == o.c.id).values(note=o.c.note),
    "values of some": lambda t, o: update(t).where(t.c.id == o.c.id, t.c.shop == 0).values(note=o.c.note, shop=t.c.id),
    "a value that only some rows have": lambda t, _: update(t).where(t.c.id > 0).values(shop=12 // t.c.id),
    "a value from a query": lambda t, o: (
        update(t).where(t.c.id == 7).values(note=select(func.max(o.c.note)).scalar_subquery())
    ),
    "its neighbours": of_its_neighbours,
    "text": lambda *_: text("DELETE FROM t WHERE id = 1 OR amount > 9 -- these\n"),
    "text about itself": lambda *_: text("DELETE FROM t WHERE amount < (SELECT avg(amount) FROM t)"),
    "text for all": lambda *_: text("DELETE FROM t"),
}
"""Statements that no rows are held for."""

HELD: dict[str, Statement] = {
    "two other tables": of_two_others,
    "text that updates": lambda *_: text("UPDATE t SET note = 'new' WHERE id = (SELECT min(id) FROM t)"),
    "text with USING": lambda *_: text("DELETE FROM t USING o WHERE t.id = o.id"),
}
"""Statements whose rows move into DuckDB."""


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return catalog_url(tmp_path)


@pytest.fixture
def db(url: URL) -> Iterator[Database]:
    with connect(url) as database:
        for rows in (FIRST, SECOND):
            database.write(rows).save_as_table("t", mode="append")
        yield database


def changed(database: Database, statements: list[Statement], others: list[dict[str, Any]]) -> list[Any]:
    """How many rows each statement changes, what the last leaves, and whether rows are held then."""
    found: list[Any] = []
    database.write(others).save_as_table("o", mode="overwrite")
    with database.transaction() as connection:
        tables = MetaData()
        tables.reflect(connection)
        both = (tables.tables["t"], tables.tables["o"])
        found += [connection.execute(one(*both)).rowcount for one in statements]
        found.append(connection.execute(text("SELECT * FROM t ORDER BY id, note")).all())
        held = text("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'moltres_own'")
        found.append(connection.execute(held).scalar_one() > 0)
    found.append(database.sql("SELECT * FROM t ORDER BY id, note").collect().rows)
    return found


def expected(statements: list[Statement], others: list[dict[str, Any]]) -> list[Any]:
    with connect() as model:
        model.write([*FIRST, *SECOND]).save_as_table("t")
        return changed(model, statements, others)


@pytest.mark.parametrize("name", STREAMED)
def test_rows_change_as_they_are_read(db: Database, url: URL, name: str) -> None:
    assert changed(db, [STREAMED[name]], OTHERS) == expected([STREAMED[name]], OTHERS)
    assert unreferenced(url) == set()


@pytest.mark.parametrize("name", HELD)
def test_rows_that_have_to_be_held(db: Database, name: str) -> None:
    *found, held, last = changed(db, [HELD[name]], OTHERS)
    *wanted, _, last_wanted = expected([HELD[name]], OTHERS)
    assert (found, held, last) == (wanted, True, last_wanted)


def test_a_row_that_matches_two_is_changed_once(db: Database, url: URL) -> None:
    *found, _, last = changed(db, [STREAMED["values of another table"]], TWICE)
    *wanted, _, last_wanted = expected([STREAMED["values of another table"]], TWICE)
    assert (found, last) == (wanted, last_wanted)
    assert unreferenced(url) == set()


def test_statements_see_what_those_before_have_changed(db: Database, url: URL) -> None:
    several = [STREAMED[name] for name in ("values of another table", "its own average", "its neighbours", "text")]
    several[2:2] = [HELD["text that updates"]]
    assert changed(db, several, OTHERS) == expected(several, OTHERS)
    assert unreferenced(url) == set()
    assert len(list(load(url, "t").snapshots())) == 3


def change_wrongly(db: Database) -> None:
    with db.writing() as connection:
        t = Table("t", MetaData(), autoload_with=connection)
        connection.execute(update(t).values(shop=cast("abc" + t.c.note, Integer)))


def test_a_value_that_cannot_be_computed_changes_nothing(db: Database, url: URL) -> None:
    before = db.table("t").order_by("id").collect().rows
    with pytest.raises(MoltresError, match="abcn"):
        change_wrongly(db)
    assert db.table("t").order_by("id").collect().rows == before
    assert unreferenced(url) == set()
