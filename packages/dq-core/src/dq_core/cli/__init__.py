"""The ``dq`` command; see `dq_core.cli.commands`."""

from .commands import COMMANDS, COULD_NOT_RUN, FAILED, INTERRUPTED, PASSED, command_parser, main

__all__ = ["COMMANDS", "COULD_NOT_RUN", "FAILED", "INTERRUPTED", "PASSED", "command_parser", "main"]
