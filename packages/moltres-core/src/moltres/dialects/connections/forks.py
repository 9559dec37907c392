"""What a process does not share with the one that it was forked from: connections, and files of one process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary, WeakMethod, WeakSet

from sqlalchemy import Connection
from sqlalchemy.pool import QueuePool

from ..._shared.databases.connecting import database_file
from ...errors import ConfigurationError, of_parent
from .held import leave_to_parent, places_in_use

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from ..base import Dialect

__all__ = ["require_own", "watch"]


class Watched(Protocol):
    """A Database."""

    @property
    def engine(self) -> Engine:
        """Its engine."""

    @property
    def dialect(self) -> Dialect:
        """What is known of its database."""


_watched: WeakKeyDictionary[Any, WeakMethod[Callable[[], None]]] = WeakKeyDictionary()
_inherited: set[Path] = set()
_kept: list[Any] = []
_used: WeakSet[Connection] = WeakSet()
_of_parent: WeakSet[Connection] = WeakSet()


def watch(database: Watched, begin_anew: Callable[[], None]) -> None:
    """Leave the connections of a Database to the process that opened them; a child would read the parent's answers.

    Args:
        database: The Database.
        begin_anew: A method of it that forgets what the parent runs; called in each child.
    """
    _watched[database] = WeakMethod(begin_anew)


def _belongs_to_parent(database: Watched, file: Path) -> bool:
    """Whether only the parent may use a file, which it had open when it was forked, if nothing was done in it."""
    if not database.dialect.one_process and not file.with_name(f"{file.name}-wal").exists():
        return False
    pool = database.engine.pool
    return not isinstance(pool, QueuePool) or pool.checkedin() + pool.checkedout() > 0


def _in_child() -> None:
    # SQLite would take the locks of the parent for this process's own, and read what it has half written.
    _inherited.update(place for place in places_in_use() if isinstance(place, Path))
    _of_parent.update([*_used, *leave_to_parent()])
    _used.clear()
    for database, method in list(_watched.items()):
        begin_anew = method()
        if begin_anew is not None:
            begin_anew()
        engine: Engine = database.engine
        file = database_file(engine.url)
        if file is not None:
            # To close its connections would wait for threads that only the parent has, or undo what it does.
            _kept.append(engine.pool)
            if _belongs_to_parent(database, file):
                _inherited.add(file.resolve())
        if file is not None or engine.url.host is not None:  # what is in memory is a copy of this process's own
            engine.dispose(close=False)


def require_own(bind: Engine | Connection) -> None:
    """Make sure that a connection, or a file of one process, is not used in a child of the process that opened it.

    Args:
        bind: An engine, or the caller's connection.

    Raises:
        ConfigurationError: If the file or the connection was open when this process was forked.
    """
    url = bind.engine.url
    file = database_file(url)
    if file is not None and _inherited and file.resolve() in _inherited:
        raise ConfigurationError(
            f"{file} was open when this process was forked, and belongs to the process that opened it.",
            suggestion="Close the Database before the fork (SQLite: end what reads and writes), or start processes by"
            " the method 'spawn'.",
        )
    if not isinstance(bind, Connection) or (file is None and url.host is None):
        return
    if bind in _of_parent:
        raise of_parent()
    _used.add(bind)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
