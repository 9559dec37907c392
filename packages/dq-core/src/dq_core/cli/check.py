"""``dq check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._shared.command.arguments import count
from ..engines import engine_names, get_engine
from .arguments import add_engine, add_source, add_timeout, options_of, source_of
from .output import FORMATS, SUFFIXES, add_output, planned_outputs, write_report
from .progress import shown_progress
from .rules import add_rules, suite_of
from .status import CHECKED, FAILED, PASSED

if TYPE_CHECKING:
    import argparse

    from .status import Run

__all__ = ["check"]


def check(parser: argparse.ArgumentParser) -> Run:
    """Check a source against rules."""
    parser.epilog = CHECKED
    add_source(parser)
    add_rules(parser)
    parser.add_argument("--fail-fast", action="store_true", help="skip the checks after the first failure")
    parser.add_argument("--samples", type=count, default=5, metavar="N", help="failing rows to show for each check (5)")
    parser.add_argument(
        "--mask", action="append", default=[], metavar="COLUMN", help="hide this column in samples; repeatable"
    )
    add_engine(parser, engine_names(), "evaluates the rules")
    add_timeout(parser)
    add_output(parser, FORMATS)

    def run(arguments: argparse.Namespace) -> int:
        outputs = planned_outputs(arguments, SUFFIXES)
        suite = suite_of(arguments)
        with shown_progress(suite.name or "Checking", quiet=arguments.quiet) as on_progress:
            engine = get_engine(arguments.engine)
            # Only checks in the database report progress.
            shown: dict[str, Any] = {"on_progress": on_progress} if engine.capabilities.in_database else {}
            options = options_of(arguments, "fail_fast", "samples", "mask", "timeout_seconds")
            report = suite.signed(engine.check(source_of(arguments), suite.checks, **options, **shown))
        write_report(report, outputs, suite.name, quiet=arguments.quiet)
        return PASSED if report.passed else FAILED

    return run
