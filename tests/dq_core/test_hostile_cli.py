"""The ``dq`` command refuses every wrong value of every option with one message and the exit status 2.

``HOSTILE=all pytest tests/dq_core/test_hostile_cli.py`` tries every value on every option.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dq_core import cli, validate
from dq_core.history import History
from support.hostile import SECRET
from support.hostile_cli import assert_option_refused, options_of, parsers_of, problems_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = [{"id": 1, "t": "a"}, {"id": 2, "t": None}]
#: A right call of each command, in the folder that `folder` makes.
RIGHT = {
    "check": ["data.csv", "--rules", "rules.yaml"],
    "compare": ["data.csv", "data.csv", "--keys", "id"],
    "profile": ["data.csv"],
    "learn": ["data.csv"],
    "quarantine": ["data.csv", "--rules", "rules.yaml", "--to", "bad.parquet"],
    "history record": ["sqlite:///history.db", "report.json", "--suite", "s"],
    "history judge": ["sqlite:///history.db", "report.json", "--suite", "s"],
    "history show": ["sqlite:///history.db", "--suite", "s"],
}
#: What a file of rules, a report or a source may hold instead.
FILES = {
    "nothing": b"",
    "no text": b"\xff\xfe\x00",
    "another form": b"{'a: [",
    "a list of lists": b"[[[1]]]",
    "a secret": f"url: postgresql://u:{SECRET}@h/x\n- a".encode(),
    "an unknown kind": b"- {type: not_nul, column: id}",
    "another column": b"- {type: not_null, column: nobody}",
    "control characters": b'- {type: not_null, column: "a\\e[31m"}',
    "a report of nothing": b"{}",
    "a number": b"5",
}


PARSERS = dict(parsers_of(cli.command_parser()))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source, rules, a report and a history."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("id,t\n1,a\n2,\n")
    (tmp_path / "rules.yaml").write_text("- {type: not_null, column: id}\n")
    report = validate(ROWS, [{"type": "not_null", "column": "id"}])
    (tmp_path / "report.json").write_text(report.to_json())
    History("sqlite:///history.db").record(report, suite="s")
    return tmp_path


def _problems(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    return problems_of(cli.main, "dq", arguments, capsys)


def test_every_command_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    """A new command has a right call here, so that its options are tried one by one."""
    assert PARSERS.keys() == RIGHT.keys()
    for command, right in RIGHT.items():
        assert cli.main([*command.split(), *right]) in (0, 1), capsys.readouterr().err


@pytest.mark.parametrize(("command", "action"), options_of(PARSERS))
def test_hostile_values(command: str, action: argparse.Action, capsys: pytest.CaptureFixture[str]) -> None:
    right = [*command.split(), *RIGHT[command]]
    assert_option_refused(cli.main, "dq", PARSERS[command], right, action, capsys)


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("name", ["rules.yaml", "rules.json", "report.json", "data.csv", "data.json", "data.parquet"])
def test_hostile_files(name: str, what: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / name).write_bytes(FILES[what])
    calls = {
        "rules": ["check", "data.csv", "--rules", name],
        "report": ["history", "record", "sqlite:///history.db", name, "--suite", "s"],
        "data": ["check", name, "--rules", "rules.yaml"],
    }
    problems = list(_problems(calls[name.partition(".")[0]], capsys))
    assert not problems, "\n".join(problems)


def test_a_file_that_nobody_may_read_and_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "folder.yaml").mkdir()
    (folder / "folder.csv").mkdir()
    for arguments in (
        ["check", "data.csv", "--rules", "folder.yaml"],
        ["check", "folder.csv", "--rules", "rules.yaml"],
        ["check", "data.csv", "--rules", "rules.yaml", "--output", "folder.csv"],
        ["check", "env:NOBODY", "--rules", "rules.yaml"],
    ):
        assert list(_problems(arguments, capsys)) == []
        assert cli.main(arguments) == cli.COULD_NOT_RUN
        capsys.readouterr()


def test_the_report_of_a_right_call_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", *RIGHT["check"], "--format", "json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["overall_status"] == "passed"
