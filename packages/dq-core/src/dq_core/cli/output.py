"""Where and how a subcommand writes what it found."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RuleError
from ..report import rich_report, to_html, to_markdown, to_text
from ..report.view import view

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ..report import Report

__all__ = ["FORMATS", "SUFFIXES", "add_output", "planned_outputs", "say_written", "write", "write_report"]

#: The format for each file extension.
SUFFIXES = {
    ".htm": "html", ".html": "html", ".json": "json", ".markdown": "markdown", ".md": "markdown", ".txt": "text",
}  # fmt: skip
FORMATS = ("text", "json", "markdown", "html")


def add_output(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    """The arguments that say what to write and where; the same for every subcommand."""
    parser.add_argument("--format", choices=formats, help="the format; default: by the extension of FILE, or text")
    parser.add_argument(
        "--output", action="append", default=[], metavar="FILE", help="write to FILE (- is standard output); repeatable"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no closing line on standard error")


def planned_outputs(arguments: argparse.Namespace, suffixes: dict[str, str]) -> list[tuple[Path | None, str]]:
    """The outputs and their formats, decided before any work is done.

    Returns:
        Pairs of a path (None is standard output) and a format.

    Raises:
        RuleError: A file's extension is unknown, or its folder does not exist; lists all problems.
    """
    problems = []
    outputs: list[tuple[Path | None, str]] = []
    for given in arguments.output or ["-"]:
        target = None if given == "-" else Path(given)
        kind = arguments.format or ("text" if target is None else suffixes.get(target.suffix.lower()))
        if kind is None:
            problems.append(f"--output {given}: give --format, or one of the extensions {', '.join(suffixes)}.")
        elif target is not None and not target.parent.is_dir():
            problems.append(f"--output {given}: the folder {str(target.parent)!r} does not exist.")
        else:
            outputs.append((target, kind))
    if problems:
        raise RuleError(problems)
    return outputs


def write(target: Path | None, text: str) -> None:
    """Write to a file, or to standard output, as UTF-8."""
    if target is not None:
        target.write_text(text, encoding="utf-8")
        return
    sys.stdout.write(text)
    sys.stdout.flush()


def say_written(files: Sequence[Path], *, quiet: bool) -> None:
    """Say on standard error which files were written."""
    if files and not quiet:
        print(f"dq: written: {', '.join(map(str, files))}", file=sys.stderr)


def write_report(report: Report, outputs: Sequence[tuple[Path | None, str]], title: str | None, *, quiet: bool) -> None:
    """Write a report to each of the outputs, in its format, and say where on standard error."""
    for target, kind in outputs:
        if target is None and kind == "text" and sys.stdout.isatty():
            _print_in_colour(report)
        else:
            write(target, _written(report, kind, title))
    _say_where(report, [target for target, _ in outputs if target], quiet=quiet)


def _written(report: Report, kind: str, title: str | None) -> str:
    match kind:
        case "json":
            return report.to_json(indent=2) + "\n"
        case "markdown":
            return to_markdown(report, title=title)
        case "html":
            return to_html(report, title=title)
        case _:
            return to_text(report)


def _print_in_colour(report: Report) -> None:
    """The text report for a terminal: as wide as the terminal, and in colour if rich is installed."""
    try:
        from rich.console import Console
    except ImportError:
        write(None, to_text(report, width=shutil.get_terminal_size((120, 24)).columns))
    else:
        Console().print(rich_report(report))


def _say_where(report: Report, files: Sequence[Path], *, quiet: bool) -> None:
    if not files or quiet:
        return
    verdict = "passed" if report.passed else "failed"
    print(f"dq: {verdict}. {view(report).verdict}. Written: {', '.join(map(str, files))}", file=sys.stderr)
