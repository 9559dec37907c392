"""What great-expectations and pandera get wrong, or do behind one's back, and that the engines do not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from dq_core import EngineError
from dq_core.engines import get_engine


@pytest.mark.parametrize("given", [None, "true"])
def test_telemetry_is_off_before_the_import_unless_the_user_wants_it(given: str | None, tmp_path: Path) -> None:
    code = (
        "import os, sys; from dq_core.engines import get_engine; assert 'great_expectations' not in sys.modules;"
        "get_engine('great_expectations'); print(os.environ['GX_ANALYTICS_ENABLED'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "GX_ANALYTICS_ENABLED"}
    if given is not None:
        environment["GX_ANALYTICS_ENABLED"] = given
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == (given or "false")


LARGE = [{"n": 2**53 + 1}, {"n": 2**53}, {"n": None}]


@pytest.mark.parametrize("name", ["great_expectations", "pandera", "truthound"])
def test_large_integers_beside_nulls_keep_their_digits(name: str) -> None:
    # Through pandas they would become floats: 2**53 + 1 is 2**53 there.
    rules = [{"type": "in_set", "column": "n", "values": [2**53]}, {"type": "unique", "column": "n"}]
    report = get_engine(name).check(LARGE, rules)
    assert [result.failed_rows for result in report.results] == [1, 0]


@pytest.mark.parametrize("name", ["great_expectations", "pandera", "truthound"])
def test_a_float_in_a_list_makes_no_floats_of_large_integers(name: str) -> None:
    rules = [{"type": kind, "column": "n", "values": [2**53 + 1, 0.5]} for kind in ("in_set", "not_in_set")]
    assert [result.failed_rows for result in get_engine(name).check(LARGE, rules).results] == [1, 1]


@pytest.mark.parametrize("name", ["great_expectations", "pandera", "truthound"])
def test_types_of_integers(name: str) -> None:
    table = pa.table({"u": pa.array([1, 2], pa.uint64()), "i": pa.array([1, 2], pa.int16())})
    rules = [{"type": "type", "column": column, "dtype": "integer"} for column in "ui"]
    rules.append({"type": "type", "column": "i", "dtype": "smallint"})
    assert [result.failed_rows for result in get_engine(name).check(table, rules).results] == [0, 0, 0]
    with pytest.raises(EngineError, match="i is SMALLINT, and a frame does not tell that from bigint"):
        get_engine(name).check(table, [{"type": "type", "column": "i", "dtype": "bigint"}])


@pytest.mark.parametrize("name", ["great_expectations", "truthound"])
def test_a_statistic_of_infinities_is_no_statistic_of_the_others(name: str) -> None:
    rule = {"type": "statistic", "column": "x", "statistic": "mean", "max": 3}
    (found,) = get_engine(name).check(pa.table({"x": [1.0, float("inf")]}), [rule]).results
    assert (found.status, found.observed) == ("error", None)
    assert "x holds NaN or infinities" in found.message


def test_large_integers_are_no_bounds_of_great_expectations() -> None:
    rule = {"type": "in_range", "column": "n", "min": 2**53, "strict_min": True}
    with pytest.raises(EngineError, match="large integers"):
        get_engine("great_expectations").check(LARGE, [rule])
    for name in ("pandera", "truthound"):
        assert get_engine(name).check(LARGE, [rule]).results[0].failed_rows == 1


@pytest.mark.parametrize("name", ["great_expectations", "pandera", "truthound"])
def test_nan_is_no_null(name: str) -> None:
    table = pa.table({"x": pa.array([float("nan"), None, 1.0])})
    rules = [
        {"type": "not_null", "column": "x"},
        {"type": "null", "column": "x"},
        {"type": "in_range", "column": "x", "min": 0},
        {"type": "in_set", "column": "x", "values": [1]},
        {"type": "not_in_set", "column": "x", "values": [1]},
    ]
    report = get_engine(name).check(table, rules)
    assert [(result.failed_rows, result.considered_rows) for result in report.results] == [
        (1, 3), (2, 3), (1, 2), (1, 2), (1, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["great_expectations", "pandera", "truthound"])
def test_results_come_in_the_order_of_the_rules(name: str) -> None:
    rows = [{"b": 1, "a": None}, {"b": 1, "a": 2}]
    rules = [
        {"type": kind, "column": column, "name": f"{kind} {column} {place}"}
        for place in range(3)
        for column in "ba"
        for kind in ("unique", "not_null", "null")
    ]
    report = get_engine(name).check(rows, rules)
    assert [result.check_name for result in report.results] == [rule["name"] for rule in rules]


def test_a_check_that_raises_is_no_failed_row_of_pandera(monkeypatch: pytest.MonkeyPatch) -> None:
    import pandera.pandas as pandera

    def broken(_: object) -> bool:
        raise RuntimeError("4711")

    monkeypatch.setattr(pandera.Check, "ge", lambda _: pandera.Check(broken))
    report = get_engine("pandera").check([{"n": 1}, {"n": 2}], [{"type": "in_range", "column": "n", "min": 0}])
    assert (report.results[0].status, report.passed) == ("error", False)
    assert "4711" in report.results[0].message


@pytest.mark.parametrize(
    "variable", [{"PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}, {"PANDERA_VALIDATION_ENABLED": "False"}]
)
def test_validation_that_the_environment_switches_off(variable: dict[str, str], tmp_path: Path) -> None:
    code = """
import pandas, pandera.pandas as pandera
schema = pandera.DataFrameSchema({"n": pandera.Column(checks=pandera.Check.ge(0))})
schema.validate(pandas.DataFrame({"n": [1, -2]}), lazy=True)  # It passes there.
from dq_core.engines import get_engine
report = get_engine("pandera").check([{"n": 1}, {"n": -2}], [{"type": "in_range", "column": "n", "min": 0}])
print(report.results[0].status, report.results[0].failed_rows)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variable},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "failed 1"


@pytest.mark.parametrize("name", ["great_expectations", "pandera"])
def test_nothing_is_written_at_home_either(name: str, tmp_path: Path) -> None:
    code = (
        f"from dq_core.engines import get_engine; engine = get_engine({name!r});"
        "engine.check([{'n': 1}], [{'type': 'not_null', 'column': 'n'}])"
    )
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=work, capture_output=True, text=True, check=True)
    assert [path for folder in (home, work) for path in folder.rglob("*") if path.is_file()] == []
