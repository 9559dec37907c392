"""Arrow, pandas and Polars out of a frame or of records."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sqlalchemy as sa

from moltres import DataFrame, Records, col, func
from moltres.errors import SchemaMismatchError
from support.database_facts import facts_of
from support.people import ROWS

if TYPE_CHECKING:
    from moltres import Database


def test_arrow_has_the_types_of_the_columns(people: DataFrame) -> None:
    table = people.order_by("id").to_arrow()
    assert table.to_pylist() == ROWS
    assert table.schema.field("id").type == f"int{facts_of(people.database.engine).integer_bits}"
    assert table.schema.field("amount").type == pa.decimal128(10, 2)
    assert table.schema.field("born").type == pa.date32()
    assert table.schema.field("active").type == pa.bool_()


def test_no_rows_keep_their_types(people: DataFrame) -> None:
    nobody = people.where(col("id") < 0)
    assert nobody.to_arrow().schema == people.to_arrow().schema
    assert nobody.collect().to_arrow().schema == people.collect().to_arrow().schema
    assert nobody.to_polars().schema == people.to_polars().schema
    assert list(nobody.to_pandas().columns) == list(people.columns)


def test_records_and_frames_give_the_same(people: DataFrame) -> None:
    assert people.order_by("id").collect().to_arrow().to_pylist() == ROWS
    assert people.order_by("id").to_arrow().equals(people.order_by("id").collect().to_arrow())


def test_polars(people: DataFrame) -> None:
    frame = people.order_by("id").to_polars()
    assert isinstance(frame, pl.DataFrame)
    assert frame.to_dicts() == ROWS


def test_pandas_keeps_integers_and_booleans_beside_null(people: DataFrame) -> None:
    frame = people.order_by("id").to_pandas()
    assert isinstance(frame, pd.DataFrame)
    bits = facts_of(people.database.engine).integer_bits
    assert frame["id"].dtype == f"int{bits}"
    assert str(frame["age"].dtype) == f"Int{bits}"
    assert str(frame["active"].dtype) == "boolean"
    assert frame["age"].tolist()[:3] == [36, 85, 41]
    assert frame["age"].isna().tolist() == [False, False, False, True, False, False]
    assert frame["amount"].tolist()[0] == Decimal("10.50")
    assert frame["born"].tolist()[0] == dt.date(1815, 12, 10)


def test_long_integers_beside_null_do_not_become_floats() -> None:
    long = 2**63 - 1
    frame = Records([(long,), (None,)], ["n"]).to_pandas()
    assert frame["n"].tolist()[0] == long


def test_computed_columns(people: DataFrame) -> None:
    frame = people.agg(
        n=func.count(), total=func.sum(col("amount")), mean=func.avg(col("age")), name=func.min(col("name"))
    )
    row = frame.to_arrow().to_pylist()[0]
    assert row["n"] == 6
    assert row["total"] == Decimal("100000017.75")
    assert float(row["mean"]) == pytest.approx(56.4)
    assert row["name"] == "Ada"


def test_a_sum_wider_than_its_column(db: Database) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("n", sa.Integer))
    with db.engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"n": 2**31 - 1}] * 3)
    frame = db.table("t").agg(s=func.sum(col("n")))
    assert frame.collect().to_arrow().to_pylist() == [{"s": 3 * (2**31 - 1)}]
    assert frame.to_arrow().to_pylist() == [{"s": 3 * (2**31 - 1)}]


def test_everything_at_once() -> None:
    values = {
        "bytes": b"\x00\xff",
        "time": dt.time(1, 2, 3, 4),
        "stamp": dt.datetime(2024, 1, 1, 0, 0, 0, 1),  # noqa: DTZ001 - without a zone on purpose
        "zoned": dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        "big": 2**100,
        "text": "ä",
        "list": [1, 2],
        "nothing": None,
    }
    records = Records.from_dicts([values])
    assert records.to_arrow().to_pylist() == [values]


def test_mixed_columns_are_refused_all_at_once() -> None:
    with pytest.raises(SchemaMismatchError) as caught:
        Records([(1, "a", 1), ("x", 2, 2)], ["mixed", "too", "fine"]).to_arrow()
    assert [text.split(":")[0] for text in caught.value.mismatches] == ["column 'mixed'", "column 'too'"]
