"""What is filled before it is published, named such that the next one who writes the same knows whose it is.

A process that is killed leaves its staging tables and its drafts of files behind. The name tells the host and the
process. A process of the same host that is no more has no use for them; those of another host are left alone for a day,
because nobody here can know whether its process still runs.
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_DAY: Final = 86_400
_live: set[str] = set()
"""The names that this process uses now."""


def _host() -> str:
    """What names this host as long as it runs; containers have host names of their own."""
    return sha256(platform.node().encode()).hexdigest()[:8]


def new_name(prefix: str) -> str:
    """A name that begins with a prefix, and counts as used until `released`."""
    made = f"{prefix}{int(time.time()):x}_{_host()}_{os.getpid():x}_{uuid4().hex[:8]}"
    _live.add(made)
    return made


def released(name: str) -> None:
    """Say that this process no longer uses a name."""
    _live.discard(name)


def left_over(prefix: str, names: Iterable[str]) -> Iterator[str]:
    """Those of some names that were made with a prefix and that nobody uses any more."""
    for name in names:
        if name.startswith(prefix) and name not in _live and not _is_used(name.removeprefix(prefix)):
            yield name


def _is_used(rest: str) -> bool:
    """Whether the process that the end of a name tells may still run."""
    try:
        begun, host, process, _ = rest.split("_")
        if host != _host():
            return time.time() - int(begun, 16) < _DAY
        os.kill(int(process, 16), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return int(process, 16) != os.getpid()


@contextmanager
def draft_of(file: Path) -> Iterator[Path]:
    """Where a file is written before it is complete; what is still there at the end is removed.

    So is what writes of the same file that were killed have left.

    Args:
        file: The file, in a folder that exists.

    Yields:
        A path beside it, to which endings may be added.
    """
    prefix = f".draft_{sha256(os.fsencode(file.name)).hexdigest()[:10]}_"
    _remove(file.parent, prefix)
    name = new_name(prefix)
    try:
        yield file.with_name(name)
    finally:
        released(name)
        _remove(file.parent, prefix)


def _remove(folder: Path, prefix: str) -> None:
    for entry in list(folder.glob(f"{prefix}*")):
        if not list(left_over(prefix, [f".{entry.name[1:].partition('.')[0]}"])):
            continue
        if entry.is_dir():  # what DuckDB has put aside
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
