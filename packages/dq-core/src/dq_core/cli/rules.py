"""The argument that names the rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..run.suite import Suite

if TYPE_CHECKING:
    import argparse

__all__ = ["add_rules", "suite_of"]


def add_rules(parser: argparse.ArgumentParser) -> None:
    """The argument that names the rules."""
    parser.add_argument(
        "--rules", metavar="FILE", required=True, help="the rules, YAML or JSON; - reads standard input"
    )


def suite_of(arguments: argparse.Namespace) -> Suite:
    """The rules that it names."""
    return Suite.read(sys.stdin) if arguments.rules == "-" else Suite.from_yaml(Path(arguments.rules))
