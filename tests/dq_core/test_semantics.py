"""Databases that no conformance suite ran on: what depends on them is refused, or taken as they mean it if asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from dq_core import RuleError, Suite, get_engine, learn, profile, validate
from dq_core.checks import KINDS
from dq_core.cli import main
from dq_core.learning import LearnedSuite
from dq_core.profiling import Profile
from dq_core.quarantine import quarantine
from dq_core.relation.dialects import dialect_for
from dq_core.report import Report

TEXT_RULES: list[dict[str, Any]] = [
    {"type": "in_set", "column": "code", "values": ["AB1"]},
    {"type": "not_in_set", "column": "code", "values": ["AB1"]},
    {"type": "in_range", "column": "code", "min": "a"},
    {"type": "unique", "column": "code"},
    {"type": "unique", "columns": ["id", "code"]},
    {"type": "distinct_count", "column": "code", "min": 2},
    {"type": "regex", "column": "code", "pattern": "^A"},
    {"type": "not_regex", "column": "code", "pattern": "^A"},
    {"type": "statistic", "column": "code", "statistic": "max", "max": "z"},
    {"type": "foreign_key", "column": "code", "references": {"table": "t", "column": "code"}},
]
OTHER_RULES: list[dict[str, Any]] = [
    {"type": "not_null", "column": "code"},
    {"type": "null", "column": "code"},
    {"type": "completeness", "column": "code", "threshold": 0.5},
    {"type": "type", "column": "code", "dtype": "text"},
    {"type": "schema", "columns": {"id": "integer", "code": "text"}},
    {"type": "row_count", "min": 3},
    {"type": "in_range", "column": "id", "min": 2},
    {"type": "in_set", "column": "id", "values": [1, 2]},
    {"type": "unique", "column": "id"},
    {"type": "distinct_count", "column": "id", "min": 3},
    {"type": "statistic", "column": "id", "statistic": "mean", "min": 1},
    {"type": "expression", "sql": "id > 0 AND lower(code) = 'ab1'"},
    {"type": "not_null", "column": "id", "where": "id > 1"},
    {"type": "custom", "function": len and bool},
]


class Odd(SQLiteDialect_pysqlite):
    """A database that nobody knows."""

    name = "odd"
    supports_statement_cache = True


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    monkeypatch.setitem(registry.impls, "odd", lambda: Odd)
    engine = sa.create_engine(f"odd:///{tmp_path / 'odd.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER, code TEXT)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'AB1'), (2, 'ab1'), (3, NULL)")
    yield engine
    engine.dispose()


def test_what_depends_on_it_is_refused_by_name_and_all_at_once(odd: sa.Engine) -> None:
    seen: list[str] = []
    sa.event.listen(odd, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with pytest.raises(RuleError, match='semantics="database"') as refused:
        validate(odd, [*TEXT_RULES, *OTHER_RULES], table="t")
    problems = refused.value.problems
    assert len(problems) == len(TEXT_RULES)
    for rule, problem in zip(TEXT_RULES, problems, strict=True):
        assert f"{rule['type']} compares values of code" in problem
        assert " odd;" in problem
    assert not [sql for sql in seen if "count(" in sql and "0 = 1" not in sql]


def test_all_other_rules_work(odd: sa.Engine) -> None:
    report = validate(odd, OTHER_RULES, table="t")
    found = {(result.type, result.column): (result.status, result.failed_rows) for result in report.results}
    assert [status for status, _ in found.values() if status == "error"] == []
    assert found["not_null", "code"] == ("failed", 1)
    assert found["in_range", "id"] == ("failed", 1)
    assert found["row_count", None] == ("passed", None)
    assert "semantics" not in report.to_dict()


def test_every_kind_is_in_one_of_the_lists() -> None:
    # freshness and length are about times and numbers of characters; same_rows requires forms of values that both
    # sides write alike.
    kinds = {cls.kind for cls in KINDS.values() if cls.__module__.startswith("dq_core.")}
    assert {rule["type"] for rule in (*TEXT_RULES, *OTHER_RULES)} | {"freshness", "length", "same_rows"} == kinds
    assert all(KINDS[rule["type"]].compares for rule in TEXT_RULES)


@pytest.mark.parametrize("semantics", ["portable", "database"])
def test_rows_without_canonical_forms_are_never_compared(odd: sa.Engine, semantics: str) -> None:
    rule = {"type": "same_rows", "source": [{"id": 1, "code": "AB1"}]}
    with pytest.raises(RuleError, match="no canonical forms of values"):
        validate(odd, [rule], table="t", semantics=semantics)


def test_the_report_states_the_meaning_of_the_database(odd: sa.Engine) -> None:
    report = validate(odd, [TEXT_RULES[0]], table="t", semantics="database")
    assert report.results[0].failed_rows == 1
    assert (report.semantics, report["semantics"], report.to_dict()["semantics"]) == ("database",) * 3
    for shown in (report.to_text(), report.to_markdown(), report.to_html()):
        assert "no conformance suite" in shown
    assert Report.from_dict(report.to_dict()).to_dict() == report.to_dict()
    assert Suite([TEXT_RULES[0]])(odd, table="t", semantics="database").semantics == "database"
    assert get_engine("dq_core").check(odd, [TEXT_RULES[0]], table="t", semantics="database").semantics == "database"


def test_on_other_databases_the_meaning_stays_the_same() -> None:
    report = validate([{"code": "a"}], [TEXT_RULES[0]], semantics="database")
    assert report.semantics == "portable"
    with pytest.raises(RuleError, match="semantics must be one of 'portable', 'database', not 'databse'"):
        validate([{"code": "a"}], [TEXT_RULES[0]], semantics="databse")


def test_quarantine(odd: sa.Engine) -> None:
    with pytest.raises(RuleError, match="in_set compares values of code"):
        quarantine(odd, [TEXT_RULES[0]], table="t", to="bad")
    done = quarantine(odd, [TEXT_RULES[0]], table="t", to="bad", semantics="database")
    assert (done.quarantined_rows, done.semantics) == (1, "database")
    assert quarantine(odd, [OTHER_RULES[0]], table="t", to="worse").semantics == "portable"


def test_profile_and_learn(odd: sa.Engine) -> None:
    for verb in (profile, learn):
        with pytest.raises(RuleError, match=r"values of code \(TEXT\).* on odd"):
            verb(odd, table="t")
    assert profile(odd, table="t", columns=["id"]).column("id").distinct_count == 3
    assert learn(odd, table="t", columns=["id"]).semantics == "portable"
    assert {rule.type for rule in learn(odd, table="t", kinds=["not_null"])} <= {"not_null"}
    found = profile(odd, table="t", semantics="database")
    assert Profile.from_dict(found.to_dict()) == found
    assert "no conformance suite" in found.to_text()
    learned = learn(odd, table="t", semantics="database")
    assert LearnedSuite.from_dict(learned.to_dict()).semantics == "database"


def test_the_command(odd: sa.Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("- {type: in_set, column: code, values: [AB1]}\n")
    words = ["check", str(odd.url), "--table", "t", "--rules", str(rules)]
    assert main(words) == 2
    assert "in_set compares values of code" in capsys.readouterr().err
    assert main([*words, "--semantics", "database"]) == 1
    assert "no conformance suite" in capsys.readouterr().out
    assert main(["profile", str(odd.url), "--table", "t"]) == 2
    assert main(["profile", str(odd.url), "--table", "t", "--semantics", "database"]) == 0


def test_mysql_is_no_database_that_the_suite_ran_on() -> None:
    assert not dialect_for(sa.create_engine("mysql+pymysql://x@y/z").dialect).conforms
    names = ("sqlite://", "duckdb://", "postgresql+psycopg://x@y/z", "mariadb+pymysql://x@y/z")
    assert all(dialect_for(sa.create_engine(name).dialect).conforms for name in names)
