"""``dq quarantine``."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from .._shared.wording import plural
from ..quarantine import quarantine as split
from ..report.report import SEVERITIES
from ..report.view import count
from .arguments import add_source, add_timeout, options_of, source_of
from .output import SUFFIXES, add_output, planned_outputs, say_written, write
from .rules import add_rules, suite_of
from .status import FAILED, PASSED

if TYPE_CHECKING:
    import argparse

    from ..quarantine import Quarantine
    from .status import Run

__all__ = ["quarantine"]


def quarantine(parser: argparse.ArgumentParser) -> Run:
    """Copy the rows that break rules to a table or file."""
    parser.epilog = "Exit status: 0 no row breaks a rule, 1 rows were quarantined, 2 could not run."
    add_source(parser)
    add_rules(parser)
    parser.add_argument(
        "--to", metavar="TARGET", required=True, help="a table of the same database, or a path that ends in .parquet"
    )
    parser.add_argument(
        "--mode", choices=("replace", "append"), default="replace", help="what to do with earlier rows there (replace)"
    )
    parser.add_argument(
        "--column", default="failed_checks", metavar="NAME", help="the column with the names of the failed checks "
        "(failed_checks)",
    )  # fmt: skip
    parser.add_argument(
        "--min-severity", choices=SEVERITIES, default="error", help="only checks of this severity or a higher one "
        "(error)",
    )  # fmt: skip
    add_timeout(parser)
    add_output(parser, ("text", "json"))

    def run(arguments: argparse.Namespace) -> int:
        outputs = planned_outputs(arguments, {end: kind for end, kind in SUFFIXES.items() if kind in ("text", "json")})
        suite = suite_of(arguments)
        options = options_of(arguments, "mode", "column", "min_severity", "timeout_seconds")
        found = split(source_of(arguments), suite.checks, to=arguments.to, **options)
        for target, kind in outputs:
            write(target, json.dumps(dataclasses.asdict(found), indent=2) + "\n" if kind == "json" else _text(found))
        say_written([target for target, _ in outputs if target], quiet=arguments.quiet)
        return FAILED if found.quarantined_rows else PASSED

    return run


def _text(found: Quarantine) -> str:
    rows = f"{count(found.quarantined_rows)} of {plural(found.total_rows, 'row')}"
    lines = [f"{rows} quarantined in {found.target}."]
    lines += [f"  {name}: {count(failed)}" for name, failed in found.failed_rows.items() if failed]
    if found.not_applied:
        lines.append(f"Not about rows, or below the severity: {', '.join(found.not_applied)}.")
    return "\n".join(lines) + "\n"
