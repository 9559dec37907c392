"""The page about the command line names what the command has, and nothing else."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from dq_core.cli import COMMANDS, command_parser

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "command-line.md").read_text(encoding="utf-8")


def _subparsers() -> dict[str, argparse.ArgumentParser]:
    actions = command_parser()._actions
    (choices,) = (action.choices for action in actions if isinstance(action, argparse._SubParsersAction))
    return dict(choices)


def _section(name: str) -> str:
    return PAGE.partition(f"## Options of `dq {name}`\n")[2].partition("\n## ")[0]


def test_every_command_is_documented() -> None:
    assert set(_subparsers()) == set(COMMANDS)
    assert set(re.findall(r"^## Options of `dq (.+)`$", PAGE, re.MULTILINE)) == set(COMMANDS)


def test_every_option_is_documented_and_every_documented_one_exists() -> None:
    for name, parser in _subparsers().items():
        options = {option for action in parser._actions for option in action.option_strings if option != "-h"}
        documented = set(re.findall(r"^\| `(--[a-z-]+)", _section(name), re.MULTILINE))
        assert documented == options, name


def test_every_format_is_documented() -> None:
    for name, parser in _subparsers().items():
        (formats,) = (action.choices for action in parser._actions if action.dest == "format")
        assert formats
        assert all(f"`{one}`" in _section(name) for one in formats)
