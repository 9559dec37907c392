"""Tables for statements, without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Column, MetaData, Table

from ..dialects.base import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..types.arrow import Named


def scratch_name(prefix: str = "moltres_tmp_") -> str:
    """A name that no other table has, for one that is soon dropped or renamed."""
    return f"{prefix}{uuid4().hex[:16]}"


def table_of(name: str, columns: Sequence[Named], schema: str | None = None, *, temporary: bool = False) -> Table:
    """A table for statements, with these columns and nothing else."""
    made = [Column(column, type_) for column, type_ in columns]
    prefixes = ["TEMPORARY"] if temporary else []
    return Table(name, MetaData(), *made, schema=schema, prefixes=prefixes, info={TEMPORARY: temporary})
