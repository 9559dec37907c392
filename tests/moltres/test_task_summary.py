"""What a task says in the log: one line, with all that its reader wants to know and no value of the data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from moltres import col, connect
from moltres.task import HandoffOptions, Query, WriteOptions, run_query, run_write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from moltres import Database


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'shop.db'}") as database:
        database.write([{"id": n, "name": f"name {n}"} for n in range(1, 1501)]).save_as_table("users")
        yield database


@pytest.mark.parametrize(
    ("query", "binds"),
    [
        (lambda db: db.table("users").where(col("name") != "Ada"), {}),
        ("SELECT *\nFROM   users -- all of them\nWHERE name <> :name", {"name": "Ada"}),
    ],
)
def test_a_query(shop: Database, query: object, binds: dict[str, str]) -> None:
    done = run_query(
        shop,
        Query(query=query, parameters=binds),  # type: ignore[arg-type]
        [],
        name="q",
        options=HandoffOptions(max_inline_rows=2000),
    )
    place = re.escape(str(shop.engine.url))
    assert re.fullmatch(rf"1,500 rows of {place} handed over inline in \d+\.\d{{3}} s: SELECT .*", done.summary)
    assert "users" in done.summary
    assert "Ada" not in done.summary


def test_a_query_that_leaves_its_rows_in_a_table(shop: Database) -> None:
    query = Query(query=lambda db: db.table("users"))
    done = run_query(shop, query, [], name="q", options=HandoffOptions(max_inline_rows=5))
    assert f" left in {done.value.location} in " in done.summary  # type: ignore[union-attr]


def test_long_sql_is_cut(shop: Database) -> None:
    query = Query(query="SELECT * FROM users WHERE " + " OR ".join(f"id = {n}" for n in range(300)))
    done = run_query(shop, query, [], name="q", options=HandoffOptions(max_inline_rows=2000))
    assert len(done.summary) < 1500
    assert done.summary.endswith(" …")


def test_a_write(shop: Database) -> None:
    options = WriteOptions(table_name="target")
    first, again = (run_write(shop, shop, [{"id": n} for n in range(1200)], options, run_key="k") for _ in range(2))
    place = re.escape(str(shop.engine.url))
    assert re.fullmatch(
        rf"1,200 rows written to target \(mode append\) in {place}, in \d+\.\d{{3}} s; proved by 1200:\w{{32}}",
        first.summary,
    )
    assert again.summary == (
        f"An earlier try has written these rows already to target (mode append) in {shop.engine.url}: "
        "nothing was added. run_key=k"
    )
