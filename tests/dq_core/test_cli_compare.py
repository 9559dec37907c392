"""`dq compare`: 0 equal, 1 different, 2 could not run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from dq_core.cli import main


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    left, right = tmp_path / "a.csv", tmp_path / "b.csv"
    left.write_text("id,v\n1,1.5\n2,2.5\n3,3.5\n")
    right.write_text("id,v\n3,3.5\n1,1.5\n2,2.6\n")
    return str(left), str(right)


def test_equal_and_different(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    left, right = files
    assert main(["compare", left, left, "--keys", "id"]) == 0
    assert capsys.readouterr().out.startswith("EQUAL  3 rows\n")
    assert main(["compare", left, right, "--keys", "id"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("DIFFERENT  1 changed (in v 1)\n")
    assert "2   v       2.5   2.6" in out
    assert main(["compare", left, right, "--keys", "id", "--tolerance", "0.2"]) == 0
    assert main(["compare", left, right, "--keys", "id", "--relative-tolerance", "0.01"]) == 1
    assert main(["compare", left, right, "--columns", "id"]) == 0
    assert main(["compare", left, right, "--keys", "id,v"]) == 1


def test_a_database_and_a_file(
    files: tuple[str, str], database_url: sa.URL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER, v DECIMAL(5, 2))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 1.5), (2, 2.5), (3, 3.5)")
        schema = sa.inspect(connection).default_schema_name or ""
    engine.dispose()
    monkeypatch.setenv("LEFT", database_url.render_as_string(hide_password=False))
    page, facts = tmp_path / "found.html", tmp_path / "found.json"
    assert main(["compare", "env:LEFT", files[0], "--table", "t", "--keys", "id"]) == 0
    assert main(["compare", "env:LEFT", files[0], "--table", "t", "--keys", "id", "--left-schema", schema]) == 0
    options = ["--left-query", "SELECT * FROM t WHERE id < 3", "--keys", "id", "--where", "id < 3"]
    written = ["--output", str(page), "--output", str(facts)]
    assert main(["compare", "env:LEFT", files[1], *options, *written]) == 1
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads(facts.read_text())["changed_columns"] == {"v": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--keys", "nix"], "--keys: the column 'nix' does not exist on the left"),
        (["--keys", ""], "--keys must be a list of column names"),
        (["--keys", "id", "--keys", ","], "--keys: the column ',' does not exist on the left"),
        (["--tolerance", "1"], "--tolerance requires keys"),
        (["--left-table", "t"], "LEFT: --left-table goes with a database"),
        (["--left-read-options", "nix=1"], "nix"),
        (["--output", "x.pdf"], "give --format"),
    ],
)
def test_what_cannot_run(
    files: tuple[str, str], arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *files, *arguments]) == 2
    assert message in capsys.readouterr().err


def test_the_options_of_a_side_are_those_that_its_problem_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "duckdb:///:memory:", "shop.db", "--keys", "id"]) == 2
    assert "LEFT: A database requires --left-table or --left-query." in capsys.readouterr().err


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", ["storage", "read"])
def test_an_option_without_a_value_names_its_side(side: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    option = f"--{side}-{kind}-options"
    assert main(["compare", "a.csv", "b.csv", option, "x"]) == 2
    assert f"{option} x: give NAME=VALUE." in capsys.readouterr().err
