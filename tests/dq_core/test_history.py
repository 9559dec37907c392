"""Results in SQL tables, and the drift of a new report beside them, on every database."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from dq_core import Report, RuleError, validate
from dq_core.history import History
from support.reports import report, result

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)


def of_day(day: int, rows: int, nulls: int = 0) -> Report:
    """The report of one day: its rows, and how many emails are missing."""
    return report(
        result(failed_rows=nulls, considered_rows=rows, status="failed" if nulls else "passed"),
        result("mean_age", type="statistic", failed_rows=None, considered_rows=None, observed=30 + rows % 3),
        total_rows=rows,
        started_at=(DAY + dt.timedelta(days=day)).isoformat(),
    )


@pytest.fixture
def history(engine: sa.Engine) -> History:
    return History(engine)


@pytest.fixture(params=["sqlite", "duckdb", None], ids=["sqlite", "duckdb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> sa.URL:
    if request.param is None:
        return request.getfixturevalue("postgresql_url")  # type: ignore[no-any-return]
    return sa.make_url(f"{request.param}:///{tmp_path / 'history.db'}")


def test_several_that_begin_at_once_are_all_recorded(url: sa.URL) -> None:
    engine = sa.create_engine(url)
    together = Barrier(4)

    def record(day: int) -> str:
        together.wait()
        return History(engine, prefix="at_once_").record(of_day(day, 100, nulls=1), suite="users", run_id=f"run-{day}")

    with ThreadPoolExecutor(4) as threads:
        recorded = list(threads.map(record, range(4)))
    points = History(engine, prefix="at_once_").points("total_rows", suite="users")
    assert [point.run_id for point in points] == recorded
    engine.dispose()


def test_values_come_back_oldest_first(history: History) -> None:
    for day, rows in ((2, 300), (0, 100), (1, 200)):
        history.record(of_day(day, rows, nulls=rows // 100), suite="users", run_id=f"run-{day}")
    points = history.points("total_rows", suite="users")
    assert [(point.run_id, point.value) for point in points] == [("run-0", 100), ("run-1", 200), ("run-2", 300)]
    assert points[0].started_at == DAY.replace(tzinfo=None)
    assert [point.value for point in history.points("not_null_email", suite="users")] == [0.01, 0.01, 0.01]
    assert [point.value for point in history.points("mean_age", suite="users")] == [31, 32, 30]
    assert [point.value for point in history.points("mean_age", suite="users", last=2)] == [32, 30]
    assert [point.value for point in history.points("mean_age", suite="users", before=DAY)] == []


def test_runs_without_rows_have_no_share(history: History) -> None:
    for day in range(6):
        history.record(of_day(day, 0), suite="users")
    assert history.points("not_null_email", suite="users") == ()
    drifts = {drift.metric: drift for drift in history.drift(of_day(9, 5, nulls=1), suite="users")}
    assert drifts["not_null_email"].observations == 0
    assert "not_null_email" not in {drift.metric for drift in history.drift(of_day(9, 0), suite="users")}


@pytest.mark.parametrize(("observed", "value"), [("Infinity", math.inf), ("-Infinity", -math.inf), ("NaN", math.nan)])
def test_a_statistic_that_is_not_finite_is_an_alarm_and_no_value_of_later_bounds(
    history: History, observed: str, value: float
) -> None:
    def mean(day: int, of: object) -> Report:
        one = result("mean_age", type="statistic", failed_rows=None, considered_rows=None, observed=of)
        return report(one, started_at=(DAY + dt.timedelta(days=day)).isoformat())

    for day in range(6):
        history.record(mean(day, 30 + day % 3), suite="users")
    odd = mean(7, observed)
    judged = history.judge(odd, suite="users", severity="error")
    assert not judged.passed
    assert judged.results[-1].observed == observed
    assert Report.from_dict(json.loads(judged.to_json())) == judged
    assert repr(history.drift(odd, suite="users")[-1].value) == repr(value)
    history.record(odd, suite="users")
    assert history.judge(mean(8, 31), suite="users", severity="error").passed
    assert len(history.points("mean_age", suite="users")) == 6


def test_suites_do_not_mix(history: History) -> None:
    history.record(of_day(0, 100), suite="users")
    history.record(of_day(0, 7), suite="orders")
    assert [point.value for point in history.points("total_rows", suite="orders")] == [7]
    assert history.points("total_rows", suite="nobody") == ()


def test_a_run_that_is_recorded_again_is_replaced(history: History) -> None:
    history.record(of_day(0, 100), suite="users", run_id="scheduled-2026-11-01")
    history.record(of_day(0, 120), suite="users", run_id="scheduled-2026-11-01")
    assert [point.value for point in history.points("total_rows", suite="users")] == [120]
    assert len(history.points("mean_age", suite="users")) == 1


def test_the_tables_can_be_read_by_anybody(engine: sa.Engine) -> None:
    History(engine, prefix="quality_").record(of_day(0, 100, nulls=3), suite="users", run_id="one")
    with engine.connect() as connection:
        run = connection.execute(sa.text("SELECT suite, overall_status, total_rows FROM quality_runs")).one()
        rows = connection.execute(
            sa.text("SELECT metric, status, failed_rows, considered_rows, value FROM quality_results ORDER BY position")
        ).all()
    assert tuple(run) == ("users", "failed", 100)
    assert list(map(tuple, rows)) == [
        ("not_null_email", "failed", 3, 100, 0.03),
        ("mean_age", "passed", None, None, 31.0),
    ]


@pytest.mark.parametrize("name", ["suite", "run_id"])
def test_what_identifies_a_run_holds_no_secret(history: History, name: str) -> None:
    with pytest.raises(RuleError, match=rf"{name} must hold no secret.*u:\*\*\*@h") as refused:
        history.record(of_day(0, 100), **{"suite": "users", name: "load of postgresql://u:s3cr3t@h/x"})
    assert "s3cr3t" not in str(refused.value)


def test_what_was_not_evaluated_has_no_value(history: History) -> None:
    broken = report(result("a", "error", failed_rows=None, considered_rows=None), result("b", observed="text",
        failed_rows=None, considered_rows=None))  # fmt: skip
    history.record(broken, suite="users")
    assert history.points("a", suite="users") == history.points("b", suite="users") == ()


def test_checks_of_one_name_are_told_apart(history: History) -> None:
    history.record(report(result("a", failed_rows=1), result("a", failed_rows=2)), suite="users")
    assert [history.points(metric, suite="users")[0].value for metric in ("a", "a#2")] == [0.001, 0.002]


def test_drift_of_rows_and_null_shares(history: History) -> None:
    for day in range(30):
        history.record(of_day(day, 1000 + day * 7 % 11, nulls=day % 3), suite="users")
    healthy, fewer, emptier = of_day(31, 1004, nulls=1), of_day(31, 400, nulls=1), of_day(31, 1004, nulls=300)

    def drifted(new: Report) -> list[str]:
        return [drift.metric for drift in history.drift(new, suite="users") if drift.drifted]

    assert drifted(healthy) == []
    assert drifted(fewer) == ["total_rows"]
    assert drifted(emptier) == ["not_null_email"]


def test_the_rate_is_that_of_the_whole_report(history: History) -> None:
    for day in range(6):
        history.record(of_day(day, 1000 + day), suite="users")
    drifts = history.drift(of_day(7, 1000), suite="users", false_alarm_rate=0.03)
    assert [drift.bounds.false_alarm_rate for drift in drifts if drift.bounds] == pytest.approx([0.01] * 3)


def test_the_report_itself_and_later_ones_are_not_its_history(history: History) -> None:
    for day in range(10):
        history.record(of_day(day, 1000), suite="users")
    assert {drift.observations for drift in history.drift(of_day(6, 1000), suite="users")} == {6}


def test_growth_is_no_drift_when_changes_are_compared(history: History) -> None:
    for day in range(40):
        history.record(of_day(day, 1000 + 100 * day + day * 7 % 5), suite="users")
    grown = of_day(40, 5002)
    (values, *_), (changes, *_) = (history.drift(grown, suite="users", lag=lag) for lag in (0, 1))
    assert (values.value, values.drifted) == (5002, False)
    assert changes.bounds is not None
    assert 90 < changes.bounds.low < changes.value < changes.bounds.high < 110
    (stuck, *_) = history.drift(of_day(40, 4902), suite="users", lag=1)
    assert stuck.drifted


def test_a_report_can_carry_its_drift(history: History) -> None:
    for day in range(8):
        history.record(of_day(day, 1000 + day % 2), suite="users")
    fewer = of_day(9, 10)
    warned = history.judge(fewer, suite="users")
    failed = history.judge(fewer, suite="users", severity="error")
    assert (warned.passed, failed.passed) == (True, False)
    (rows,) = (one for one in failed.results if one.check_name == "drift_total_rows")
    assert (rows.type, rows.status, rows.observed) == ("drift", "failed", 10.0)
    assert "outside of" in rows.message
    assert Report.from_dict(failed.to_dict()).to_dict() == failed.to_dict()
    assert "drift_total_rows" in failed.to_html()


def test_a_history_that_is_too_short_is_said_and_skipped(history: History) -> None:
    history.record(of_day(0, 1000), suite="users")
    judged = history.judge(of_day(1, 5), suite="users")
    assert [one.status for one in judged.results if one.type == "drift"] == ["skipped"] * 3
    assert judged.passed


def test_bounds_of_one_metric(history: History) -> None:
    for day in range(5):
        history.record(of_day(day, 1000 + day), suite="users")
    bounds = history.bounds("total_rows", suite="users", false_alarm_rate=0.5)
    assert bounds is not None
    assert (bounds.low, bounds.high, bounds.method) == (1000, 1004, "order")
    assert history.bounds("nothing", suite="users") is None


def test_all_wrong_arguments_in_one_error(history: History) -> None:
    with pytest.raises(RuleError) as raised:
        history.drift(of_day(0, 1), suite="users", false_alarm_rate=2.0, method="ordr", last=0, lag=-1)
    assert len(raised.value.problems) == 4
    assert "Did you mean 'order'?" in str(raised.value)


def test_a_wrong_severity_is_refused(history: History) -> None:
    with pytest.raises(RuleError, match="Did you mean 'warning'"):
        history.judge(of_day(0, 1), suite="users", severity="warnin")


def test_no_password_in_the_repr() -> None:
    assert "secret" not in repr(History("postgresql+psycopg://etl:secret@localhost/db"))


def test_names_that_no_database_stores(engine: sa.Engine) -> None:
    """They come from columns of frames; a path that is no UTF-8 is recorded with escapes."""
    history = History(engine)
    report = validate([{"id": 1}], [{"type": "not_null", "column": "id", "name": "a\ud800"}])
    for call in (history.record, history.judge):
        with pytest.raises(RuleError, match="the name of a check has characters that no database stores"):
            call(report, suite="s")
    odd = dataclasses.replace(validate([{"id": 1}], [{"type": "not_null", "column": "id"}]), source="caf\udce9.csv")
    history.record(odd, suite="s", run_id="1")
    with history.engine.connect() as connection:
        sources = connection.execute(sa.text("SELECT source FROM dq_runs")).scalars().all()
    assert sources == ["caf\\udce9.csv"]
