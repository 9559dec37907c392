from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from dq_core import DataQualityCheck, RuleError, parse
from support.check_conformance import PLACES, Place

TYPES = {"id": sa.BigInteger(), "name": sa.Text(), "score": sa.Double()}
ROWS = [{"id": 1, "name": "a", "score": 0.5}]


@pytest.mark.parametrize("place", PLACES)
def test_columns_and_types(put: Callable[..., Place], place: str) -> None:
    there = put(place, ROWS, TYPES)
    results = there.validate(
        {"type": "schema", "columns": {"id": "int", "name": str, "score": None}, "strict": True},
        {"type": "schema", "columns": ["id", "score"]},
        {"type": "schema", "columns": ["id", "score"], "strict": True},
        {"type": "schema", "columns": {"id": "text", "nam": "text", "score": "float"}},
    ).results
    assert [result.passed for result in results] == [True, True, False, False]
    assert results[2].details["unexpected"] == ["name"]
    assert results[3].details["missing"] == ["nam"]
    # Every value of a CSV file is text.
    assert list(results[3].details["wrong_types"]) == ([] if place == "csv" else ["id"])
    assert "nam is missing (Did you mean 'name'?)" in results[3].message
    assert list(results[0].observed) == ["id", "name", "score"]


def test_it_reads_no_row(put: Callable[..., Place]) -> None:
    report = put("sqlite", ROWS, TYPES).validate(DataQualityCheck.schema({"id": int}))
    assert (report.passed, report.total_rows, report.statements) == (True, 1, 1)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"columns": {}}, "columns must map names of columns to types"),
        ({"columns": "id"}, "columns must map names of columns to types, not 'id'"),
        ({"columns": {1: "int"}}, "columns must map names"),
        ({"columns": {"id": "itn"}}, "id: the type 'itn' does not exist. Did you mean 'int'"),
        ({"columns": ["id"], "strict": "yes"}, "strict must be true or false, not 'yes'"),
        ({"columns": ["id"], "where": "id > 1"}, "schema is not about rows: leave where out"),
        ({}, "the option 'columns' is missing"),
    ],
)
def test_wrong_options(options: dict[str, object], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "schema", **options}])


def test_dict_form_comes_back() -> None:
    (check,) = parse([{"type": "schema", "columns": {"id": int, "name": None}, "strict": True}])
    assert check.to_dict() == {"type": "schema", "columns": {"id": "int", "name": None}, "strict": True}
    assert parse([check.to_dict()]) == (check,)
