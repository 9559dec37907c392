"""What is too large or too deeply nested is one error with a hint, wherever it is found out."""

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest

from moltres import col, connect
from moltres.dialects.complexity import is_too_complex
from moltres.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moltres import Database, DataFrame


@pytest.fixture(params=["duckdb:///:memory:", "sqlite://"])
def db(request: pytest.FixtureRequest) -> Iterator[Database]:
    with connect(request.param) as database:
        yield database


def times(number: int, change: Callable[[Any], Any], start: Any) -> Any:
    for _ in range(number):
        start = change(start)
    return start


@pytest.mark.parametrize(
    "build",
    [
        lambda frame: frame.select(times(1500, lambda one: one + 1, col("a")).alias("b")),
        lambda frame: frame.where(reduce(operator.or_, (col("a") == number for number in range(3000)))),
        lambda frame: frame.where(times(1500, lambda one: ~(one == 1), col("a"))),
        lambda frame: times(400, lambda one: one.where(col("a") > 0).limit(5), frame).count(),
        lambda frame: times(200, lambda one: one.with_columns(b=col("a") + 1).limit(5), frame).to_sql(),
    ],
)
def test_a_frame_that_is_too_deep(db: Database, build: Callable[[DataFrame], object]) -> None:
    with pytest.raises(QueryError, match=r"too deeply nested|within each other") as raised:
        build(db.sql("SELECT 1 AS a"))
    assert "save_as_table()" in str(raised.value.suggestion)


def test_an_error_of_the_caller_stays_its_own(db: Database) -> None:
    def rows() -> Iterator[list[dict[str, int]]]:
        yield [{"a": 1}]
        yield from rows_without_end()

    def rows_without_end() -> Iterator[list[dict[str, int]]]:
        yield from rows_without_end()

    with pytest.raises(RecursionError):
        db.write(rows()).save_as_table("t")


@pytest.mark.parametrize(
    "said",
    [
        "too many terms in compound SELECT",
        "at most 64 tables in a join",
        "target lists can have at most 1664 entries",
        "(1473, 'Too high level of nesting for select')",
        "(1116, 'Too many tables; MariaDB can only use 61 tables in a join')",
        'TrinoUserError(name=QUERY_HAS_TOO_MANY_STAGES, message="Number of stages in the query (161)")',
    ],
)
def test_what_databases_say_of_it(said: str) -> None:
    assert is_too_complex(said)
    assert not is_too_complex(said[:20])
