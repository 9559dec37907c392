"""Hostile values for every option of every verb of a command: one message and the exit status 2, or the answer."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from support.hostile import SECRET, wrong

__all__ = ["assert_option_refused", "options_of", "parsers_of", "problems_of"]

Main = Callable[[Sequence[str]], int]


def parsers_of(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The parser of each verb, by its name."""
    nested = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not nested:
        yield name, parser
    for action in nested:
        for command, its_parser in action.choices.items():
            yield from parsers_of(its_parser, f"{name} {command}".strip())


def options_of(parsers: Mapping[str, argparse.ArgumentParser]) -> list[Any]:
    """Every argument of every verb that takes a value, as parameters of a test."""
    return [
        pytest.param(
            command, action, id=f"{command} {action.option_strings[0] if action.option_strings else action.dest}"
        )
        for command, parser in parsers.items()
        for action in parser._actions
        if action.nargs != 0
    ]


def problems_of(main: Main, prog: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """What is wrong with how a command ends.

    Args:
        main: Runs it.
        prog: Its name, with which its message begins.
        arguments: What it is given.
        capsys: What it prints.
    """
    try:
        code: Any = main(arguments)
    except SystemExit as ended:
        code = ended.code
    except Exception as error:  # noqa: BLE001 (any is what this looks for)
        code, _ = f"{type(error).__name__}: {error}", capsys.readouterr()
    out, err = capsys.readouterr()
    if code not in (0, 1, 2):
        yield f"ends with {code}"
    if "Traceback" in err:
        yield f"a traceback: …{err[-300:]}"
    if SECRET in out + err:
        yield "shows the password"
    if code == 2 and sum(line.startswith(prog) for line in err.splitlines()) != 1:
        yield f"not one message: {err!r:.200}"
    if code == 2 and out:
        yield f"writes to standard output: {out!r:.100}"
    control = [one for one in err if not one.isprintable() and one not in "\n\t\r"]
    if control:
        yield f"control characters: {control!r}"


def assert_option_refused(
    main: Main,
    prog: str,
    parser: argparse.ArgumentParser,
    right: list[str],
    action: argparse.Action,
    capsys: pytest.CaptureFixture[str],
    *,
    few: int = 8,
) -> None:
    """Hostile values of one argument end with one message, or are right.

    Args:
        main: Runs the command.
        prog: Its name.
        parser: The parser of the verb.
        right: A right call, with the verb; what is positional comes first.
        action: The argument.
        capsys: What the command prints.
        few: How many values are tried.
    """
    verb = parser.prog.removeprefix(prog).split()
    problems = []
    for what, value in wrong(parser.prog, action.dest, few=few):
        if not isinstance(value, str | int | float):
            continue
        if action.option_strings:
            given = [*right, f"{action.option_strings[0]}={value}"]
        else:
            positional = [one.dest for one in parser._actions if not one.option_strings]
            place = len(verb) + positional.index(action.dest)
            given = [*right[:place], f"{value}", *right[place + 1 :]]
        problems += [f"{what}: {problem}" for problem in problems_of(main, prog, given, capsys)]
    problems += _dropped(parser, right[len(verb) :], action, capsys)
    assert not problems, "\n".join(problems)


def _dropped(
    parser: argparse.ArgumentParser, right: list[str], action: argparse.Action, capsys: pytest.CaptureFixture[str]
) -> Iterator[str]:
    """An option that is not repeatable is refused if it is given twice: one of its values would be dropped."""
    if not action.option_strings:
        return
    option = [action.option_strings[0], f"{next(iter(action.choices or ['1']))}"]
    try:
        parsed = parser.parse_args([*right, *option, *option])
    except SystemExit:
        if "is given twice" not in (said := capsys.readouterr().err):
            yield f"given twice, it is refused otherwise: {said[-200:]}"
        return
    if not isinstance(getattr(parsed, action.dest), list):
        yield "given twice, one of its values is dropped"
