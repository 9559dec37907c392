"""Iceberg tables without a server: any snapshot is checked, profiled and learned from."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from dq_core import RuleError, Source, SourceError, TableNotFoundError, compare, learn, profile, validate
from dq_core.cli import main
from dq_core.quarantine import quarantine
from support.iceberg import append, catalog_url, load, opened

if TYPE_CHECKING:
    from pathlib import Path

RULES = [{"type": "not_null", "column": "x"}, {"type": "unique", "column": "id"}]


@pytest.fixture
def url(tmp_path: Path) -> sa.URL:
    """A catalog with the table ``t``: three good rows, then a snapshot with a bad one, and the tag ``good``."""
    url = catalog_url(tmp_path)
    append(url, "t", pa.table({"id": [1, 2, 3], "x": ["a", "b", "c"]}))
    table = load(url, "t")
    with table.manage_snapshots() as snapshots:
        snapshots.create_tag(table.metadata.current_snapshot_id, "good")
    append(url, "t", pa.table({"id": [3], "x": pa.array([None], pa.string())}))
    return url


def first(url: sa.URL) -> int:
    return load(url, "t").metadata.snapshots[0].snapshot_id


def test_a_snapshot_is_validated(url: sa.URL) -> None:
    assert not validate(url, RULES, table="t").passed
    moment = dt.datetime.fromtimestamp(load(url, "t").metadata.snapshots[0].timestamp_ms / 1000, dt.UTC)
    for as_of in (first(url), str(first(url)), "good", moment, moment.isoformat()):
        report = validate(url, RULES, table="default.t", as_of=as_of)
        assert (report.passed, report.total_rows) == (True, 3), as_of
        assert str(first(url)) in report.source
    assert not validate(url, RULES, table="t", as_of="main").passed


def test_a_catalog_of_pyiceberg_is_a_source(url: sa.URL) -> None:
    assert validate(opened(url), RULES, table="t", schema="default", as_of="good").passed
    assert validate(opened(url), [{"type": "row_count", "min": 4}], query="SELECT * FROM t").passed


def test_every_other_verb_reads_snapshots(url: sa.URL, tmp_path: Path) -> None:
    assert profile(url, table="t", as_of="good").row_count == 3
    was, now = Source(url, table="t", as_of="good"), Source(url, table="t")
    assert compare(was, Source(url, table="t", as_of=first(url)))
    assert compare(was, now).extra == 1
    shown = url.render_as_string(hide_password=False)
    verb = ["compare", shown, shown, "--table", "t", "--left-as-of", "good", "--quiet"]
    assert [main([*verb, "--right-as-of", one]) for one in (str(first(url)), "main")] == [0, 1]
    assert [learn(url, table="t", as_of=one).row_count for one in ("good", "main")] == [3, 4]
    file = tmp_path / "failed.parquet"
    assert quarantine(url, RULES, table="t", as_of=first(url), to=file).quarantined_rows == 0
    assert quarantine(url, RULES, table="t", to=file).quarantined_rows == 2
    with pytest.raises(RuleError, match="to a file"):
        quarantine(url, RULES, table="t", as_of="good", to="failed")


def test_rules_that_read_other_rows_as_well(url: sa.URL) -> None:
    append(url, "known", pa.table({"k": [1, 2]}))
    foreign = {"type": "foreign_key", "column": "id", "references": {"table": "known", "columns": ["k"]}}
    rows = [{"id": number, "x": "abc"[number - 1]} for number in (1, 2, 3)]
    rules = [foreign, *({"type": "same_rows", "source": some, "keys": ["id"]} for some in (rows, rows[1:]))]
    known, same, fewer = validate(url, rules, table="t", as_of="good", samples=9).results
    assert (known.failed_rows, known.considered_rows, known.samples) == (1, 3, [rows[2]])
    assert (same.status, fewer.observed) == ("passed", {"missing": 0, "extra": 1, "changed": 0})


def test_the_command_reads_snapshots(url: sa.URL, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(RULES))
    given = url.render_as_string(hide_password=False)
    assert main(["check", given, "--table", "t", "--rules", str(rules)]) == 1
    assert main(["check", given, "--table", "t", "--as-of", "good", "--rules", str(rules)]) == 0
    assert main(["check", given, "--table", "t", "--as-of", "goood", "--rules", str(rules)]) == 2
    assert "Did you mean 'good'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"table": "t", "as_of": 5}, "no snapshot 5"),
        ({"table": "t", "as_of": "nothing"}, "no branch or tag 'nothing'"),
        ({"table": "t", "as_of": dt.datetime(2024, 1, 1)}, "time zone"),  # noqa: DTZ001
        ({"table": "t", "as_of": True}, "as_of must be"),
        ({"query": "SELECT 1 AS x", "as_of": "good"}, "goes with table="),
    ],
)
def test_snapshots_that_are_not_there(url: sa.URL, options: dict[str, Any], said: str) -> None:
    with pytest.raises(RuleError, match=said):
        validate(url, [{"type": "row_count", "min": 0}], **options)


def test_other_sources_have_no_snapshots(url: sa.URL) -> None:
    with pytest.raises(RuleError, match=r"this is sqlite"):
        validate(f"sqlite:///{url.database}", [{"type": "row_count", "min": 0}], table="iceberg_tables", as_of=1)
    with pytest.raises(RuleError, match="goes with table="):
        validate([{"x": 1}], [{"type": "row_count", "min": 0}], as_of=1)


def test_what_does_not_exist_is_told(url: sa.URL, tmp_path: Path) -> None:
    with pytest.raises(TableNotFoundError, match="'t'"):
        validate(url, RULES, table="tt")
    missing = catalog_url(tmp_path / "none")
    with pytest.raises(TableNotFoundError):
        validate(missing, RULES, table="t")
    with pytest.raises(SourceError):
        validate("iceberg+postgresql://u:secret@127.0.0.1:1/d?warehouse=/tmp", RULES, table="t")
    with pytest.raises(SourceError):
        validate("iceberg://nowhere", RULES, table="t")


def test_an_engine_of_sqlalchemy_reads_the_same_tables_and_keeps_nothing_in_silence(url: sa.URL) -> None:
    engine = sa.create_engine(url)
    try:
        assert validate(engine, RULES, table="t", as_of="good").passed
        assert not validate(engine, RULES, table="t").passed
        with pytest.raises(sa.exc.DBAPIError, match="Only moltres"), engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE made (a INTEGER)"))
    finally:
        engine.dispose()
