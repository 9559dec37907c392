"""Tables that a write fills before it publishes them, named such that the next write knows whose they are.

Where nothing is rolled back, a process that is killed leaves its staging table behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._shared.drafts import left_over, new_name, released
from .target import table_of

if TYPE_CHECKING:
    from .files import StageFolder
    from .target import Target

__all__ = ["drop_left_overs", "released", "staging_name"]

_PREFIX: Final = "moltres_filling_"


def staging_name(target: Target) -> str:
    """The name of a new staging table, which counts as used until `released`."""
    return new_name(f"{_PREFIX}{target.digest}_")


def drop_left_overs(target: Target, folder: StageFolder | None) -> None:
    """Drop the staging tables of writes of this table that were killed, and their files.

    Args:
        target: The table.
        folder: Where the files of writes lie; None if there are none.
    """
    prefix = f"{_PREFIX}{target.digest}_"
    for name in left_over(prefix, target.listing.tables(target.schema)):
        target.dialect.drop_if_exists(target.connection, table_of(name, [], target.schema))
    if folder is not None:
        for name in left_over(prefix, folder.names()):
            folder.remove(name)
