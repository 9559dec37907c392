"""Modules that moved: their former names give the same objects and warn."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

FORMER = {
    "check": ("checks", "ColumnCheck"),
    "execute": ("run.validate", "validate"),
    "factory": ("checks.factory", "DataQualityCheck"),
    "render": ("report", "to_html"),
    "suite": ("run.suite", "Suite"),
}


@pytest.mark.parametrize("former", FORMER)
def test_a_former_module_forwards_and_warns(former: str) -> None:
    module, name = FORMER[former]
    sys.modules.pop(f"dq_core.{former}", None)
    with pytest.warns(DeprecationWarning, match=f"dq_core.{former} is deprecated") as caught:
        old = import_module(f"dq_core.{former}")
    assert getattr(old, name) is getattr(import_module(f"dq_core.{module}"), name)
    assert [warning.category for warning in caught] == [DeprecationWarning]
