from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest
import sqlalchemy as sa

from dq_core import RuleError, parse
from support.check_conformance import DATABASES, FRAMES, PLACES, Case, CheckConformance, Place


class TestExpression(CheckConformance):
    kind = "expression"
    options: ClassVar = {"sql": "x > 0"}
    cases: ClassVar = {
        "a row": Case([1, None, -1], [2], {"sql": "x > 0"}),
        "a comment": Case([1, -1], [1], {"sql": "x > 0 -- of course"}),
        "a question of two columns": Case([1, 5, None], [0], {"sql": "x > id + 1 OR part = 'b'"}, considered=2),
        "NULL is no answer": Case([1, None], (), {"sql": "x > 0"}),
        "percent and colon": Case(["50% :a", "50"], [1], {"sql": "x LIKE '%!% :a' ESCAPE '!'"}, type=sa.Text()),
    }

    def rule(self, case=None, **options):
        rule = super().rule(case, **options)
        del rule["column"]
        return rule


def test_the_option_may_be_called_as_the_kind_is() -> None:
    assert parse([{"type": "expression", "expression": "a > b"}]) == parse([{"type": "expression", "sql": "a > b"}])


@pytest.mark.parametrize("place", DATABASES)
@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("y > 0", "y"),
        ("x >", "(?i)syntax|Parser|incomplete"),
        ("nosuchfunction(x) > 0", "nosuchfunction"),
        ("count(*) > 0 AND", "(?i)syntax|Parser|incomplete"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before_the_scan(
    put: Callable[..., Place], place: str, sql: str, hint: str
) -> None:
    there = put(place, Case([1]).rows, {"id": sa.Integer(), "x": sa.Integer(), "part": sa.Text()})
    with pytest.raises(RuleError, match=hint) as caught:
        there.validate({"type": "expression", "sql": sql}, {"type": "not_null", "column": "nope"})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("place", ["duckdb", *FRAMES])
def test_the_columns_that_there_are_stand_behind_one_that_is_not(put: Callable[..., Place], place: str) -> None:
    there = put(place, Case([1]).rows, {"id": sa.Integer(), "x": sa.Integer(), "part": sa.Text()})
    with pytest.raises(RuleError, match=r"nope.*The columns are: 'id', 'x', 'part'\.") as caught:
        there.validate({"type": "expression", "sql": "nope > x"})
    assert "Candidate" not in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("", "must be an SQL expression, not ''"),
        (" \n", "must be an SQL expression, not "),
        (5, "must be an SQL expression, not 5"),
        ("x = '\0'", "must be an SQL expression, not "),
    ],
)
def test_wrong_sql(sql: object, problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "expression", "sql": sql}])


@pytest.mark.parametrize("sql", ["x = ';'", "x = ')'", '"a;b" = 1', "x = 'it''s' -- ;)", "x /* ; */ = 1"])
def test_quotes_and_comments_are_understood(sql: str) -> None:
    (check,) = parse([{"type": "expression", "sql": sql}])
    assert check.to_dict() == {"type": "expression", "sql": sql}


@pytest.mark.parametrize("place", PLACES)
def test_text_that_looks_like_the_place_of_a_value(put: Callable[..., Place], place: str) -> None:
    texts = ["%(param_1)s", "%(x_1)s", "%(id_1)s", "%s", "?", "$1", ":id_1", "__[POSTCOMPILE_x_1]", "__[POSTCOMPILE_y]"]
    there = put(place, Case(texts).rows, {"id": sa.BigInteger(), "x": sa.Text(), "part": sa.Text()})
    report = there.validate(
        *({"type": "expression", "sql": f"x <> '{text}'", "name": text} for text in texts),
        {"type": "in_range", "column": "id", "min": 1, "max": 3},
        {"type": "in_set", "column": "x", "values": texts[1:]},
        {"type": "in_range", "column": "id", "max": 0, "where": f"x = '{texts[0]}'"},
    )
    failed = [result.failed_rows for result in report.results]
    assert failed == [*([1] * len(texts)), len(texts) - 3, 1, 0], report.to_text()


@pytest.mark.parametrize("place", PLACES)
def test_an_error_while_it_runs_is_an_error_of_this_check_alone(put: Callable[..., Place], place: str) -> None:
    failing = {
        "sqlite": "abs(x - 5 - 9223372036854775807) > 0",  # the absolute value of the least integer
        "postgresql": "10 / (x - 1) > 0",
        "mariadb": "9223372036854775805 + x > 0",
        "trino": "10 / (x - 1) > 0",
    }.get(place.partition(" ")[0], "CAST(part || x AS INTEGER) > 0")
    there = put(place, Case([4, 1, 3]).rows, {"id": sa.BigInteger(), "x": sa.BigInteger(), "part": sa.Text()})
    report = there.validate(
        {"type": "not_null", "column": "x"},
        {"type": "expression", "sql": failing, "name": "breaks", "severity": "info"},
        {"type": "in_range", "column": "x", "max": 3},
        {"type": "unique", "column": "x"},
    )
    assert [result.status for result in report.results] == ["passed", "error", "failed", "passed"]
    assert report.results[1].message.startswith("Could not be evaluated: ")
    assert not report.passed
    assert report.total_rows == 3
    assert len(report.results[2].samples) == 1
