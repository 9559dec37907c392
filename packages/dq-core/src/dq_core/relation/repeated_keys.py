"""Keys that stand in more than one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select

    from .selection import Selection

__all__ = ["count_repeated_keys"]


def count_repeated_keys(
    relation: Selection, keys: Sequence[str], where: str | None, *narrow: ColumnElement[bool]
) -> Select[Any]:
    """A SELECT of the number of rows whose key occurs in more than one row, by grouping.

    Args:
        relation: The relation.
        keys: The key columns.
        where: Only these rows.
        narrow: Further conditions, which all rows of a repeated key are known to meet.
    """
    columns = [relation[key] for key in keys]
    groups = (
        relation.select(sa.func.count().label("n"))
        .where(*relation.among([sa.or_(*(column.is_not(None) for column in columns)), *narrow], where))
        .group_by(*(part for key in keys for part in relation.groups(key)))
        .having(sa.func.count() > 1)
        .subquery("repeated")
    )
    return sa.select(sa.func.coalesce(sa.func.sum(groups.c.n), 0))
