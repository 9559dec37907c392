"""Modules that moved: their former names give the same objects, and warn whoever imports them."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module

import pytest


def require_forwarding(former: str, name: str, home: str, now: str | None = None) -> None:
    """Import a module by its former name, and find a name in it.

    Args:
        former: The former name of the module.
        name: A name that it had.
        home: The module that has it now.
        now: What it is called there, if it was renamed.
    """
    there = import_module(home)  # what an import brings along may have warnings of its own
    sys.modules.pop(former, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package of a former module can be a former one itself
        import_module(former.rpartition(".")[0])
    with pytest.warns(DeprecationWarning, match=f"^{former} is deprecated: its names are in ") as caught:
        old = __import__(former, fromlist=[name])
    assert [warning.filename for warning in caught] == [__file__]
    assert getattr(old, name) is getattr(there, now or name)
    with pytest.raises(AttributeError, match=f"module '{former}' has no attribute 'nonsense'"):
        old.nonsense  # noqa: B018
