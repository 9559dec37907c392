"""The arguments of `check` mean the same with every engine."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

import dq_core
from dq_core import EngineError, MissingDependencyError, RuleError, ValidationTimeoutError
from dq_core.cli import main
from dq_core.engines import engine_names, get_engine, refusals
from support.fragments import HOSTILE

LIBRARIES = [name for name in engine_names() if name != "dq_core"]
ROWS = [{"id": place % 7, "t": "a" * (place % 4), "secret": f"s{place}"} for place in range(40)]
RULES = [
    {"type": "not_null", "column": "id"},
    {"type": "unique", "column": "id", "severity": "warning"},
    {"type": "length", "column": "t", "min": 1, "name": "filled", "description": "no empty ones"},
    {"type": "in_range", "column": "id", "max": 3},
]


@pytest.mark.parametrize("name", engine_names())
def test_reports_differ_in_nothing_but_time_and_statements(name: str) -> None:
    own = dq_core.validate(ROWS, RULES, samples=2, mask=["secret"]).to_dict()
    other = get_engine(name).check(ROWS, RULES, samples=2, mask=["secret"]).to_dict()
    for key in ("execution_time_seconds", "statements", "started_at"):
        assert type(other.pop(key)) is type(own.pop(key))
    # Which of the repeated rows a sample shows is the database's choice.
    assert len(other["results"][1].pop("samples")) == len(own["results"][1].pop("samples")) == 2
    assert other == own
    assert other["results"][2]["samples"][0]["secret"] == "***"


@pytest.mark.parametrize("name", engine_names())
def test_fail_fast_skips_what_follows_a_failure(name: str) -> None:
    report = get_engine(name).check(ROWS, RULES, fail_fast=True)
    assert [result.status for result in report.results] == ["passed", "failed", "failed", "skipped"]


@pytest.mark.parametrize("name", ["truthound", "pandera"])
def test_fail_fast_skips_the_same_in_parallel(name: str) -> None:
    report = get_engine(name).check(ROWS, RULES, fail_fast=True, parallel=True, max_workers=4)
    assert [result.status for result in report.results] == ["passed", "failed", "failed", "skipped"]


@pytest.mark.parametrize("name", ["truthound", "pandera"])
@pytest.mark.parametrize("workers", [None, 1, 8])
def test_in_parallel_the_verdicts_are_the_same(name: str, workers: int | None) -> None:
    rules = [{"type": "in_range", "column": "id", "max": place % 8, "name": f"r{place}"} for place in range(40)]
    report = get_engine(name).check(ROWS, rules, parallel=True, max_workers=workers)
    assert [result.failed_rows for result in report.results] == [
        sum(row["id"] > rule["max"] for row in ROWS) for rule in rules
    ]


def test_great_expectations_refuses_to_work_in_parallel() -> None:
    with pytest.raises(EngineError, match="one rule after the other"):
        get_engine("great_expectations").check(ROWS, RULES, parallel=True)


@pytest.mark.parametrize("name", LIBRARIES)
def test_wrong_arguments_are_refused_before_any_row_is_read(name: str) -> None:
    engine = get_engine(name)
    with pytest.raises(RuleError, match="max_workers is given without parallel=True"):
        engine.check(ROWS, RULES, max_workers=2)
    with pytest.raises(RuleError, match="max_workers must be a whole number from 1"):
        engine.check(ROWS, RULES, parallel=True, max_workers=0)
    with pytest.raises(RuleError, match="samples must be"):
        engine.check(ROWS, RULES, samples=-1)
    with pytest.raises(RuleError, match=r"the type of check 'uniqe' does not exist\. Did you mean 'unique'"):
        engine.check(ROWS, [{"type": "uniqe", "column": "id"}])
    with pytest.raises(RuleError, match="the column 'idd' does not exist"):
        engine.check(ROWS, [{"type": "unique", "column": "idd"}])
    with pytest.raises(RuleError, match="mask: the column 'secre' does not exist"):
        engine.check(ROWS, RULES, mask=["secre"])


def test_all_refusals_come_at_once() -> None:
    rules = [
        {"type": "row_count", "min": 1},
        {"type": "not_null", "column": "id"},
        {"type": "expression", "sql": "id > 1", "name": "positive"},
    ]
    with pytest.raises(EngineError) as caught:
        get_engine("pandera").check(ROWS, rules)
    assert str(caught.value).splitlines() == [
        "pandera cannot evaluate 2 of 3 rules:",
        "  - row_count (row_count): it has no rule of this kind",
        "  - positive (expression): the expression is the database's own SQL",
        'Hint: get_engine("dq_core") evaluates all of them.',
    ]
    assert caught.value.context["engine"] == "pandera"


def test_time_that_is_over_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    import truthound

    begun: list[object] = []
    released = threading.Event()

    def slow(*_: object, **options: Any) -> None:
        begun.append(options)
        released.wait()

    monkeypatch.setattr(truthound, "check", slow)
    try:
        with pytest.raises(ValidationTimeoutError):
            get_engine("truthound").check(ROWS, RULES, timeout_seconds=0.3)
    finally:
        released.set()
    assert len(begun) == 1


@pytest.mark.parametrize("name", LIBRARIES)
def test_sources_of_all_kinds(name: str, engine: sa.Engine) -> None:
    """SQLite keeps dates as text and booleans as numbers; PostgreSQL and DuckDB have types of their own."""
    table = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer),
        sa.Column("day", sa.Date),
        sa.Column("at", sa.DateTime),
        sa.Column("amount", sa.Numeric(10, 2)),
        sa.Column("paid", sa.Boolean),
        sa.Column("share", sa.Float),
    )
    table.metadata.create_all(engine)
    start = dt.datetime.fromisoformat("2024-05-01T00:00")
    with engine.begin() as connection:
        connection.execute(
            table.insert(),
            [
                {
                    "id": place,
                    "day": (start + dt.timedelta(days=place)).date() if place else None,
                    "at": start + dt.timedelta(hours=place),
                    "amount": place * 5 + 1,
                    "paid": place % 2 == 0,
                    "share": place / 8,
                }
                for place in range(12)
            ],
        )
    rules = [
        {"type": "not_null", "column": "day"},
        {"type": "in_range", "column": "day", "max": "2024-05-09"},
        {"type": "in_range", "column": "at", "min": "2024-05-01T03:00:00"},
        {"type": "in_set", "column": "paid", "values": [True]},
        {"type": "unique", "column": "amount"},
        {"type": "in_range", "column": "share", "max": 1, "where": "id > 3"},
    ]
    own = dq_core.validate(engine, rules, table="orders")
    other = get_engine(name).check(engine, rules, table="orders")
    assert [(one.status, one.failed_rows) for one in other.results] == [
        (one.status, one.failed_rows) for one in own.results
    ]
    query = get_engine(name).check(engine, rules[:1], query="SELECT day FROM orders WHERE id = 0")
    assert (query.total_rows, query.results[0].failed_rows) == (1, 1)


@pytest.mark.parametrize("name", LIBRARIES)
def test_values_that_are_not_of_their_columns_type_are_named(name: str, sqlite_url: sa.URL) -> None:
    database = sa.create_engine(sqlite_url)
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1), ('two')")
    with pytest.raises(EngineError, match=r"n \(INTEGER\)"):
        get_engine(name).check(database, [{"type": "in_range", "column": "n", "max": 3}], table="t")
    database.dispose()


@pytest.mark.parametrize("name", LIBRARIES)
def test_no_password_in_a_report(name: str, tmp_path: Any) -> None:
    database = sa.create_engine(f"sqlite:///file:{tmp_path}/x.sqlite?mode=rwc&uri=true&token=hunter22")
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    report = get_engine(name).check(database, [{"type": "not_null", "column": "n"}], table="t")
    assert "hunter22" not in report.to_json()
    database.dispose()


def test_names_of_engines() -> None:
    assert get_engine("great-expectations").name == "great_expectations"
    with pytest.raises(EngineError, match="The engine 'truthhound' does not exist") as caught:
        get_engine("truthhound")
    assert caught.value.suggestion == "Did you mean 'truthound'?"
    with pytest.raises(EngineError, match="The engines are: dq_core, truthound"):
        get_engine("soda")


@pytest.mark.parametrize(
    ("name", "module"),
    [("truthound", "truthound"), ("great_expectations", "great_expectations"), ("pandera", "pandera.pandas")],
)
def test_a_library_that_is_not_installed(name: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError) as caught:
        get_engine(name)
    extra = name.replace("_", "-")
    assert f"The engine {name} requires the package '{extra}', which is not installed." in str(caught.value)
    assert f'pip install "dq-core[{extra}]' in str(caught.value)
    assert "engine dq_core" in str(caught.value)


@pytest.mark.parametrize("name", engine_names())
def test_capabilities_say_what_works(name: str) -> None:
    engine, rows = get_engine(name), pa.table({"n": list(range(40)), "t": [f"AB-{n:03}" for n in range(40)]})
    able = engine.capabilities
    assert able.in_database == (name == "dq_core")
    if able.profile:
        assert engine.profile(rows).column("n").distinct_count == 40
    else:
        with pytest.raises(EngineError, match=f"{name} does not profile"):
            engine.profile(rows)
    if able.learn:
        assert {"not_null", "type"} <= {rule.type for rule in engine.learn(rows)}
    else:
        with pytest.raises(EngineError, match=f"{name} does not learn"):
            engine.learn(rows)


#: Rules that some engine refuses whatever the data is, on columns of ROWS.
REFUSED = [
    {"type": "row_count", "min": 1},
    {"type": "expression", "sql": "id >= 0"},
    {"type": "in_range", "column": "id", "max": 2**60},
    {"type": "type", "column": "t", "dtype": "json"},
    {"type": "distinct_count", "column": "id", "min": 1},
    {"type": "not_null", "column": "id"},
]


@pytest.mark.parametrize("name", engine_names())
@pytest.mark.parametrize("rule", REFUSED)
def test_what_is_refused_whatever_the_data_is_refused_with_data(name: str, rule: dict[str, Any]) -> None:
    found = refusals(name, "check", dq_core.parse([rule]))
    if found:
        with pytest.raises(EngineError):
            get_engine(name).check(ROWS, [rule])
    else:
        assert get_engine(name).check(ROWS, [rule]).total_rows == len(ROWS)


@pytest.mark.parametrize("name", engine_names())
def test_options_and_verbs_that_are_refused_whatever_the_data(name: str) -> None:
    able = get_engine(name).capabilities
    assert (refusals(name, "profile") == ()) == able.profile
    assert (refusals(name, "learn") == ()) == able.learn
    assert (refusals(name, parallel=True) == ()) == able.parallel
    assert (refusals(name, "profile", include_histograms=True) == ()) == (name == "dq_core")
    with pytest.raises(EngineError, match="The engines are"):
        refusals("pandra")


def test_refusals_import_no_library() -> None:
    program = (
        "import sys\nfrom dq_core.engines import engine_names, refusals\n"
        "for name in engine_names(): refusals(name, 'check', parallel=True)\n"
        "print(*({'truthound', 'pandera', 'great_expectations', 'polars', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_what_truthound_profiles_is_what_dq_core_profiles() -> None:
    rows = pa.table(
        {
            "n": [1, 2, 2, None, 5, 9],
            "x": [0.5, None, 1.5, 2.5, 2.5, -1.0],
            "t": ["a", "bb", None, "bb", "", "dddd"],
        }
    )
    own, other = dq_core.profile(rows), get_engine("truthound").profile(rows)
    assert (other.engine, other.row_count, other.sampled_rows) == ("truthound", 6, None)
    same = ("row_count", "null_count", "null_rate", "distinct_count", "distinct_rate", "min", "max", "mean", "stddev")
    for mine, theirs in zip(own.columns, other.columns, strict=True):
        assert (theirs.name, theirs.dtype, theirs.family) == (mine.name, mine.dtype, mine.family)
        if mine.family != "text":
            assert [getattr(theirs, name) for name in same] == pytest.approx([getattr(mine, name) for name in same])
        else:
            assert theirs.text is not None
            assert mine.text is not None
            assert (theirs.null_count, theirs.distinct_count) == (mine.null_count, mine.distinct_count)
            assert (theirs.text.min_length, theirs.text.max_length) == (mine.text.min_length, mine.text.max_length)
        assert theirs.top_values[0].count == mine.top_values[0].count
    assert dq_core.Profile.from_dict(other.to_dict()) == other
    with pytest.raises(EngineError, match="include_histograms"):
        get_engine("truthound").profile(rows, include_histograms=True)


@pytest.mark.parametrize("engine", engine_names("profile"))
def test_the_command_profiles_and_learns_with_each_engine_that_can(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("id,v\n" + "".join(f"{one},{one % 9}\n" for one in range(90)))
    for verb in ("profile", "learn"):
        words = [verb, str(tmp_path / "a.csv"), "--engine", engine, "--columns", "v", "--quiet", "--format", "json"]
        assert main(words) == 0, capsys.readouterr().err
        assert json.loads(capsys.readouterr().out)["engine"] == engine
    if engine != "dq_core":
        assert main(["profile", str(tmp_path / "a.csv"), "--engine", engine, "--histogram-bins", "3"]) == 2
        assert "histogram_bins" in (told := capsys.readouterr().err)
        assert "--engine dq_core has more options" in told


def test_what_truthound_learns_passes_and_carries_a_confidence() -> None:
    rows = [{"id": n, "status": "xyz"[n % 3], "amount": (n * 37 % 101) / 4} for n in range(200)]
    learned = get_engine("truthound").learn(rows, min_confidence=0.9)
    assert learned.engine == "truthound"
    assert {(rule.type, rule.column) for rule in learned} >= {
        ("unique", "id"),
        ("in_set", "status"),
        ("in_range", "amount"),
    }
    assert all(rule.confidence >= 0.9 for rule in learned)
    assert learned(rows).passed


@pytest.mark.parametrize("kind", ["regex", "not_regex"])
def test_a_pattern_that_nothing_could_interrupt_is_not_searched_for_by_pandera(kind: str) -> None:
    rules = [{"type": kind, "column": "s", "pattern": pattern} for pattern in ("(a+)+$", "^a+!$")]
    report = get_engine("pandera").check([{"s": "a" * 40 + "!"}, {"s": "b"}], rules, timeout_seconds=600)
    assert [result.status for result in report.results] == ["error", "failed"]
    assert "Python's re" in report.results[0].message


@pytest.mark.parametrize("name", engine_names())
def test_fragments_that_do_more_than_compute_are_refused_and_leave_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text("S3cr3t")
    engine = sa.create_engine("duckdb:///:memory:")
    with engine.begin() as connection:
        for statement in (
            "CREATE SEQUENCE numbers",
            "CREATE MACRO files() AS (FROM glob('*'))",
            "CREATE TABLE people AS SELECT 1 AS id, 'a;b' AS s",
        ):
            connection.exec_driver_sql(statement)
    for sql in HOSTILE["duckdb"]:
        rule = {"type": "not_null", "column": "id", "where": sql.format(t="people")}
        with pytest.raises(RuleError):
            get_engine(name).check(engine, [rule], table="people")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT last_value FROM duckdb_sequences()").scalar() is None
        assert connection.exec_driver_sql("SELECT count(*) FROM people").scalar() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.txt"]
