"""What people who come from other libraries try first: functions as F, alias(), conditions in lists, table.column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import moltres
from moltres import col, connect, func, lit, when
from moltres import functions as F  # noqa: N812 - the name that they have there
from moltres.errors import ColumnNotFoundError, ConfigurationError
from moltres.integrations.data_quality import DataQualityCheck, QualityChecker, QualityReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moltres import Database


@pytest.fixture
def shop() -> Iterator[Database]:
    with connect("duckdb:///:memory:") as database:
        orders = [{"id": n, "user_id": n % 3, "amount": 10 * n, "note": None if n == 2 else "x"} for n in range(1, 7)]
        database.write(orders).save_as_table("orders")
        database.write([{"id": n, "name": name} for n, name in enumerate(["Ada", "Grace", "Edsger"])]).save_as_table(
            "users"
        )
        yield database


def test_functions_under_one_short_name(shop: Database) -> None:
    assert moltres.functions is F
    frame = shop.table("orders").agg(
        F.sum(F.col("amount")).alias("total"),
        F.mean(col("amount")).alias("mean"),
        F.count("*").alias("rows"),
        F.count_distinct(col("user_id")).label("users"),
        F.countDistinct(col("note")).label("notes"),
        F.max(col("amount") + F.lit(1)).alias("most"),
    )
    assert frame.collect() == [{"total": 210, "mean": 35.0, "rows": 6, "users": 3, "notes": 1, "most": 61}]
    shown = shop.table("users").select(
        F.upper(col("name")).alias("loud"), F.concat(col("name"), lit("!")).alias("said")
    )
    assert shown.order_by("loud").first() == {"loud": "ADA", "said": "Ada!"}


@pytest.mark.parametrize(
    "call",
    [lambda: F.sum("amount"), lambda: F.concat(col("a"), "b"), lambda: F.count_distinct("a"), lambda: F.mean("a")],
)
def test_a_string_that_could_be_a_column_or_a_text_is_refused(call: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"is it the name of a column or a string value[\s\S]*lit\("):
        call()


def test_where_strings_are_texts_in_every_library_they_are_here(shop: Database) -> None:
    frame = shop.table("users").select(F.replace(col("name"), "Ada", "A.").label("short"))
    assert "A." in [row["short"] for row in frame.collect()]
    with pytest.raises(AttributeError):
        getattr(F, "__nothing__")  # noqa: B009 - the attribute does not exist


@pytest.mark.parametrize(
    "expression",
    [
        col("amount").alias("x"),
        (col("amount") * 1).alias("x"),
        when(col("amount") > 0, col("amount")).alias("x"),
        func.coalesce(col("amount"), 0).alias("x"),
        func.abs(col("amount")).alias("x"),
    ],
    ids=str,
)
def test_alias_is_label(shop: Database, expression: Any) -> None:
    orders = shop.table("orders")
    assert orders.select(expression).columns == ("x",)
    assert sorted(row["x"] for row in orders.select(expression).collect()) == [10, 20, 30, 40, 50, 60]
    assert orders.with_columns(expression).columns[-1] == "x"


def pairs(frame: Any) -> set[tuple[Any, ...]]:
    return {(row["id"], row["name"]) for row in frame.collect()}


def test_conditions_in_a_list_must_all_hold(shop: Database) -> None:
    orders, users = shop.table("orders"), shop.table("users")
    one = orders.join(users, on=[col("user_id") == col("id_right")])
    assert pairs(one) == pairs(orders.join(users, on=col("user_id") == col("id_right")))
    two = orders.join(users, on=[col("user_id") == col("id_right"), col("amount") > 40])
    assert pairs(two) == {(5, "Edsger"), (6, "Ada")}
    with pytest.raises(ConfigurationError, match="conditions only"):
        orders.join(users, on=["id", col("amount") > 40])


def test_a_column_of_a_side_may_be_named_with_its_table(shop: Database) -> None:
    orders, users = shop.table("orders"), shop.table("users")
    joined = orders.join(users, on=[col("orders.user_id") == col("users.id")])
    assert pairs(joined) == pairs(orders.join(users, on=[("user_id", "id")]))
    assert pairs(orders.join(users, on=col("users.id") == col("orders.user_id"), how="left")) == pairs(joined)
    assert orders.join(users, on=col("orders.user_id") == col("users.id"), how="anti").count() == 0


def test_a_qualified_name_that_could_be_either_side_or_none_is_refused(shop: Database) -> None:
    orders = shop.table("orders")
    with pytest.raises(ConfigurationError, match=r"could be a column of either side[\s\S]*id_right"):
        orders.join(orders, on=col("orders.id") == col("orders.user_id"))
    with pytest.raises(ColumnNotFoundError, match=r"ordres\.id"):
        orders.join(shop.table("users"), on=col("ordres.id") == col("users.id"))
    with pytest.raises(ColumnNotFoundError):  # no side that is a whole table has the name
        orders.where(col("amount") > 5).join(shop.table("users"), on=col("orders.id") == col("users.id"))


def test_a_column_whose_own_name_has_a_dot_comes_first(shop: Database) -> None:
    odd = shop.table("orders").select(col("user_id").label("users.id"), "amount")
    joined = odd.join(shop.table("users"), on=col("users.id") == col("id"))
    assert sorted(row["users.id"] for row in joined.collect()) == [0, 0, 1, 1, 2, 2]


def test_checks_are_read_as_mappings_and_run_by_a_checker(shop: Database) -> None:
    checks = [DataQualityCheck.column_not_null("note"), DataQualityCheck.column_range("amount", min=0)]
    assert [check["type"] for check in checks] == ["not_null", "in_range"]
    assert (checks[0]["column"], checks[0]["name"], checks[1]["min"], checks[1]["max"]) == (
        "note",
        "not_null_note",
        0,
        None,
    )
    assert dict(checks[1])["min"] == 0
    assert "min" in checks[1]
    with pytest.raises(KeyError):
        checks[0]["nothing"]
    with pytest.raises(TypeError):
        list(checks[0])
    report = QualityChecker().check(shop.table("orders"), checks)
    assert isinstance(report, QualityReport)
    assert (report.overall_status, report["failed_checks"]) == ("failed", 1)
    assert QualityChecker(fail_fast=True).check(shop.table("orders"), [dict(checks[0]), checks[1]])["total_checks"] == 2
