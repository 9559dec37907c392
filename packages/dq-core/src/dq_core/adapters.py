"""What packages that build on dq_core share with it, so that each decision stands in one place.

Wording of errors (`closest`, `question`, …), validators of arguments (`whole`, `seconds`, `choice`, …), the parser of
commands, durations, values as JSON, URLs of databases, what is secret in a URL and how it is hidden, and how queries
name their run.
"""

from __future__ import annotations

from ._shared.arguments import (
    choice,
    flag,
    fraction,
    function,
    instance,
    is_number,
    is_whole,
    mapping,
    number,
    plain_number,
    seconds,
    string,
    strings,
    whole,
)
from ._shared.command.arguments import add_read_options, read_options_of
from ._shared.command.running import Parser
from ._shared.databases.trino_urls import Run, named_text
from ._shared.databases.urls import is_database_url, packages_of
from ._shared.durations import iso_duration
from ._shared.files.filesystems import filesystem_package
from ._shared.files.read_options import read_options_problems
from ._shared.files.readers import ALL_ENDINGS as FILE_ENDINGS
from ._shared.files.readers import ending_of
from ._shared.iceberg.places import url_problem
from ._shared.json_values import plain
from ._shared.masking import masked, scrubbed, secrets_in, secrets_of, secrets_of_options
from ._shared.problems import InvalidOptionError, NoJSONFormError, UnknownFormatError
from ._shared.wording import closest, listing, pip_line, plain_problem, plural, question, repr_of, with_hint

__all__ = [
    "FILE_ENDINGS",
    "InvalidOptionError",
    "NoJSONFormError",
    "Parser",
    "Run",
    "UnknownFormatError",
    "add_read_options",
    "choice",
    "closest",
    "ending_of",
    "filesystem_package",
    "flag",
    "fraction",
    "function",
    "instance",
    "is_database_url",
    "is_number",
    "is_whole",
    "iso_duration",
    "listing",
    "mapping",
    "masked",
    "named_text",
    "number",
    "packages_of",
    "pip_line",
    "plain",
    "plain_number",
    "plain_problem",
    "plural",
    "question",
    "read_options_of",
    "read_options_problems",
    "repr_of",
    "scrubbed",
    "seconds",
    "secrets_in",
    "secrets_of",
    "secrets_of_options",
    "string",
    "strings",
    "url_problem",
    "whole",
    "with_hint",
]
