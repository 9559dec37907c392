"""The exit statuses of the command."""

import argparse
from collections.abc import Callable

__all__ = ["COULD_NOT_RUN", "FAILED", "INTERRUPTED", "PASSED", "Run"]

PASSED, FAILED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130

#: Runs a subcommand; returns the exit status.
Run = Callable[[argparse.Namespace], int]
