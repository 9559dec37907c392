"""``dq check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines import get_engine
from ..run.suite import Suite
from .arguments import add_limits, add_source, count, read_options_of, source_of
from .output import FORMATS, SUFFIXES, add_output, planned_outputs, write_report
from .progress import shown_progress
from .status import FAILED, PASSED

if TYPE_CHECKING:
    import argparse

    from .status import Run

__all__ = ["check"]


def check(parser: argparse.ArgumentParser) -> Run:
    """Check a source against rules."""
    add_source(parser)
    parser.add_argument(
        "--rules", metavar="FILE", required=True, help="the rules, YAML or JSON; - reads standard input"
    )
    parser.add_argument("--fail-fast", action="store_true", help="skip the checks after the first failure")
    parser.add_argument("--samples", type=count, default=5, metavar="N", help="failing rows to show for each check (5)")
    parser.add_argument(
        "--mask", action="append", default=[], metavar="COLUMN", help="hide this column in samples; repeatable"
    )
    add_limits(parser)
    add_output(parser, FORMATS)

    def run(arguments: argparse.Namespace) -> int:
        outputs = planned_outputs(arguments, SUFFIXES)
        suite = Suite.read(sys.stdin) if arguments.rules == "-" else Suite.from_yaml(Path(arguments.rules))
        with shown_progress(suite.name or "Checking", quiet=arguments.quiet) as on_progress:
            engine = get_engine(arguments.engine)
            # Only checks in the database report progress.
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
                read_options=read_options_of(arguments),
                **shown,
            )
        write_report(report, outputs, suite.name, quiet=arguments.quiet)
        return PASSED if report.passed else FAILED

    return run
