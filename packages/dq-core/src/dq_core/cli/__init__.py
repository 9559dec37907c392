"""The ``dq`` command; see `dq_core.cli.commands`."""

from .commands import COMMANDS, command_parser, main
from .status import COULD_NOT_RUN, FAILED, INTERRUPTED, PASSED

__all__ = ["COMMANDS", "COULD_NOT_RUN", "FAILED", "INTERRUPTED", "PASSED", "command_parser", "main"]
