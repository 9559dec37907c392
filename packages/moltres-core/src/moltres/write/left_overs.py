"""Tables that a write fills before it publishes them, named such that the next write knows whose they are.

Where nothing is rolled back, a process that is killed leaves its staging table behind. The name tells the table that
was written, the host and the process. A process of the same host that is no more has no use for its table; that of
another host is left alone for a day, because nobody here can know whether its process still runs.
"""

from __future__ import annotations

import os
import platform
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from .target import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .files import StageFolder
    from .target import Target

_PREFIX: Final = "moltres_filling_"
_DAY: Final = 86_400
_live: set[str] = set()
"""The staging tables that this process uses now."""


def _host() -> str:
    """What names this host as long as it runs; containers have host names of their own."""
    return sha256(platform.node().encode()).hexdigest()[:8]


def staging_name(target: Target) -> str:
    """The name of a new staging table, which counts as used until `released`."""
    made = f"{_PREFIX}{target.digest}_{int(time.time()):x}_{_host()}_{os.getpid():x}_{uuid4().hex[:8]}"
    _live.add(made)
    return made


def released(name: str) -> None:
    """Say that this process no longer uses a staging table."""
    _live.discard(name)


def drop_left_overs(target: Target, folder: StageFolder | None) -> None:
    """Drop the staging tables of writes of this table that were killed, and their files.

    Args:
        target: The table.
        folder: Where the files of writes lie; None if there are none.
    """
    for name in _left_overs(target, target.listing.tables(target.schema)):
        target.dialect.drop_if_exists(target.connection, table_of(name, [], target.schema))
    if folder is not None:
        for name in _left_overs(target, folder.names()):
            folder.remove(name)


def _left_overs(target: Target, names: Iterable[str]) -> Iterator[str]:
    prefix = f"{_PREFIX}{target.digest}_"
    for name in names:
        if name.startswith(prefix) and not _is_used(name.removeprefix(prefix)) and name not in _live:
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
