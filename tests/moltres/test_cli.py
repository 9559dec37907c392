"""The ``moltres`` command: exit statuses, what is copied, what is printed, and one message when it cannot run."""

from __future__ import annotations

import argparse
import inspect
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moltres import cli, connect, replicate
from moltres.write import Writer
from support.commands import documented_commands
from support.hostile_cli import parsers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "moltres-command.md"
ROWS = [{"id": 1, "name": "Ada"}, {"id": 2, "name": ""}, {"id": 3, "name": None}]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in with ``shop.db`` and ``people.csv``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text('id,name\n1,Ada\n2,""\n3,\n')
    with connect("sqlite:///shop.db") as db:
        db.write(ROWS).save_as_table("people")
    return tmp_path


def moltres(arguments: Sequence[str]) -> int:
    return cli.main(list(arguments))


def rows(url: str, table: str = "people") -> list[dict[str, object]]:
    with connect(url) as db:
        return list(db.table(table).order_by("id").collect())


def test_as_a_command_it_ends_with_0_or_2() -> None:
    script = Path(sys.executable).with_name("moltres")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "moltres"]
    done = subprocess.run(
        [*command, "copy", "people.csv", "duckdb:///w.duckdb", "--table", "people"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("people: 3 rows written (error_if_exists, new, ")
    missing = subprocess.run([sys.executable, "-m", "moltres", "copy", "nobody.csv", "x.parquet"],
                             capture_output=True, text=True, check=False)  # fmt: skip
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr.startswith("moltres: There is no file 'nobody.csv'.")


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("people.csv", []),
        ("people.parquet", []),
        ("sqlite:///shop.db", ["--source-table", "people"]),
        ("env:SHOP", ["--query", "SELECT id, name FROM people"]),
    ],
)
@pytest.mark.parametrize(
    ("target", "named"), [("duckdb:///w.duckdb", ["--target-table", "people"]), ("w.parquet", []), ("w.csv", [])]
)
def test_the_same_rows_arrive(
    source: str, options: list[str], target: str, named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect("sqlite:///shop.db") as db:
        db.table("people").write.parquet("people.parquet")
    monkeypatch.setenv("SHOP", "sqlite:///shop.db")
    assert moltres(["copy", source, target, *options, *named, "--quiet"]) == 0
    if named:
        found = rows(target)
    else:
        with connect() as db:
            frame = db.read_parquet(target) if target.endswith("parquet") else db.read_csv(target)
            found = list(frame.order_by("id").collect())
    assert found == ROWS


def test_which_rows_and_columns() -> None:
    where = ["--where", "name IS NOT NULL OR id > 2 -- a comment", "--columns", "id", "--limit", "2"]
    assert moltres(["copy", "sqlite:///shop.db", "duckdb:///w.duckdb", "--table", "people", *where]) == 0
    assert rows("duckdb:///w.duckdb") == [{"id": 1}, {"id": 2}]


def test_modes_keys_and_a_run_key(capsys: pytest.CaptureFixture[str]) -> None:
    to = ["copy", "people.csv", "duckdb:///w.duckdb", "--table", "people"]
    assert moltres([*to, "--mode", "append", "--run-key", "a"]) == 0
    assert moltres([*to, "--mode", "append", "--run-key", "a"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert moltres([*to, "--mode", "merge", "--keys", "id", "--no-update", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows_written"] == 0
    assert rows("duckdb:///w.duckdb") == ROWS
    assert moltres(to) == 2
    assert "Use --mode 'append'" in capsys.readouterr().err
    assert moltres(["copy", "people.csv", "w.csv"]) == 0
    assert moltres(["copy", "people.csv", "w.csv"]) == 2
    assert "Use --mode overwrite to replace it." in capsys.readouterr().err


def test_all_problems_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert moltres(["copy", "sqlite:///shop.db", "w.xlsx", "--keys", "id", "--read-options", "delimiter=;"]) == 2
    message = capsys.readouterr().err
    for part in (
        "'w.xlsx' has none of the endings",
        "--keys is for tables",
        "--read-options is for files",
        "give --table or",
    ):
        assert part in message


def test_a_missing_table_names_the_closest_and_no_password_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert moltres(["copy", "sqlite:///shop.db", "w.csv", "--table", "peple"]) == 2
    assert "Did you mean 'people'" in capsys.readouterr().err
    assert moltres(["tables", "postgresql://u:geheim@127.0.0.1:1/x"]) == 2
    assert moltres(["tables", "nosuch://u:geheim@h/x"]) == 2
    assert moltres(["query", "other.duckdb", "SELECT 1"]) == 2
    assert "URL must be the URL of a database, such as duckdb:///other.duckdb." in capsys.readouterr().err
    assert moltres(["copy", "env:NOBODY", "w.csv"]) == 2
    assert "geheim" not in (message := capsys.readouterr().err)
    assert "The environment variable 'NOBODY' is not set, or empty." in message


def test_query_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    ask = ["query", "sqlite:///shop.db", "SELECT * FROM people ORDER BY id"]
    assert moltres([*ask, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == ROWS
    assert moltres([*ask, "--format", "csv", "--limit", "2"]) == 0
    assert capsys.readouterr().out == 'id,name\n1,Ada\n2,""\n'
    assert moltres(ask) == 0
    assert capsys.readouterr().out.splitlines()[2].split() == ["1", "Ada"]
    assert moltres(["query", "-", "SELECT count(*) AS n FROM 'people.csv'", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 3}]
    assert moltres(["tables", "sqlite:///shop.db"]) == 0
    assert capsys.readouterr().out == "people\n"
    assert moltres(["query", "sqlite:///shop.db", "SELECT 1 AS a WHERE 1 = 0", "--format", "json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_a_table_says_that_there_is_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert moltres(["query", "-", "SELECT * FROM range(200)"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 102
    assert "more than 100 rows" in err


def test_progress_on_a_terminal_and_ctrl_c_in_the_middle() -> None:
    """Rows and rate are shown; Ctrl-C stops the statement in the database, and nothing is left."""
    slow = "SELECT i AS id FROM range(20000000) t(i) WHERE md5(md5(i::VARCHAR)) <> ''"
    with connect("duckdb:///source.duckdb") as db:
        db.write([{"id": 1}]).save_as_table("t")
    screen, end = pty.openpty()
    command = [sys.executable, "-m", "moltres", "copy", "duckdb:///source.duckdb", "sqlite:///w.db"]
    with subprocess.Popen(
        [*command, "--query", slow, "--table", "t", "--batch-rows", "1000"], stderr=end, stdout=subprocess.PIPE
    ) as child:
        os.close(end)
        shown = b""
        while b"rows/s" not in shown:
            shown += os.read(screen, 1024)
        child.send_signal(signal.SIGINT)
        while True:
            try:
                more = os.read(screen, 1024)
            except OSError:  # a terminal that nobody writes to any more
                break
            shown += more
            if not more:
                break
        assert child.wait(60) == 130
    os.close(screen)
    assert b"moltres: interrupted" in shown
    with connect("sqlite:///w.db") as db:
        assert db.tables() == []


def test_many_tables(capsys: pytest.CaptureFixture[str]) -> None:
    with connect("sqlite:///shop.db") as db:
        db.write(ROWS).save_as_table("pets")
    assert moltres(["replicate", "sqlite:///shop.db", "duckdb:///w.duckdb", "--tables", "p*", "--run-key", "k"]) == 0
    out = capsys.readouterr().out
    assert "2 tables, 6 rows" in out
    assert rows("duckdb:///w.duckdb", "pets") == ROWS
    assert moltres(["replicate", "sqlite:///shop.db", "duckdb:///w.duckdb", "--tables", "pots,p*,q*"]) == 2
    message = capsys.readouterr().err
    for part in ("'pots' does not exist", "'q*'", "people already exists", "pets already exists"):
        assert part in message
    again = ["replicate", "sqlite:///shop.db", "duckdb:///w.duckdb", "--tables", "p*", "--run-key", "k"]
    assert moltres([*again, "--format", "json"]) == 0
    assert [one["skipped"] for one in json.loads(capsys.readouterr().out)["tables"]] == [True, True]


@pytest.mark.parametrize(("verb", "function"), [("copy", Writer.save_as_table), ("replicate", replicate)])
def test_every_argument_of_a_write_is_an_option(verb: str, function: Callable[..., object]) -> None:
    """What the library learns to take, the command takes by the same name."""
    options = {one.dest for one in _parser(verb)._actions}
    elsewhere = {"self", "name", "schema", "on_progress"} if verb == "copy" else {"on_progress"}
    assert set(inspect.signature(function).parameters) - elsewhere <= options
    for action in _parser(verb)._actions:
        assert action.help is not None
        assert action.help.strip() not in ("", action.dest)


def _parser(verb: str) -> argparse.ArgumentParser:
    return dict(parsers_of(cli.command_parser()))[verb]


@pytest.mark.parametrize("verb", cli.COMMANDS)
def test_every_option_is_documented_and_every_documented_one_exists(verb: str) -> None:
    section = PAGE.read_text().partition(f"## Options of `moltres {verb}`\n")[2].partition("\n## ")[0]
    known = {one.option_strings[0] for one in _parser(verb)._actions if one.option_strings} - {"-h"} | {"--help"}
    assert set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE)) == known


def test_every_command_that_is_shown_has_the_arguments_of_its_verb() -> None:
    commands = documented_commands("moltres")
    assert {command[0] for command in commands} == set(cli.COMMANDS)
    for command in commands:
        cli.command_parser().parse_args(command)
