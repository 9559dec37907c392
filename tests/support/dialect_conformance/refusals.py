"""What a database says that it cannot do is refused by name, whatever asks for it.

A test of the suites runs up to the first thing that the database cannot do. If that is refused in the words of the
capability, the test has found what must be found, and has passed; anything else is for its own assertions to judge.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from moltres import connect
from moltres.errors import ConfigurationError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from collections.abc import Generator

REFUSALS = {
    "transactions": re.compile(r"commits each statement: "),
    "replaces_rows": re.compile(r"cannot (change or replace|update|delete) rows"),
    "run_keys": re.compile(r"keeps no snapshots, so that a run_key cannot promise"),
}
"""By capability: how moltres refuses what needs it."""


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    try:
        return (yield)
    except ConfigurationError as error:
        if pyfuncitem.cls is None or not issubclass(pyfuncitem.cls, DialectSuite) or not _is_due(pyfuncitem, error):
            raise
        return True


def _is_due(item: pytest.Function, error: ConfigurationError) -> bool:
    """Whether an error is the refusal of what the database of a test cannot do."""
    said = [name for name, words in REFUSALS.items() if words.search(str(error))]
    given = item.funcargs
    with nullcontext(given["db"]) if "db" in given else connect(given["url"]) as db:
        with db.connection():  # what serves the tables is for the server to say
            capabilities = db.dialect.capabilities
        return any(not getattr(capabilities, name) for name in said)
