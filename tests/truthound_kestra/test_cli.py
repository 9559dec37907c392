"""``python -m truthound_kestra``."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from truthound_kestra.cli import main
from truthound_kestra.utils.serialization import JsonSerializer, YamlSerializer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text("- {type: not_null, column: email}\n- {type: not_null, column: id}\n", encoding="utf-8")
    return str(path)


CORE = ["--engine-name", "dq_core"]


def test_a_check_that_fails_ends_with_1(users: Path, rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(users), "--rules", rules, *CORE]) == 1
    assert "not_null_email" in capsys.readouterr().out


def test_read_options_say_how_the_file_is_written(users: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = users.parent / "semicolons.csv"
    file.write_text("id;email\n1;a\n2;-\n", encoding="utf-8")
    rules = users.parent / "one.yaml"
    rules.write_text("- {type: not_null, column: email}\n", encoding="utf-8")
    given = ["check", str(file), "--rules", str(rules), *CORE, "--read-options", "delimiter=;"]
    assert main(given) == 0
    assert main([*given, "--read-options", "null=-"]) == 1
    assert main([*given, "--read-options", "delimiter"]) == 2
    assert "give NAME=VALUE" in capsys.readouterr().err


def test_a_check_that_passes_ends_with_0(users: Path, rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--output", "json", "--min-severity", "high", "--no-parallel"]
    query = ["--rules", rules, *CORE, *options]
    (users.parent / "good.csv").write_text("id,email\n1,a\n", encoding="utf-8")
    assert main(["check", str(users.parent / "good.csv"), *query]) == 0
    assert JsonSerializer().deserialize(capsys.readouterr().out).passed_count == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "missing.parquet", "--rules", "rules.yaml", *CORE], "The file missing.parquet does not exist"),
        (["check", "users.parquet", *CORE], "There are no rules"),
        (["check", "users.parquet", "--rules", "missing.yaml", *CORE], "does not exist"),
        (["check", "users.parquet", "--rules", "rules.yaml", *CORE, "--max-workers", "2"], "requires parallel"),
        (["profile", "users.parquet", "--engine-name", "pandera"], "pandera does not profile"),
    ],
)
def test_what_cannot_run_ends_with_2(
    users: Path, rules: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rules", "strict.yaml", "--rules", "lax.yaml"], "--rules: it is given twice"),
        (["--table", "a", "--table", "b"], "--table: it is given twice"),
        (["--output", "postgresql://etl:S3cr3t@h/d"], "--output"),
    ],
)
def test_arguments_that_are_none(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "users.parquet", *options])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in said
    assert "S3cr3t" not in said


def test_profile_and_learn(users: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", str(users), *CORE, "--top-n", "2", "--output", "yaml"]) == 0
    assert len(YamlSerializer().deserialize(capsys.readouterr().out).columns) == 3
    assert main(["learn", str(users), *CORE, "--min-confidence", "0", "--report", "learned"]) == 0
    assert (users.parent / "learned.yaml").exists()


def test_lines_for_kestra(users: Path, rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(users), "--rules", rules, *CORE, "--kestra"])
    first = capsys.readouterr().out.splitlines()[0]
    assert json.loads(first[2:-2])["outputs"]["failed_count"] == 1


def test_the_module_runs(users: Path, rules: str) -> None:
    command = [sys.executable, "-m", "truthound_kestra", "check", str(users), "--rules", rules, *CORE]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
    assert subprocess.run(command[:3], capture_output=True, check=False).returncode == 2


@pytest.mark.parametrize("command", ["check", "profile", "learn"])
def test_help_says_what_each_option_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "Time limit in seconds; None for no limit. Default: 300.0." in text
    assert "Base name of the report files in the working directory" in text
