"""The ``moltres`` command refuses every wrong value of every option with one message and the exit status 2.

``HOSTILE=all pytest tests/moltres/test_hostile_cli.py`` tries every value on every option.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from moltres import cli, connect
from support.hostile_cli import assert_option_refused, options_of, parsers_of

#: Right calls of each verb, in the folder that `folder` makes.
RIGHT = {
    "copy": ["sqlite:///shop.db", "sqlite:///other.db", "--table", "t", "--mode", "overwrite"],
    "replicate": ["sqlite:///shop.db", "sqlite:///other.db", "--tables", "t", "--mode", "overwrite"],
    "query": ["sqlite:///shop.db", "SELECT id FROM t"],
    "tables": ["sqlite:///shop.db"],
}
PARSERS = dict(parsers_of(cli.command_parser()))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database and a file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("id,t\n1,a\n2,\n")
    with connect("sqlite:///shop.db") as db:
        db.write([{"id": 1, "t": "a"}, {"id": 2, "t": None}]).save_as_table("t")
    return tmp_path


def test_every_command_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    """A new verb has a right call here, so that its options are tried one by one."""
    assert PARSERS.keys() == RIGHT.keys()
    for command, right in RIGHT.items():
        assert cli.main([*command.split(), *right]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(("command", "action"), options_of(PARSERS))
def test_hostile_values(command: str, action: argparse.Action, capsys: pytest.CaptureFixture[str]) -> None:
    right = [*command.split(), *RIGHT[command]]
    assert_option_refused(cli.main, "moltres", PARSERS[command], right, action, capsys, few=6)


@pytest.mark.parametrize(("command", "action"), [one for one in options_of(PARSERS) if "copy" in str(one.values[0])])
def test_hostile_values_with_files(command: str, action: argparse.Action, capsys: pytest.CaptureFixture[str]) -> None:
    right = [command, "data.csv", "rows.parquet", "--mode", "overwrite"]
    assert_option_refused(cli.main, "moltres", PARSERS[command], right, action, capsys, few=3)
