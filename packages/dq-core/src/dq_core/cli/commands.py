"""The ``dq`` command: ``dq check SOURCE --rules rules.yaml``.

It ends with 0 when everything passed, 1 when something failed, 2 when it could not run.

A subcommand is one function: it adds its arguments to a parser and returns what runs them. `COMMANDS` names them all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataQualityError, RuleError
from .progress import shown_progress

if TYPE_CHECKING:
    from ..report.report import Report

__all__ = ["COMMANDS", "main"]

PASSED, FAILED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130

Run = Callable[[argparse.Namespace], int]

_SUFFIXES = {
    ".htm": "html", ".html": "html", ".json": "json", ".markdown": "markdown", ".md": "markdown", ".txt": "text",
}  # fmt: skip
_FORMATS = ("text", "json", "markdown", "html")
_RULE_FORMATS = ("yaml", *_FORMATS)


def check(parser: argparse.ArgumentParser) -> Run:
    """Check a source against rules."""
    add_source(parser)
    parser.add_argument(
        "--rules", metavar="FILE", required=True, help="the rules, YAML or JSON; - reads standard input"
    )
    parser.add_argument("--fail-fast", action="store_true", help="skip the checks behind the first failure")
    parser.add_argument(
        "--samples", type=_count, default=5, metavar="N", help="failing rows to show for each check (5)"
    )
    parser.add_argument(
        "--mask", action="append", default=[], metavar="COLUMN", help="hide this column in samples; repeatable"
    )
    add_limits(parser)
    add_output(parser, _FORMATS)

    def run(arguments: argparse.Namespace) -> int:
        from ..engines import get_engine
        from ..run.suite import Suite

        outputs = planned_outputs(arguments, _SUFFIXES)
        suite = Suite.from_yaml(sys.stdin.read() if arguments.rules == "-" else Path(arguments.rules))
        with shown_progress(suite.name or "Checking", quiet=arguments.quiet) as on_progress:
            engine = get_engine(arguments.engine)
            # Only what runs in the database tells how far it is.
            shown: dict[str, Any] = {"on_progress": on_progress} if engine.capabilities.in_database else {}
            report = engine.check(
                source_of(arguments),
                suite.checks,
                table=arguments.table,
                query=arguments.query,
                schema=arguments.schema,
                fail_fast=arguments.fail_fast,
                samples=arguments.samples,
                mask=arguments.mask,
                timeout_seconds=arguments.timeout,
                **shown,
            )
        for target, kind in outputs:
            if target is None and kind == "text" and sys.stdout.isatty():
                _print_in_colour(report)
            else:
                write(target, _written(report, kind, suite.name))
        _say_where(report, [target for target, _ in outputs if target], quiet=arguments.quiet)
        return PASSED if report.passed else FAILED

    return run


def profile(parser: argparse.ArgumentParser) -> Run:
    """Describe a source column by column."""
    add_source(parser)
    add_columns(parser)
    parser.add_argument("--top", type=_count, default=10, metavar="N", help="most frequent values to keep (10)")
    parser.add_argument("--no-stats", action="store_true", help="no means, deviations, quantiles and shapes of text")
    parser.add_argument("--histograms", action="store_true", help="count numbers in bins of equal width")
    parser.add_argument("--mask", action="append", default=[], metavar="COLUMN", help="show only counts; repeatable")
    add_limits(parser)
    add_output(parser, _FORMATS)

    def run(arguments: argparse.Namespace) -> int:
        options = {
            "include_stats": not arguments.no_stats,
            "include_histograms": arguments.histograms,
            "top_n": arguments.top,
            "mask": arguments.mask,
        }
        return _describe(arguments, "profile", _SUFFIXES, options)

    return run


def learn(parser: argparse.ArgumentParser) -> Run:
    """Learn rules from a source, each with a confidence."""
    from ..learning import KINDS

    add_source(parser)
    add_columns(parser)
    parser.add_argument(
        "--min-confidence", type=float, default=0.8, metavar="SHARE", help="leave out rules of less confidence (0.8)"
    )
    parser.add_argument("--kind", action="append", choices=KINDS, help="learn only this kind of rule; repeatable")
    parser.add_argument(
        "--references", action="append", default=[], metavar="TABLE", help="a table to refer to; repeatable"
    )
    add_limits(parser)
    add_output(parser, _RULE_FORMATS)

    def run(arguments: argparse.Namespace) -> int:
        options = {
            "min_confidence": arguments.min_confidence,
            "kinds": arguments.kind,
            "references": arguments.references,
        }
        return _describe(arguments, "learn", {**_SUFFIXES, ".yaml": "yaml", ".yml": "yaml"}, options)

    return run


def _describe(arguments: argparse.Namespace, verb: str, suffixes: dict[str, str], options: dict[str, Any]) -> int:
    """Run a verb of an engine that gives something to write."""
    from ..engines import get_engine

    outputs = planned_outputs(arguments, suffixes)
    found = getattr(get_engine(arguments.engine), verb)(
        source_of(arguments),
        table=arguments.table,
        query=arguments.query,
        schema=arguments.schema,
        columns=arguments.column or None,
        sample_size=arguments.sample,
        timeout_seconds=arguments.timeout,
        **options,
    )
    for target, kind in outputs:
        write(target, found.to_json(indent=2) + "\n" if kind == "json" else getattr(found, f"to_{kind}")())
    files = [str(target) for target, _ in outputs if target]
    if files and not arguments.quiet:
        print(f"dq: written: {', '.join(files)}", file=sys.stderr)
    return PASSED


#: Every subcommand.
COMMANDS: dict[str, Callable[[argparse.ArgumentParser], Run]] = {"check": check, "profile": profile, "learn": learn}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands behind ``dq``; default: those of the process.

    Returns:
        The exit status: 0 passed, 1 failed, 2 could not run (the reason is on standard error).
    """
    parsed = command_parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except DataQualityError as error:
        print(f"dq: {error}", file=sys.stderr)
    except BrokenPipeError:
        # Whoever read the report has seen enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"dq: {where}{error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("dq: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception:  # noqa: BLE001 (a crash must not end with 1, which says that the data is wrong)
        traceback.print_exc()
    return COULD_NOT_RUN


def command_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    parser = argparse.ArgumentParser(prog="dq", description="Data-quality checks that run where the data is.")
    parser.add_argument("--version", action="version", version=f"dq {version('dq-core')}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        help_ = (command.__doc__ or "").partition("\n")[0].rstrip(".")
        subparser = subparsers.add_parser(
            name,
            help=help_[0].lower() + help_[1:],
            description=f"{help_}.",
            epilog="Ends with 0 when everything passed, 1 when something failed, 2 when it could not run.",
        )
        subparser.set_defaults(run=command(subparser))
    return parser


def add_source(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what to read; the same for every subcommand."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="path or URI of Parquet, CSV or JSON files, or the address of a database; env:NAME takes it from the "
        "environment variable NAME, which keeps a password out of the process list",
    )
    parser.add_argument("--table", metavar="NAME", help="the table or view in the database")
    parser.add_argument("--query", metavar="SQL", help="a SELECT instead of a table")
    parser.add_argument("--schema", metavar="NAME", help="the table's schema")


def add_limits(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what runs, and for how long; the same for every subcommand."""
    from ..engines import engine_names

    names = engine_names()
    parser.add_argument("--engine", choices=names, default=names[0], help="the library that evaluates (dq_core)")
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="stop, in the database too, after so long")


def add_columns(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which columns and rows to look at."""
    parser.add_argument("--column", action="append", default=[], metavar="NAME", help="only this column; repeatable")
    parser.add_argument("--sample", type=_count, default=0, metavar="N", help="look at about so many rows (all)")


def add_output(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    """The arguments that say what to write and where; the same for every subcommand."""
    parser.add_argument("--format", choices=formats, help="how to write it; default: as FILE ends, or text")
    parser.add_argument(
        "--output", action="append", default=[], metavar="FILE", help="write to FILE (- is standard output); repeatable"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no closing line on standard error")


def source_of(arguments: argparse.Namespace) -> str:
    """The source as it was given, or from the environment variable that it names.

    Raises:
        RuleError: The environment variable is not set.
    """
    source: str = arguments.source
    kind, _, name = source.partition(":")
    if kind != "env":
        return source
    value = os.environ.get(name)
    if not value:
        raise RuleError([f"The environment variable {name!r} is not set, or empty."])
    return value


def planned_outputs(arguments: argparse.Namespace, suffixes: dict[str, str]) -> list[tuple[Path | None, str]]:
    """Where to write which format, settled before any work is done.

    Returns:
        Pairs of a path (None is standard output) and a format.

    Raises:
        RuleError: A file's ending says no format, or its folder does not exist; lists all of them.
    """
    problems = []
    outputs: list[tuple[Path | None, str]] = []
    for given in arguments.output or ["-"]:
        target = None if given == "-" else Path(given)
        kind = arguments.format or ("text" if target is None else suffixes.get(target.suffix.lower()))
        if kind is None:
            problems.append(f"--output {given}: give --format, or an ending out of {', '.join(suffixes)}.")
        elif target is not None and not target.parent.is_dir():
            problems.append(f"--output {given}: there is no folder {str(target.parent)!r}.")
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


def _written(report: Report, kind: str, title: str | None) -> str:
    from ..report import to_html, to_markdown, to_text

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
    """The text report for a terminal: as wide as it is, and in colour if rich is there."""
    from ..report import rich_report, to_text

    try:
        from rich.console import Console
    except ImportError:
        write(None, to_text(report, width=shutil.get_terminal_size((120, 24)).columns))
    else:
        Console().print(rich_report(report))


def _say_where(report: Report, files: Sequence[Path], *, quiet: bool) -> None:
    if not files or quiet:
        return
    from ..report.view import view

    verdict = "passed" if report.passed else "failed"
    print(f"dq: {verdict}. {view(report).verdict}. Written: {', '.join(map(str, files))}", file=sys.stderr)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, not {text}")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text}")
    return number
