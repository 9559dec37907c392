"""Run the Python blocks of Markdown pages as tests, each page in a folder of its own.

Blocks fenced as ``python`` run, one after the other, and share their names. A block that cannot run carries a comment
``<!-- skip: next "why" -->`` before it; ``tests/workspace`` refuses a skip without a reason and fences that would be
passed over silently.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(__file__).resolve().parents[2]

# Flows of pages start a server of their own, for which a busy machine needs longer than the 20 s that Prefect waits.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "600")


def _enter(namespace: dict[str, Any]) -> None:
    namespace["_before"] = Path.cwd()
    namespace["_folder"] = tempfile.TemporaryDirectory()
    os.chdir(namespace["_folder"].name)
    # What a page leaves behind for the next run stays in its folder too.
    namespace["_state"] = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = namespace["_folder"].name


def _leave(namespace: dict[str, Any]) -> None:
    os.chdir(namespace["_before"])
    if namespace["_state"] is None:
        del os.environ["XDG_STATE_HOME"]
    else:
        os.environ["XDG_STATE_HOME"] = namespace["_state"]
    namespace["_folder"].cleanup()


def collector(path: Path) -> Callable[..., Any]:
    """The hook that collects the pages below ``path``, for a ``conftest.py`` there."""
    return Sybil(
        parsers=[PythonCodeBlockParser(), SkipParser()],
        patterns=["*.md"],
        path=str(path),
        setup=_enter,
        teardown=_leave,
    ).pytest()
