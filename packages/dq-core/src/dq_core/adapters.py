"""What packages that build on dq_core share with it, so that each decision stands in one place.

Wording of errors (`closest`, `question`, …), validators of arguments (`whole`, `seconds`, `choice`, …), durations,
values as JSON, URLs of databases, and what is secret in a URL and how it is hidden.
"""

from __future__ import annotations

from ._shared.arguments import (
    choice,
    flag,
    fraction,
    is_number,
    is_whole,
    number,
    plain_number,
    seconds,
    string,
    strings,
    whole,
)
from ._shared.durations import iso_duration
from ._shared.json_values import plain
from ._shared.masking import has_secrets, is_secret_name, masked, secrets_of, secrets_of_options
from ._shared.problems import NoJSONFormError, ProblemError
from ._shared.sqlite import begin_immediate
from ._shared.urls import database_url, is_database_url, make_engine
from ._shared.wording import closest, did_you_mean, listing, question

__all__ = [
    "NoJSONFormError",
    "ProblemError",
    "begin_immediate",
    "choice",
    "closest",
    "database_url",
    "did_you_mean",
    "flag",
    "fraction",
    "has_secrets",
    "is_database_url",
    "is_number",
    "is_secret_name",
    "is_whole",
    "iso_duration",
    "listing",
    "make_engine",
    "masked",
    "number",
    "plain",
    "plain_number",
    "question",
    "seconds",
    "secrets_of",
    "secrets_of_options",
    "string",
    "strings",
    "whole",
]
