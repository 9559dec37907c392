"""The task that compares two tables: it translates, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prefect import flow

from dq_core import ComparisonFailedError
from moltres.errors import ConfigurationError
from moltres_prefect import moltres_compare


@pytest.fixture
def shop(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for name, amount in (("orders", 2.5), ("same", 2.5), ("copy", 2.6)):
            connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER, amount DECIMAL(8, 2))")
            connection.exec_driver_sql(f"INSERT INTO {name} VALUES (1, 1.5), (2, {amount})")
    engine.dispose()
    return url


def _compare(**arguments: Any) -> Any:
    @flow
    def alone() -> Any:
        return moltres_compare(keys=["id"], **arguments)

    return alone()


def test_sides_in_one_database_and_in_two(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "copy.csv"
    file.write_text("id,amount\n1,1.5\n2,2.6\n")
    assert _compare(dsn=shop, table="orders", right_table="same")
    found = _compare(dsn=shop, table="orders", right_dsn=shop, right_table="copy", artifact=False)
    assert (found.equal, found.changed_columns) == (False, {"amount": 1})
    assert _compare(dsn=shop, query="SELECT * FROM copy", right_file=str(file), artifact=False)
    assert _compare(dsn=shop, table="orders", right_table="copy", tolerance=0.2, artifact=False)


def test_what_was_compared_is_told_to_prefect(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        "moltres_prefect.compare.note_reading", lambda lineage: read.extend(one.name for one in lineage.inputs)
    )
    _compare(dsn=shop, table="orders", right_dsn=shop, right_table="same", artifact=False)
    assert read == ["orders", "same"]


def test_it_fails_on_a_difference_if_it_is_asked_to(shop: str) -> None:
    with pytest.raises(ComparisonFailedError, match=r"Different: 1 changed \(in amount 1\)"):
        _compare(dsn=shop, table="orders", right_table="copy", fail_on_difference=True, artifact=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"right_file": "a.csv", "right_table": "t"}, "right_file is no database: leave out right_table"),
        ({"right_dsn": "sqlite://", "right_connection": "x/y"}, "right_dsn and right_connection"),
        ({}, "Give exactly one of right_table and right_query."),
        ({"right_dsn": None, "right_table": "orders"}, "Both sides are the same rows of one database: give one of"),
        ({"query": "SELECT 1", "right_table": "t"}, "Give exactly one of table and query."),
        ({"right_query": "SELECT 1", "right_schema": "s"}, "right_schema is that of right_table, which is not given."),
    ],
)
def test_arguments_that_do_not_fit(shop: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        _compare(dsn=shop, table="orders", **arguments)
