"""Tables that are renamed where that commits, from before until their load is recorded."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import func, select

if TYPE_CHECKING:
    from sqlalchemy import Table

    from ..frame.source import Mode
    from .load_log import Load
    from .target import Target

__all__ = ["finish_renamed", "is_renamed", "label_of_load"]


def is_renamed(target: Target, table: Table, load: Load) -> bool:
    """Whether a table is that of a load whose process was killed between the rename of its table and the end."""
    return target.dialect.label_of(target.connection, table) == label_of_load(load.run_key)


def finish_renamed(target: Target, table: Table, load: Load, mode: Mode, receipt: str | None = None) -> None:
    """Record a load whose process was killed between the rename of its table and its key.

    Args:
        target: The table.
        table: The same, with its columns.
        load: The load.
        mode: The mode of the load.
        receipt: Its receipt as JSON; None if nobody has kept it.
    """
    load.claim(mode)
    load.finish(target.connection.execute(select(func.count()).select_from(table)).scalar_one(), receipt)
    target.dialect.label(target.connection, table, "")


def label_of_load(run_key: str) -> str:
    """What a table that is to be renamed bears until its load is recorded."""
    return f"moltres load {sha256(run_key.encode()).hexdigest()}"
