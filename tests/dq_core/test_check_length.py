from __future__ import annotations

from typing import ClassVar

import pytest
import sqlalchemy as sa

from dq_core import RuleError, parse
from support.check_conformance import DATABASES, Case, CheckConformance


class TestLength(CheckConformance):
    kind = "length"
    type = sa.Text()
    options: ClassVar = {"min": 1}
    cases: ClassVar = {
        "both": Case(["a", "ab", "abc", "abcd", None], [0, 3], {"min": 2, "max": 3}),
        "characters, not bytes": Case(["ä😀", "äää", None], [1], {"max": 2}),
        "empty": Case(["", "a", None], [0], {"min": 1}, places=(*DATABASES, "rows", "parquet", "polars")),
    }


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"min": -1}, "min must be a whole number from 0, not -1"),
        ({"max": 1.5}, "max must be a whole number from 0, not 1.5"),
        ({"min": 3, "max": 2}, "min 3 is greater than max 2"),
        ({}, "min or max is missing"),
    ],
)
def test_wrong_options(options: dict[str, object], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "length", "column": "x", **options}])


def test_a_column_of_numbers_is_refused(put) -> None:
    there = put("duckdb", [], {"x": sa.Integer()})
    with pytest.raises(RuleError, match="length is for columns of type text, and x is INTEGER; cast it in a query"):
        there.validate({"type": "length", "column": "x", "min": 1})
