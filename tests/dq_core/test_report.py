from __future__ import annotations

import datetime as dt
import decimal
import json
import pickle
import uuid
from typing import Any

import numpy as np
import pytest

from dq_core import CheckFailedError, CheckResult, Report, RuleError, compare, learn, profile, validate
from dq_core.report.jsonable import measure, plain
from support.reports import report as report_of
from support.reports import result as result_of

ROWS = [{"id": 1, "age": 5}, {"id": 2, "age": None}, {"id": 2, "age": -1}]
RULES: list[dict[str, Any]] = [
    {"type": "row_count", "min": 1},
    {"type": "unique", "column": "id", "description": "one row for each person"},
    {"type": "in_range", "column": "age", "min": 0, "severity": "warning"},
    {"type": "not_null", "column": "age", "severity": "info"},
    {"type": "custom", "function": lambda rows: rows[9]},
]


@pytest.fixture
def report() -> Report:
    return validate(ROWS, RULES)


def test_the_keys_are_those_of_the_format(report: Report) -> None:
    assert list(report) == [
        "overall_status", "total_checks", "passed_checks", "failed_checks", "warning_checks", "error_checks",
        "total_rows", "execution_time_seconds", "statements", "source", "started_at", "results",
    ]  # fmt: skip
    assert list(report["results"][0]) == [
        "check_name", "type", "column", "severity", "status", "passed", "message", "failed_rows", "considered_rows",
        "observed", "samples", "sql", "details",
    ]  # fmt: skip
    counts = [
        report[key] for key in ("total_checks", "passed_checks", "failed_checks", "warning_checks", "error_checks")
    ]
    assert counts == [5, 1, 1, 2, 1]
    assert (report["overall_status"], report.passed, report["total_rows"]) == ("failed", False, 3)
    assert dt.datetime.fromisoformat(report["started_at"]).utcoffset() == dt.timedelta()
    assert report["execution_time_seconds"] > 0


def test_it_reads_as_a_mapping(report: Report) -> None:
    assert dict(report) == report.to_dict() == report
    assert report.get("nothing") is None
    assert len(report) == 12
    assert report.results[1]["failed_rows"] == report["results"][1]["failed_rows"] == report.results[1].failed_rows == 2
    with pytest.raises(KeyError):
        report["nope"]


def test_it_comes_back_from_json_and_pickle(report: Report) -> None:
    again = Report.from_dict(json.loads(report.to_json()))
    assert again == report
    assert again.to_dict() == report.to_dict()
    assert isinstance(again.results[0], CheckResult)
    assert pickle.loads(pickle.dumps(report)) == report
    assert Report.from_dict({**report.to_dict(), "total_rows": 4}) != report


def test_warnings_do_not_fail_and_errors_always_do() -> None:
    warned = validate(ROWS, RULES[2:4])
    assert (warned.passed, warned.warning_checks, warned.failed_checks) == (True, 2, 0)
    assert not warned.results[0].passed
    broken = validate(ROWS, [{**RULES[4], "severity": "info"}])
    assert (broken.passed, broken.error_checks, broken.failed_checks) == (False, 1, 0)


def test_raise_if_failed(report: Report) -> None:
    with pytest.raises(CheckFailedError, match="2 of 5 checks did not pass: unique_id, custom") as caught:
        report.raise_if_failed()
    assert caught.value.report is report
    assert pickle.loads(pickle.dumps(caught.value)).report == report
    passed = validate(ROWS, RULES[:1])
    assert passed.raise_if_failed() is passed


def test_details_hold_the_rule(report: Report) -> None:
    assert report.results[1].details == {
        "description": "one row for each person",
        "rule": {"type": "unique", "column": "id", "description": "one row for each person"},
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (decimal.Decimal("1.10"), "1.10"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (10**400, 10**400),
        (dt.date(2024, 1, 2), "2024-01-02"),
        (dt.datetime(2024, 1, 2, 3, 4, 5, 6, dt.UTC), "2024-01-02T03:04:05.000006+00:00"),
        (dt.time(1, 2), "01:02:00"),
        (dt.timedelta(days=1, seconds=0.5), "P1DT0.5S"),
        (b"\x00\xff", "0x00ff"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        ({"a": [1, (2.0, None)], 3: {4}}, {"a": [1, [2.0, None]], "3": [4]}),
        (np.int64(5), 5),
        (np.float64("inf"), "Infinity"),
        (np.datetime64("2024-01-02"), "2024-01-02"),
        (True, True),
        ("x" * 2000, "x" * 1000 + "…"),
        (b"x" * 2000, "0x" + "78" * 499 + "…"),
    ],
    ids=repr,
)
def test_values_are_made_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected
    json.dumps(plain(value), allow_nan=False)


def test_measurements_stay_numbers() -> None:
    assert (measure(decimal.Decimal("3.00")), measure(decimal.Decimal("2.5"))) == (3, 2.5)
    assert isinstance(measure(decimal.Decimal(3)), int)
    assert measure(decimal.Decimal("NaN")) == "NaN"


def verdicts() -> list[Report]:
    """Reports of every status and severity, made by hand, by a validation, and read from JSON."""
    made = [
        report_of(result_of(status=status, passed=status == "passed", severity=severity))
        for status in ("passed", "failed", "error", "skipped")
        for severity in ("info", "warning", "error", "critical")
    ]
    validated = [validate(rows, [{"type": "not_null", "column": "id"}]) for rows in ([{"id": 1}], [{"id": None}])]
    both = [*made, *validated, report_of()]
    return [*both, *(Report.from_dict(json.loads(one.to_json())) for one in both)]


def test_truth_is_the_verdict() -> None:
    for report in verdicts():
        assert bool(report) is report.passed
        assert [bool(result) for result in report.results] == [result.passed for result in report.results]
        assert [bool(failure) for failure in report.failures] == [False] * len(report.failures)
    assert {bool(report) for report in verdicts()} == {True, False}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"results": []}, "overall_status is 'failed', and its results say 'passed'"),
        ({"overall_status": "passed"}, "overall_status is 'passed', and its results say 'failed'"),
        ({"total_rows": "3"}, "total_rows must be a whole number"),
        ({"source": None}, "source must be a string"),
        ({"passed_checks": 1}, "passed_checks is 1, and its results say 0"),
        ({"total_rows": -1}, "total_rows must be a whole number that is not negative"),
        ({"execution_time_seconds": float("nan")}, "execution_time_seconds must be a finite number of seconds"),
        ({"started_at": "x"}, "started_at must be a timestamp"),
        ({"failed_rows": -1}, "failed_rows must be a whole number that is not negative"),
        ({"status": "FAILED"}, "status must be 'passed' or 'failed'"),
        ({"severity": "fatal"}, "severity must be 'info' or"),
        ({"passed": True}, "passed must be False, not True"),
        ({"check_name": None}, "check_name must be a string"),
        ({"considered_rows": "x"}, "considered_rows must be a whole number"),
        ({"samples": [1]}, "samples must be a list of"),
    ],
)
def test_what_is_no_verdict_is_not_read_as_one(changed: dict[str, Any], problem: str) -> None:
    stored = json.loads(validate([{"id": None}], [{"type": "not_null", "column": "id"}]).to_json())
    if not changed.keys() & stored.keys():
        changed = {"results": [stored["results"][0] | changed]}
    with pytest.raises(RuleError, match=problem):
        Report.from_dict(stored | changed)


def test_every_field_of_a_document_is_of_its_type() -> None:
    documents = (profile(ROWS), learn(ROWS * 9), compare(ROWS, ROWS), profile(ROWS).columns[0])
    for document in documents:
        stored = document.to_dict()
        assert type(document).from_dict(stored).to_dict() == stored
        for name in stored.keys() - {"min", "max", "tolerance"}:
            with pytest.raises(RuleError, match="as to_dict"):
                type(document).from_dict(stored | {name: 1j})
        for name, wrong in {"started_at": "soon", "execution_time_seconds": float("inf"), "row_count": -1}.items():
            if name in stored:
                with pytest.raises(RuleError, match=name):
                    type(document).from_dict(stored | {name: wrong})


HOSTILE = "<script>alert(1)</script>\x1b[31m\n"


@pytest.mark.parametrize("name", ["n0", HOSTILE])
def test_reports_show_themselves(name: str) -> None:
    rules = [{"type": "not_null", "column": "id", "name": f"{name} {number}"} for number in range(50)]
    report = validate([{"id": None, "text": HOSTILE}] * 3, rules)
    for value in (report, report.results[0]):
        html = value._repr_html_()
        assert ("n0 0" in html) == (name == "n0")
        assert "<script" not in html
        assert len(repr(value)) < 1000
        for text in (html, repr(value), str(value).replace("\n", "")):
            assert text.isprintable()
    assert str(report) == report.to_text()
    assert repr(report).startswith("<Report FAILED  50 checks: 50 failed; source ")
    assert str(report.results[0]).splitlines()[0].endswith(": failed (not_null on id, error)")


def test_profiles_and_learned_suites_show_themselves() -> None:
    rows = [{"v": number % 9, HOSTILE: str(number % 3)} for number in range(200)]
    for value in (profile(rows), learn(rows)):
        html = value._repr_html_()
        assert "<script" not in html
        assert ">v<" in html
        assert len(repr(value)) < 1000
        assert "200 rows" in repr(value)
        for text in (html, repr(value), str(value).replace("\n", "")):
            assert text.isprintable()
        assert str(value) == value.to_text()
