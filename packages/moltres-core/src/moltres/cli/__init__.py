"""The ``moltres`` command; see `moltres.cli.commands`."""

from .commands import COMMANDS, command_parser, main

__all__ = ["COMMANDS", "command_parser", "main"]
