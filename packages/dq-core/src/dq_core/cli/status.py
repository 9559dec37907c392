"""The exit statuses of the command."""

import argparse
from collections.abc import Callable

__all__ = ["CHECKED", "COULD_NOT_RUN", "FAILED", "INTERRUPTED", "PASSED", "WRITTEN", "Run"]

PASSED, FAILED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130

#: What the help of a verb says about them: for one that judges, and for one that only writes.
CHECKED = "Exit status: 0 everything passed, 1 something failed, 2 could not run."
WRITTEN = "Exit status: 0 written, 2 could not run."

#: Runs a subcommand; returns the exit status.
Run = Callable[[argparse.Namespace], int]
