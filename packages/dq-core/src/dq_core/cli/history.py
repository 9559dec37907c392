"""``dq history``: record, judge and show runs, as `dq_core.history.History` does."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._shared.command.arguments import count, from_environment
from .._shared.files.readers import near_file
from ..errors import RuleError, SourceError
from ..history import History
from ..history.bounds import METHODS
from ..report.report import SEVERITIES, Report
from .output import FORMATS, SUFFIXES, add_output, planned_outputs, say_written, write, write_report
from .status import CHECKED, FAILED, PASSED, WRITTEN

if TYPE_CHECKING:
    import argparse

    from .status import Run

__all__ = ["HISTORY_COMMANDS", "history"]


def history(parser: argparse.ArgumentParser) -> Run:
    """Record reports, judge a report by earlier ones, show what was recorded."""
    parser.epilog = CHECKED
    parser.set_defaults(without_command=parser)
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="history_command")
    for name, command in HISTORY_COMMANDS.items():
        help_ = (command.__doc__ or "").partition("\n")[0].rstrip(".")
        subparser = subparsers.add_parser(name, help=help_[0].lower() + help_[1:], description=f"{help_}.")
        subparser.set_defaults(history_run=command(subparser), without_command=None)
    return lambda arguments: int(arguments.history_run(arguments))


def _record(parser: argparse.ArgumentParser) -> Run:
    """Record a report."""
    parser.epilog = WRITTEN
    _add_history(parser)
    _add_report(parser)
    parser.add_argument(
        "--run-id", metavar="ID", help="what identifies the run: recording it again replaces it (a new one)"
    )
    parser.add_argument("--quiet", action="store_true", help="do not print the run's identity")

    def run(arguments: argparse.Namespace) -> int:
        report = _report_of(arguments)
        run_id = _history_of(arguments).record(report, suite=arguments.suite, run_id=arguments.run_id)
        if not arguments.quiet:
            print(run_id)
        return PASSED

    return run


def _judge(parser: argparse.ArgumentParser) -> Run:
    """Judge a report by the runs before it: unusual numbers of rows, shares and statistics."""
    parser.epilog = CHECKED
    _add_history(parser)
    _add_report(parser)
    parser.add_argument(
        "--severity", choices=SEVERITIES, default="warning", help="that of the new results; error and critical let "
        "drift fail the report (warning)",
    )  # fmt: skip
    _add_bounds(parser)
    parser.add_argument(
        "--lag", type=count, default=0, metavar="N", help="compare changes over N runs instead of values (0)"
    )
    add_output(parser, FORMATS)

    def run(arguments: argparse.Namespace) -> int:
        outputs = planned_outputs(arguments, SUFFIXES)
        names = ("suite", "severity", "false_alarm_rate", "method", "last", "lag")
        options = {name: getattr(arguments, name) for name in names}
        report = _history_of(arguments).judge(_report_of(arguments), **options)
        write_report(report, outputs, arguments.suite, quiet=arguments.quiet)
        return PASSED if report.passed else FAILED

    return run


def _show(parser: argparse.ArgumentParser) -> Run:
    """Show the recorded values of a metric and the range that is expected of the next one."""
    parser.epilog = WRITTEN
    _add_history(parser)
    parser.add_argument(
        "--metric", default="total_rows", metavar="NAME", help="the name of a check, or total_rows (total_rows)"
    )
    _add_bounds(parser)
    add_output(parser, ("text", "json"))

    def run(arguments: argparse.Namespace) -> int:
        outputs = planned_outputs(arguments, {end: kind for end, kind in SUFFIXES.items() if kind in ("text", "json")})
        kept = _history_of(arguments)
        points = kept.points(arguments.metric, suite=arguments.suite, last=arguments.last)
        if not points:
            _refuse_unknown(kept, arguments)
        names = ("suite", "false_alarm_rate", "method", "last")
        bounds = kept.bounds(arguments.metric, **{name: getattr(arguments, name) for name in names})
        shown: dict[str, Any] = {
            "metric": arguments.metric,
            "suite": arguments.suite,
            "points": [
                {"run_id": one.run_id, "started_at": one.started_at.isoformat(), "value": one.value} for one in points
            ],
            "bounds": None if bounds is None else {"low": bounds.low, "high": bounds.high},
        }
        for target, kind in outputs:
            write(target, json.dumps(shown, indent=2) + "\n" if kind == "json" else _text(shown))
        say_written([target for target, _ in outputs if target], quiet=arguments.quiet)
        return PASSED

    return run


#: The verbs of ``dq history``.
HISTORY_COMMANDS = {"record": _record, "judge": _judge, "show": _show}


def _add_history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "history", metavar="HISTORY", help="the URL of the database that keeps the runs; env:NAME reads it from there"
    )
    parser.add_argument("--suite", metavar="NAME", required=True, help="the name under which the runs belong together")
    parser.add_argument("--prefix", default="dq_", metavar="TEXT", help="what the names of its tables begin with (dq_)")
    parser.add_argument("--schema", metavar="NAME", help="the schema of its tables")


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "report", metavar="REPORT", help="a report that dq check wrote with --format json; - reads standard input"
    )


def _add_bounds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--false-alarm-rate", type=float, default=0.01, metavar="RATE", help="the rate of false alarms, at most (0.01)"
    )
    parser.add_argument("--method", choices=METHODS, default="auto", help="how bounds are found (auto)")
    parser.add_argument("--last", type=count, default=365, metavar="N", help="use this many of the latest runs (365)")


def _history_of(arguments: argparse.Namespace) -> History:
    return History(from_environment(arguments.history), prefix=arguments.prefix, schema=arguments.schema)


def _report_of(arguments: argparse.Namespace) -> Report:
    """The report in a JSON file.

    Raises:
        SourceError: There is no such file.
        RuleError: It holds no report.
    """
    path = arguments.report
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SourceError(f"The report {path} does not exist.", suggestion=near_file(path)) from None
    except (OSError, ValueError) as error:
        raise SourceError(f"The report {path} cannot be read: {error}.") from None
    try:
        return Report.from_dict(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RuleError([f"{path} is not a report in JSON: dq check --format json writes one."]) from None


def _refuse_unknown(kept: History, arguments: argparse.Namespace) -> None:
    if not kept.points("total_rows", suite=arguments.suite, last=1):
        raise SourceError(f"No run of the suite {arguments.suite!r} is recorded.")
    raise SourceError(f"No recorded run of the suite {arguments.suite!r} has the metric {arguments.metric!r}.")


def _text(shown: dict[str, Any]) -> str:
    lines = [f"{one['started_at']}  {one['value']:g}" for one in shown["points"]]
    bounds = shown["bounds"]
    expected = "too few runs to say" if bounds is None else f"from {bounds['low']:g} to {bounds['high']:g}"
    return "\n".join([*lines, f"The next value of {shown['metric']} is expected: {expected}."]) + "\n"
