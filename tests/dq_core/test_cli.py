"""The ``dq`` command: exit codes, formats, and one clear message when it cannot run."""

from __future__ import annotations

import inspect
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlalchemy as sa

from dq_core import Report, cli, learn, profile, validate
from dq_core.quarantine import quarantine

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD = "- {type: not_null, column: id}\n- {type: row_count, min: 1}\n"
BAD = "name: People\nchecks:\n- {type: not_null, column: id}\n- {type: in_range, column: age, min: 0}\n"


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in with ``people.parquet``, ``good.yaml`` and ``bad.yaml`` (one age is below 0)."""
    duckdb.execute(f"COPY (SELECT i AS id, i - 1 AS age FROM range(4) t(i)) TO '{tmp_path}/people.parquet'")
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def dq(arguments: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
    """The command as a shell runs it."""
    script = Path(sys.executable).with_name("dq")
    return subprocess.run([str(script), *arguments], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


def test_as_a_command_it_ends_with_0_1_or_2(people: Path) -> None:
    passed = dq(["check", "people.parquet", "--rules", "good.yaml"])
    failed = dq(["check", "people.parquet", "--rules", "bad.yaml"])
    missing = dq(["check", "nobody.parquet", "--rules", "good.yaml"])
    assert (passed.returncode, passed.stderr) == (0, "")
    assert passed.stdout.startswith("PASSED  All 2 checks passed\n")
    assert (failed.returncode, failed.stderr) == (1, "")
    assert failed.stdout.startswith("FAILED  2 checks: 1 failed, 1 passed\n")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr.startswith("dq: ")
    assert "nobody.parquet" in missing.stderr
    assert "Traceback" not in missing.stderr


@pytest.mark.parametrize("rules", ["good.yaml", "bad.yaml"])
def test_in_process_it_returns_what_it_would_end_with(
    rules: str, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "people.parquet", "--rules", rules]) == (rules == "bad.yaml")
    assert "people.parquet" in capsys.readouterr().out


def test_a_check_that_cannot_be_evaluated_fails(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    duckdb.execute("COPY (SELECT 'x' AS a) TO 'texts.parquet'")
    (people / "broken.yaml").write_text("- {type: not_null, column: a, where: 'CAST(a AS INTEGER) > 0'}\n")
    assert cli.main(["check", "texts.parquet", "--rules", "broken.yaml"]) == cli.FAILED
    assert "1 error" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("format_", "beginning"),
    [("text", "FAILED"), ("json", "{"), ("markdown", "## ❌ People: failed"), ("html", "<!doctype html>")],
)
def test_every_format_goes_to_standard_output(
    format_: str, beginning: str, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "people.parquet", "--rules", "bad.yaml", "--format", format_]) == cli.FAILED
    assert capsys.readouterr().out.startswith(beginning)


def test_json_is_the_report(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["check", "people.parquet", "--rules", "bad.yaml", "--format", "json"])
    report = Report.from_dict(json.loads(capsys.readouterr().out))
    assert [result.failed_rows for result in report.results] == [0, 1]


def test_files_get_the_format_of_their_ending(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = ["report.html", "report.md", "report.json", "report.txt", "-"]
    options = [part for output in outputs for part in ("--output", output)]
    assert cli.main(["check", "people.parquet", "--rules", "bad.yaml", *options]) == cli.FAILED
    captured = capsys.readouterr()
    beginnings = ["<!doctype html>", "## ❌ People", "{", "FAILED"]
    assert [
        (people / output).read_text(encoding="utf-8").startswith(beginning)
        for output, beginning in zip(outputs, beginnings, strict=False)
    ] == [True] * 4
    assert "<h1>People</h1>" in (people / "report.html").read_text(encoding="utf-8")
    assert captured.out.startswith("FAILED")
    assert captured.err == (
        "dq: failed. 2 checks: 1 failed, 1 passed. Written: report.html, report.md, report.json, report.txt\n"
    )


def test_quiet_says_nothing_but_the_report(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["check", "people.parquet", "--rules", "bad.yaml", "--output", "report.md", "--quiet"])
    assert capsys.readouterr() == ("", "")
    assert (people / "report.md").exists()


def test_a_format_stands_above_the_ending(people: Path) -> None:
    arguments = ["check", "people.parquet", "--rules", "good.yaml", "--format", "json", "--output", "report.out"]
    assert cli.main(arguments) == cli.PASSED
    assert json.loads((people / "report.out").read_text())["overall_status"] == "passed"


def test_wrong_outputs_are_refused_before_any_work(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", "nobody.parquet", "--rules", "nowhere.yaml", "--output", "a.pdf", "--output", "no/b.html"]
    assert cli.main(arguments) == cli.COULD_NOT_RUN
    error = capsys.readouterr().err
    assert "a.pdf" in error
    assert ".html" in error
    assert "the folder 'no' does not exist" in error
    assert "nobody" not in error


def test_an_output_that_cannot_be_written_is_no_verdict(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (people / "folder.md").mkdir()
    arguments = ["check", "people.parquet", "--rules", "good.yaml", "--output", "folder.md"]
    assert cli.main(arguments) == cli.COULD_NOT_RUN
    assert capsys.readouterr().err == "dq: folder.md: Is a directory\n"


def test_rules_from_standard_input(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO('[{"type": "not_null", "column": "id"}]'))
    assert cli.main(["check", "people.parquet", "--rules", "-"]) == cli.PASSED


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("- {type: nut_null, column: id}\n- {type: in_range, column: ages, min: 0}\n", "Did you mean 'not_null'?"),
        ("- {type: not_null, column: idd}\n", "Did you mean 'id'?"),
        ("- {type: not_null\n", "YAML"),
        ("[]\n", "no "),
    ],
)
def test_wrong_rules_are_one_message(rules: str, said: str, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (people / "wrong.yaml").write_text(rules)
    assert cli.main(["check", "people.parquet", "--rules", "wrong.yaml"]) == cli.COULD_NOT_RUN
    error = capsys.readouterr().err
    assert error.startswith("dq: ")
    assert said in error


def test_rules_that_are_not_there(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "people.parquet", "--rules", "nowhere.yaml"]) == cli.COULD_NOT_RUN
    assert "nowhere.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["chek"], ["check"], ["check", "x.parquet"], ["check", "x", "--rules", "r", "--samples", "-1"],
     ["check", "x", "--rules", "r", "--timeout", "0"], ["check", "x", "--rules", "r", "--timeout", "nan"],
     ["check", "x", "--rules", "r", "--format", "pdf"]],
)  # fmt: skip
def test_wrong_arguments_end_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == cli.COULD_NOT_RUN
    assert "usage: dq" in capsys.readouterr().err


def test_alone_it_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == cli.PASSED
    shown = capsys.readouterr().out
    assert shown.startswith("usage: dq")
    assert all(name in shown for name in cli.COMMANDS)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "--help"]])
def test_questions_about_itself_end_with_0(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 0
    assert "dq" in capsys.readouterr().out


def test_a_table_and_a_query_of_a_database(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{people}/people.sqlite"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE people (id INTEGER, age INTEGER)"))
        connection.execute(sa.text("INSERT INTO people VALUES (1, 30), (2, -1)"))
    engine.dispose()
    assert cli.main(["check", url, "--table", "people", "--rules", "bad.yaml"]) == cli.FAILED
    query = "SELECT * FROM people WHERE age > 0"
    assert cli.main(["check", url, "--query", query, "--rules", "bad.yaml"]) == cli.PASSED
    assert cli.main(["check", url, "--table", "peopel", "--rules", "bad.yaml"]) == cli.COULD_NOT_RUN
    assert "Did you mean 'people'?" in capsys.readouterr().err


def test_the_source_can_come_from_the_environment(
    people: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PEOPLE", "people.parquet")
    assert cli.main(["check", "env:PEOPLE", "--rules", "good.yaml"]) == cli.PASSED
    monkeypatch.delenv("PEOPLE")
    assert cli.main(["check", "env:PEOPLE", "--rules", "good.yaml"]) == cli.COULD_NOT_RUN
    assert "'PEOPLE' is not set" in capsys.readouterr().err


def test_a_password_is_never_shown(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql+psycopg://etl:hunter22@127.0.0.1:1/none"
    assert cli.main(["check", url, "--table", "people", "--rules", "good.yaml"]) == cli.COULD_NOT_RUN
    captured = capsys.readouterr()
    assert "127.0.0.1" in captured.err
    assert "hunter22" not in captured.out + captured.err


def test_samples_and_masked_columns(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["check", "people.parquet", "--rules", "bad.yaml", "--format", "json"]
    cli.main([*base, "--mask", "age"])
    cli.main([*base, "--samples", "0"])
    masked, none = capsys.readouterr().out.split("\n}\n")[:2]
    assert json.loads(masked + "}")["results"][1]["samples"] == [{"id": 0, "age": "***"}]
    assert json.loads(none + "}")["results"][1]["samples"] == []


def test_fail_fast_skips_what_is_behind_a_failure(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (people / "order.yaml").write_text("- {type: row_count, max: 1}\n- {type: not_null, column: id}\n")
    cli.main(["check", "people.parquet", "--rules", "order.yaml", "--fail-fast", "--format", "json"])
    statuses = [result["status"] for result in json.loads(capsys.readouterr().out)["results"]]
    assert statuses == ["failed", "skipped"]


def test_a_time_limit_is_an_error_not_a_verdict(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query = "SELECT a.i AS id FROM range(2000000) a(i), range(2000000) b(i)"
    arguments = ["check", "duckdb:///:memory:", "--query", query, "--rules", "good.yaml", "--timeout", "0.2"]
    assert cli.main(arguments) == cli.COULD_NOT_RUN
    assert "0.2 seconds" in capsys.readouterr().err


def test_a_crash_is_no_verdict(
    people: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr("dq_core.run.validate.validate", crash)
    assert cli.main(["check", "people.parquet", "--rules", "good.yaml"]) == cli.COULD_NOT_RUN
    assert "a fault of ours" in capsys.readouterr().err


def test_a_reader_that_stops_early_is_no_crash(people: Path) -> None:
    script = Path(sys.executable).with_name("dq")
    with subprocess.Popen(
        [str(script), "check", "people.parquet", "--rules", "bad.yaml"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize(("closed", "rules", "status"), [(1, "bad", 1), (2, "bad", 1), (1, "good", 0), (2, "none", 2)])
def test_a_stream_that_is_closed_is_no_crash(people: Path, closed: int, rules: str, status: int) -> None:
    command = f"{Path(sys.executable).with_name('dq')} check people.parquet --rules {rules}.yaml {closed}>&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, cwd=people)
    assert done.returncode == status
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("rich", [True, False])
def test_progress_and_colour_only_at_a_terminal(rich: bool, people: Path) -> None:
    program = (
        "import sys\n"
        + ("" if rich else "sys.modules['rich'] = None\n")
        + "from dq_core.cli import main\nsys.exit(main())\n"
    )
    main, terminal = pty.openpty()
    command = [sys.executable, "-c", program, "check", "people.parquet", "--rules", "bad.yaml"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen(command, stdout=terminal, stderr=terminal, env=environment) as process:
        os.close(terminal)
        seen = b""
        while chunk := _read(main):
            seen += chunk
    os.close(main)
    text = seen.decode()
    assert process.returncode == cli.FAILED
    assert "People" in text  # the progress
    assert "\x1b[" in text
    assert ("\x1b[1;31mFAILED" in text) is rich
    assert "in_range_age" in text


def _read(descriptor: int) -> bytes:
    """What a terminal shows; Linux answers with an error once everybody has gone."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


MESSAGES = [
    (["check", "shop.db", "--rules", "good.yaml"], "this one by 'sqlite:///shop.db', with --table or --query"),
    (["check", "shop.duckdb", "--rules", "good.yaml"], "this one by 'duckdb:///shop.duckdb'"),
    (["check", "sqlite:///shop.db", "--rules", "good.yaml"], "A database requires --table or --query."),
    (["check", "people.parquet", "--rules", "good.yaml", "--table", "t"], "--table goes with a database"),
    (["check", "pepole.parquet", "--rules", "good.yaml"], "Hint: Did you mean 'people.parquet'?"),
    (["check", "people.parquet", "--rules", "god.yaml"], "Hint: Did you mean 'good.yaml'?"),
    (["profile", "people.parquet", "--quantiles", "2"], "--quantiles must be a list of numbers from 0 to 1"),
    (["learn", "people.parquet", "--false-alarm-rate", "2"], "--false-alarm-rate must be"),
    (["check", "people.parquet", "--rules", "places.yaml"], "Rule 2 (places.yaml:3): Ages: the column 'aeg' does not"),
    (["check", "people.parquet", "--rules", "null.yaml"], "is written in quotes: 'null'"),
    (["check", "people.parquet", "--rules", "kinds.yaml"], "Did you mean {type: type, dtype: integer}?"),
    (["check", "people.parquet", "--rules", "means.yaml"], "Did you mean {type: statistic, statistic: mean}?"),
    (["check", "empty.csv", "--rules", "good.yaml"], "The file empty.csv is empty"),
    (["check", "more.csv", "--rules", "good.yaml"], "line 3 has 3 fields"),
    (["check", "sqlite:///no.db", "--table", "t", "--rules", "good.yaml"], "The file no.db does not exist"),
    (["check", "duckdb:///no.duckdb", "--table", "t", "--rules", "good.yaml"], "The file no.duckdb does not exist"),
    (["check", "people.parquet", "--rules", "good.yaml", "--storage-options", "anon"], "give NAME=VALUE"),
]


@pytest.mark.parametrize(("arguments", "said"), MESSAGES, ids=[said for _, said in MESSAGES])
def test_messages_speak_the_command_line(
    arguments: list[str], said: str, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sa.create_engine(f"sqlite:///{people}/shop.db").connect().connection.execute("CREATE TABLE t (id)")
    (people / "shop.duckdb").touch()
    (people / "empty.csv").touch()
    (people / "more.csv").write_text("id,v\n1,2\n2,3,4\n3,4\n")
    (people / "places.yaml").write_text(
        "- {type: not_null, column: id}\n\n- {type: not_null, column: aeg, name: Ages}\n"
    )
    (people / "null.yaml").write_text("- {type: null, column: id}\n")
    (people / "kinds.yaml").write_text("- {type: integer, column: id}\n")
    (people / "means.yaml").write_text("- {type: mean, column: id, min: 1}\n")
    assert cli.main(arguments) == cli.COULD_NOT_RUN
    message = capsys.readouterr().err
    assert said in message
    assert not any(word in message for word in ("table=", "query=", "Errno", "Traceback"))


def test_messages_of_the_database_show_no_sql_of_ours(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (people / "where.yaml").write_text("- {type: not_null, column: id, where: 'idx > 1'}\n")
    (people / "call.yaml").write_text("- {type: not_null, column: id, where: 'sqrt(id, 2) > 1'}\n")
    for rules, said in (("where.yaml", "idx"), ("call.yaml", "sqrt")):
        assert cli.main(["check", "people.parquet", "--rules", rules]) == cli.COULD_NOT_RUN
        message = capsys.readouterr().err
        assert f"Rule 1 ({rules}:1): not_null_id: where" in message
        assert said in message
        assert not any(part in message for part in ("LINE 1", "CASE WHEN", "count(", "Candidate functions"))


def test_only_engines_that_can_are_offered(capsys: pytest.CaptureFixture[str]) -> None:
    for verb, offered in (("check", True), ("profile", False), ("learn", False)):
        with pytest.raises(SystemExit):
            cli.main([verb, "--help"])
        shown = capsys.readouterr().out
        assert ("pandera" in shown, "great_expectations" in shown, "truthound" in shown) == (offered, offered, True)
        assert ("1 something failed" in shown) == (verb == "check")


def test_options_have_the_names_of_the_library() -> None:
    verbs = {"check": validate, "profile": profile, "learn": learn, "quarantine": quarantine}
    for name, function in verbs.items():
        given = vars(cli.command_parser().parse_args([name, "x", "--rules", "r", "--to", "t"][: REQUIRED[name]]))
        library = set(inspect.signature(function).parameters) - {"checks", "on_progress"}
        assert library <= set(given), name


#: How many of the arguments above a verb requires.
REQUIRED = {"check": 4, "profile": 2, "learn": 2, "quarantine": 6}


def test_quarantine(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["quarantine", "people.parquet", "--rules", "bad.yaml", "--to", "failed.parquet"]
    assert cli.main(arguments) == cli.FAILED
    assert capsys.readouterr().out == "1 of 4 rows quarantined in failed.parquet.\n  in_range_age: 1\n"
    assert duckdb.sql("SELECT * FROM 'failed.parquet'").fetchall() == [(0, -1, '["in_range_age"]')]
    arguments[3] = "good.yaml"
    assert cli.main([*arguments, "--format", "json"]) == cli.PASSED
    found = json.loads(capsys.readouterr().out)
    assert (found["quarantined_rows"], found["not_applied"]) == (0, ["row_count"])


def test_quarantine_in_a_table(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{people}/people.sqlite"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE people (id INTEGER, age INTEGER)")
        connection.exec_driver_sql("INSERT INTO people VALUES (1, 30), (2, -1)")
    arguments = ["quarantine", url, "--table", "people", "--rules", "bad.yaml", "--to", "failed", "--column", "why"]
    assert [cli.main([*arguments, "--mode", "append"]) for _ in range(2)] == [cli.FAILED, cli.FAILED]
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, age, why FROM failed").all()
    engine.dispose()
    assert rows == [(2, -1, '["in_range_age"]')] * 2


def test_history_records_shows_and_judges(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{people}/history.db"
    check = ["check", "people.parquet", "--rules", "good.yaml", "--quiet", "--output", "report.json"]
    record = ["history", "record", url, "report.json", "--suite", "people"]
    for day in range(7):
        cli.main(check)
        assert cli.main([*record, "--run-id", f"day {day}"]) == cli.PASSED
        assert capsys.readouterr().out == f"day {day}\n"
    assert cli.main(["history", "show", url, "--suite", "people", "--format", "json"]) == cli.PASSED
    shown = json.loads(capsys.readouterr().out)
    assert [(one["run_id"], one["value"]) for one in shown["points"]] == [(f"day {day}", 4) for day in range(7)]
    duckdb.execute("COPY (SELECT i AS id, i AS age FROM range(4000) t(i)) TO 'people.parquet'")
    cli.main(check)
    judge = ["history", "judge", url, "report.json", "--suite", "people"]
    assert cli.main(judge) == cli.PASSED
    assert "drift_total_rows" in capsys.readouterr().out
    assert cli.main([*judge, "--severity", "error"]) == cli.FAILED
    assert cli.main(["history", "show", url, "--suite", "people", "--metric", "row_count"]) == cli.PASSED
    assert cli.main(["history", "show", url, "--suite", "nobody"]) == cli.COULD_NOT_RUN
    assert "No run of the suite 'nobody' is recorded." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["record", "sqlite:///h.db", "reprot.json", "--suite", "s"], "Did you mean 'report.json'?"),
        (["record", "sqlite:///h.db", "good.yaml", "--suite", "s"], "good.yaml is not a report in JSON"),
        (["judge", "sqlite:///h.db", "report.json", "--suite", "s", "--false-alarm-rate", "2"], "alarm-rate must"),
        (["show", "sqlite:///h.db", "--suite", "s"], "The file h.db does not exist"),
        (["show", "h.db", "--suite", "s"], "The URL of the database cannot be read"),
    ],
)  # fmt: skip
def test_history_that_cannot_run(
    arguments: list[str], said: str, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["check", "people.parquet", "--rules", "good.yaml", "--quiet", "--output", "report.json"])
    assert cli.main(["history", *arguments]) == cli.COULD_NOT_RUN
    assert said in capsys.readouterr().err
