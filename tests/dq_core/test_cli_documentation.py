"""The page about the command line names what the command has, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dq_core.cli import COMMANDS, command_parser, main
from dq_core.cli.history import HISTORY_COMMANDS
from support.commands import documented_commands

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "command-line.md").read_text(encoding="utf-8")


#: Every verb that has options of its own.
VERBS = (*(name for name in COMMANDS if name != "history"), *(f"history {name}" for name in HISTORY_COMMANDS))


def _help(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    return capsys.readouterr().out


def _usage(capsys: pytest.CaptureFixture[str], command: str) -> str:
    return _help(capsys, *command.split()).partition("\n\n")[0]


def _section(name: str) -> str:
    return PAGE.partition(f"## Options of `dq {name}`\n")[2].partition("\n## ")[0]


def test_every_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    listed = _help(capsys).partition("  COMMAND\n")[2].partition("\n\n")[0]
    assert set(re.findall(r"^ {4}(\w+)", listed, re.MULTILINE)) == set(COMMANDS)
    assert set(re.findall(r"^## Options of `dq (.+)`$", PAGE, re.MULTILINE)) == set(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_every_option_is_documented_and_every_documented_one_exists(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"--help", *re.findall(r"--[a-z-]+", _usage(capsys, name))}
    assert set(re.findall(r"^\| `(--[a-z-]+)", _section(name), re.MULTILINE)) == options


@pytest.mark.parametrize("name", VERBS)
def test_every_format_is_documented(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    formats = re.search(r"--format\s+\{(.*?)\}", _usage(capsys, name), re.DOTALL)
    if formats is None:
        assert "--format" not in _section(name)
        return
    assert [one for one in re.split(r",\s*", formats[1]) if f"`{one}`" not in _section(name)] == []


def test_every_command_that_is_shown_has_the_arguments_of_its_verb() -> None:
    commands = documented_commands("dq")
    assert {command[0] for command in commands} == set(COMMANDS)
    for command in commands:
        command_parser().parse_args(command)
