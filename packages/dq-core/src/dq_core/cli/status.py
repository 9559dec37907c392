"""The exit statuses of the command, as the help of its verbs tells them."""

from .._shared.command.running import COULD_NOT_RUN, FAILED, INTERRUPTED, PASSED, Run

__all__ = ["CHECKED", "COULD_NOT_RUN", "FAILED", "INTERRUPTED", "PASSED", "WRITTEN", "Run"]

#: For a verb that judges, and for one that only writes.
CHECKED = "Exit status: 0 everything passed, 1 something failed, 2 could not run."
WRITTEN = "Exit status: 0 written, 2 could not run."
