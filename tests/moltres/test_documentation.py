"""The examples in docstrings run, and the guide names everything that is public."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import moltres
from moltres import Database, DataFrame, Records

_GUIDES = Path(__file__).parents[2] / "docs" / "guides"
_MODULES = [
    info.name
    for info in pkgutil.walk_packages(moltres.__path__, "moltres.")
    if not info.name.startswith("moltres.integrations.")  # they forward to packages of other environments
]


def examples(name: str) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(import_module(name), name) if test.examples]


def test_there_are_examples() -> None:
    assert sum(len(examples(name)) for name in _MODULES) >= 6


@pytest.mark.parametrize("name", [name for name in _MODULES if examples(name)])
def test_examples_in_docstrings(name: str) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in examples(name):
        runner.run(test)
    assert runner.failures == 0


def public(cls: type) -> list[str]:
    own = [name for name, value in vars(cls).items() if inspect.isfunction(value) or isinstance(value, property)]
    return [name for name in own if not name.startswith("_")]


@pytest.mark.parametrize("cls", [DataFrame, Database, Records])
def test_the_guides_name_every_public_method(cls: type) -> None:
    text = (_GUIDES / "dataframes.md").read_text()
    # What other packages of the project use stands in the reference only.
    internal = {"bind", "joined", "dialect", "reflect", "engine", "types", "from_dicts"}
    assert [name for name in public(cls) if name not in internal and name not in text] == []
    assert internal <= set(dir(DataFrame)) | set(dir(Database)) | set(dir(Records))
