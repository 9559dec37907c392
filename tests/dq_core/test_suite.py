from __future__ import annotations

import datetime as dt
import decimal
import json
from pathlib import Path
from typing import Any

import pytest

from dq_core import Report, RuleError, SourceError, Suite

YAML = """
name: people
checks:
  - {type: not_null, column: id}
  - type: in_range
    column: born
    min: 1900-01-01
    severity: warning
"""
ROWS = [{"id": 1, "born": dt.date(1890, 1, 1)}, {"id": None, "born": None}]


def test_it_is_called_with_a_source() -> None:
    suite = Suite.from_yaml(YAML)
    assert suite.name == "people"
    report = suite(ROWS, samples=0)
    assert [result.status for result in report.results] == ["failed", "failed"]
    assert (report.failed_checks, report.warning_checks) == (1, 1)


@pytest.mark.parametrize("values", [[decimal.Decimal("1.5"), dt.time(8), b"x", dt.date(2024, 1, 1), "é: #", 1, True]])
def test_it_comes_back(values: list[Any]) -> None:
    suite = Suite(
        [
            *Suite.from_yaml(YAML).checks,
            {"type": "in_set", "column": "x", "values": values[3:]},
            {"type": "freshness", "column": "born", "max_age": dt.timedelta(days=1)},
            {"type": "type", "column": "x", "dtype": int},
            {"type": "unique", "columns": ["id", "born"]},
        ],
        name="all",
    )
    assert Suite.from_yaml(suite.to_yaml()) == suite
    assert Suite.from_dict(suite.to_dict()) == suite
    written = Suite([{"type": "in_set", "column": "x", "values": values}]).to_yaml()
    (check,) = Suite.from_yaml(written).checks
    assert check.to_dict()["values"] == [1.5, "08:00:00", *values[2:]]


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(YAML, encoding="utf-8")
    assert Suite.from_yaml(path) == Suite.from_yaml(YAML)
    path.write_text(json.dumps([{"type": "row_count", "min": 1}]), encoding="utf-8")
    assert Suite.from_yaml(path) == Suite([{"type": "row_count", "min": 1}])
    with pytest.raises(SourceError, match=r"file .*rule.yaml does not exist.\nHint: Did you mean '.*rules.yaml'"):
        Suite.from_yaml(tmp_path / "rule.yaml")
    with pytest.raises(RuleError, match=r"'rules.yaml' is neither a list.*\nHint: .*\(Path\('rules.yaml'\)\)"):
        Suite.from_yaml("rules.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Rules must be a list"),
        ("[]", "There are no checks"),
        ("a: [", "The rules are not valid YAML"),
        ("checks: []\nrules: []", "requires exactly one of the keys 'checks' and 'rules'"),
        ("cheks: [{type: row_count, min: 1}]", "A suite has no key 'cheks'. Did you mean 'checks'"),
        ("- {type: row_cout}", "Did you mean 'row_count'"),
        ("!!python/object/apply:os.getcwd []", "The rules are not valid YAML"),
    ],
)
def test_what_is_no_suite(text: str, problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        Suite.from_yaml(text)


@pytest.mark.parametrize("digits", ["0.1234567890123456789012345678", "12345678901234567890.5", "0.5", "1.0", "1E-30"])
def test_decimals_keep_their_digits(digits: str) -> None:
    suite = Suite([{"type": "in_range", "column": "x", "max": decimal.Decimal(digits)}])
    (check,) = Suite.from_yaml(suite.to_yaml()).checks
    assert decimal.Decimal(str(check.to_dict()["max"])) == decimal.Decimal(digits)
    assert Suite.from_yaml(suite.to_yaml()).to_yaml() == suite.to_yaml()


def test_reports_say_which_suite_made_them(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(YAML, encoding="utf-8")
    report = Suite.from_yaml(path)(ROWS)
    assert (report["suite"], report["rules_file"]) == ("people", str(path))
    assert f"Rules: people ({path})" in report.to_text()
    assert Report.from_dict(json.loads(report.to_json())).to_dict() == report.to_dict()
    plain = Suite(Suite.from_yaml(YAML).checks)(ROWS).to_dict()
    assert not {"suite", "rules_file"} & set(plain)
    assert Report.from_dict(plain).suite is None
