"""Columns of Parquet files are checked as the files have them, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from dq_core import RuleError, SourceError, compare, learn, profile, validate
from support.parquet_columns import ALIKE, COLUMNS, UNLIKE, write

if TYPE_CHECKING:
    from pathlib import Path

    from dq_core import Report


def _checked(path: Path, kind: str) -> Report:
    rules = [{"type": kind, "column": "v"}, {"type": "not_null", "column": "id"}]
    return validate(str(path), rules)


def _said(path: Path, sql: str) -> str:
    """What is said of a rule in SQL: before it runs, or in its place in the report."""
    try:
        (result,) = validate(str(path), [{"type": "expression", "sql": sql}]).results
    except RuleError as error:
        return str(error)
    assert result.status == "error"
    return result.message


@pytest.mark.parametrize("what", COLUMNS)
def test_a_column_is_checked_as_it_is_or_refused(tmp_path: Path, what: str) -> None:
    column = COLUMNS[what]
    write(tmp_path / "x.parquet", "v", column, parts=0)
    if column.values is None and what != "durations with nanoseconds":
        with pytest.raises(RuleError, match=r"'v' cannot be checked: it has"):
            _checked(tmp_path / "x.parquet", "not_null")
        assert "'v' has" in _said(tmp_path / "x.parquet", "v IS NOT NULL")
        return
    of_values, of_id = _checked(tmp_path / "x.parquet", "not_null").results
    assert of_id.passed
    if column.values is None:
        assert of_values.status == "error"
        assert "'v' has durations with nanoseconds" in of_values.message
    else:
        assert of_values.failed_rows == column.values.count(None)


def test_durations_are_durations(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", "v", COLUMNS["durations"])
    (seen,) = validate(str(tmp_path / "x.parquet"), [{"type": "expression", "sql": "v > INTERVAL '1 day'"}]).results
    assert (seen.failed_rows, seen.considered_rows) == (0, 1)


@pytest.mark.parametrize("case", ALIKE)
def test_columns_are_not_renamed(tmp_path: Path, case: str) -> None:
    table, said = ALIKE[case]
    file, other = str(tmp_path / "x.parquet"), str(tmp_path / "y.parquet")
    pq.write_table(table, file)
    pq.write_table(UNLIKE, other)
    for ask in (
        profile,
        learn,
        lambda path: compare(path, other),
        lambda path: validate(path, [{"type": "row_count", "min": 1}]),
    ):
        with pytest.raises(SourceError, match=said):
            ask(file)
    assert [column.name for column in profile(other).columns] == UNLIKE.column_names
