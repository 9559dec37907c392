"""What truthound gets wrong on its own, and that the engine does not: each test shows both."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dq_core import RuleError
from dq_core.engines import get_engine

with warnings.catch_warnings():
    # Invalid escapes in its sources.
    warnings.simplefilter("ignore")
    import truthound
    from truthound import validators
    from truthound.context import TruthoundContext, TruthoundContextConfig

    BETWEEN, UNIQUE, REGEX, NOT_NULL = (
        validators.BetweenValidator,
        validators.UniqueValidator,
        validators.RegexValidator,
        validators.NotNullValidator,
    )
    TYPE, IN_SET, REFERENCE = (
        validators.ColumnTypeValidator,
        validators.InSetValidator,
        validators.ReferentialIntegrityValidator,
    )


def alone(folder: Path, frame: pl.DataFrame, *wanted: Any, **options: Any) -> Any:
    """truthound as it is, but for its writing."""
    config = TruthoundContextConfig(
        persist_runs=False, persist_docs=False, auto_create_baseline=False, auto_create_workspace=False
    )
    return truthound.check(frame, validators=list(wanted), context=TruthoundContext(folder, config), **options)


def ours(frame: pl.DataFrame, *rules: dict[str, Any], **options: Any) -> list[tuple[str, int | None]]:
    report = get_engine("truthound").check(frame, rules, **options)
    return [(result.status, result.failed_rows) for result in report.results]


def test_a_missing_column_passes_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"email": [None, "a"]})
    assert alone(tmp_path, frame, NOT_NULL(columns=["e_mail"])).success
    with pytest.raises(RuleError, match="email"):
        ours(frame, {"type": "not_null", "column": "e_mail"})


def test_a_wrong_type_passes_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"amount": ["12", "-7", "x"]})
    assert alone(tmp_path, frame, BETWEEN(columns=["amount"], min_value=0)).success
    with pytest.raises(RuleError, match="cannot be compared"):
        ours(frame, {"type": "in_range", "column": "amount", "min": 0})
    assert alone(tmp_path, pl.DataFrame({"n": [1]}), REGEX(columns=["n"], pattern="x")).success
    with pytest.raises(RuleError, match="text"):
        ours(pl.DataFrame({"n": [1]}), {"type": "regex", "column": "n", "pattern": "x"})


def test_an_unknown_type_passes_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["x"]})
    assert alone(tmp_path, frame, TYPE(expected_types={"id": "bigintt"})).success
    with pytest.raises(RuleError, match="bigint"):
        ours(frame, {"type": "type", "column": "id", "dtype": "bigintt"})
    assert alone(tmp_path, frame, TYPE(expected_types={"id": "bigint"})).success
    assert ours(frame, {"type": "type", "column": "id", "dtype": "bigint"}) == [("failed", 1)]


def test_in_parallel_rules_of_one_name_overwrite_each_other_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [-1, 2], "b": [5, 6]})
    rules = (BETWEEN(columns=["a"], min_value=0), BETWEEN(columns=["b"], min_value=0))
    assert alone(tmp_path, frame, *rules, parallel=True).success
    assert not alone(tmp_path, frame, *rules).success
    ranges = ({"type": "in_range", "column": column, "min": 0} for column in "ab")
    assert ours(frame, *ranges, parallel=True, max_workers=2) == [("failed", 1), ("passed", 0)]


def test_unique_counts_null_as_a_value_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": [1, 2, 2, 3, None, None]})
    assert alone(tmp_path, frame, UNIQUE(columns=["id"])).success
    assert ours(frame, {"type": "unique", "column": "id"}) == [("failed", 2)]


def test_unique_counts_surplus_rows_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": [1, 1, 1, 2]})
    (issue,) = alone(tmp_path, frame, UNIQUE(columns=["id"])).issues
    assert issue.count == 2
    assert ours(frame, {"type": "unique", "column": "id"}) == [("failed", 3)]


def test_issues_without_a_name_are_about_their_rule(tmp_path: Path) -> None:
    frame = pl.DataFrame({"t": ["a", "b", None], "u": ["b", "b", "b"]})
    found = alone(tmp_path, frame, REGEX(columns=["t"], pattern="a"), REGEX(columns=["u"], pattern="a"))
    assert {issue.validator_name for issue in found.issues} == {None}
    patterns = ({"type": "regex", "column": column, "pattern": "a"} for column in "tu")
    completeness = {"type": "completeness", "column": "t", "threshold": 0.5}
    assert ours(frame, *patterns, completeness) == [("failed", 1), ("failed", 3), ("passed", 1)]


def test_blank_text_matches_every_pattern_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"t": ["abc", "", "   "]})
    assert alone(tmp_path, frame, REGEX(columns=["t"], pattern="^[a-z]+$")).success
    assert ours(frame, {"type": "regex", "column": "t", "pattern": "^[a-z]+$"}) == [("failed", 2)]


def test_large_tables_are_extrapolated_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"t": ["x"] * 20_000 + ["a"] * 40_000})
    (issue,) = alone(tmp_path, frame, REGEX(columns=["t"], pattern="^a$")).issues
    assert issue.count != 20_000
    assert ours(frame, {"type": "regex", "column": "t", "pattern": "^a$"}) == [("failed", 20_000)]


def test_references_raise_there_where_nothing_is_amiss(tmp_path: Path) -> None:
    frame, there = pl.DataFrame({"k": [1, 2]}), pl.DataFrame({"id": [1, 2, 3]})
    with pytest.raises(IndexError):
        alone(
            tmp_path, frame, REFERENCE(column="k", reference_data=there, reference_column="id"), catch_exceptions=False
        )
    there.write_parquet(tmp_path / "there.parquet")
    references = {"table": str(tmp_path / "there.parquet"), "column": "id"}
    assert ours(frame, {"type": "foreign_key", "column": "k", "references": references}) == [("passed", 0)]


def test_an_error_hides_beside_the_issues_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"n": [1, 2, 3]})
    found = alone(tmp_path, frame, IN_SET(columns=["n"], allowed_values=["a"]))
    # Whoever counts issues finds one row at fault, where nothing was evaluated.
    assert (len(found.execution_issues), sum(issue.count for issue in found.issues)) != (0, 3)
    with pytest.raises(RuleError, match="cannot be compared"):
        ours(frame, {"type": "in_set", "column": "n", "values": ["a"]})


def test_values_that_a_column_cannot_hold_are_in_no_set() -> None:
    frame = pl.DataFrame({"n": [1, 2, 300]})
    assert ours(frame, {"type": "in_set", "column": "n", "values": [1, 2.5, 2**70]}) == [("failed", 2)]


def test_an_error_of_the_library_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("value 4711")

    monkeypatch.setattr(truthound, "check", broken)
    frame, rule = pl.DataFrame({"n": [1]}), {"type": "not_null", "column": "n"}
    report = get_engine("truthound").check(frame, [rule])
    assert (report.results[0].status, report.passed) == ("error", False)
    assert "RuntimeError: value 4711" in report.results[0].message
    masked = get_engine("truthound").check(frame, [rule], mask=["n"])
    assert "4711" not in str(masked.to_dict())


def test_issues_of_execution_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    class Found:
        execution_issues = ("it broke",)
        issues = ()

    monkeypatch.setattr(truthound, "check", lambda *_, **__: Found())
    report = get_engine("truthound").check(pl.DataFrame({"n": [1]}), [{"type": "not_null", "column": "n"}])
    assert (report.results[0].status, report.passed) == ("error", False)


def test_it_writes_nothing_but_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"n": [1, None], "t": ["a", "b"]})
    engine = get_engine("truthound")
    engine.check(frame, [{"type": "not_null", "column": "n"}])
    engine.profile(frame)
    engine.learn(frame)
    assert list(tmp_path.iterdir()) == []
    truthound.check(frame, validators=[NOT_NULL(columns=["n"])])
    assert [path.name for path in tmp_path.iterdir()] == [".truthound"]


def test_tables_of_more_than_100_000_rows(tmp_path: Path) -> None:
    import sqlalchemy as sa

    database = sa.create_engine(f"sqlite:///{tmp_path / 'large.sqlite'}")
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE n (v INTEGER)")
        connection.exec_driver_sql(
            "INSERT INTO n WITH RECURSIVE c(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM c WHERE v < 100500) "
            "SELECT v FROM c"
        )
    report = get_engine("truthound").check(database, [{"type": "in_range", "column": "v", "max": 100_000}], table="n")
    assert (report.total_rows, report.results[0].failed_rows) == (100_500, 500)
    database.dispose()
