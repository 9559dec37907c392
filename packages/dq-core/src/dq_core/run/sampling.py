"""Samples and folds, drawn in the database by the numbers of the rows: the same ones whenever they are asked for."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ..relation.relation import Relation
    from .reader import Reader

__all__ = ["LOTS", "Lots", "draw", "lot", "sampled"]

#: Every row draws a lot from 0 to this number, exclusive.
LOTS = 2_147_483_647
_OTHER_PRIME = 2_147_483_629


@dataclasses.dataclass(frozen=True)
class Lots:
    """A relation whose rows have drawn lots.

    Attributes:
        relation: The rows, with all columns of the original.
        lot: The expression of a row's lot.
    """

    relation: Relation
    lot: ColumnElement[int]

    def sample(self, share: float) -> Relation:
        """About this share of the rows, always the same ones."""
        names = list(self.relation.columns)
        chosen = self.relation.select_all().where(self.lot < int(share * LOTS)).subquery("sample")
        return dataclasses.replace(
            self.relation, from_=chosen, columns={name: self.relation.columns[name] for name in names}
        )

    def fold(self, folds: int) -> ColumnElement[int]:
        """The number of the fold that a row is in, from 0."""
        return self.lot % folds


def draw(reader: Reader, relation: Relation, seed: int) -> Lots:
    """Let every row draw a lot.

    The same row draws the same lot in every statement, as long as the table does not change: it depends on the seed
    and on where the row lies, or, for a query, on its place in the result.
    """
    number = "row_number"
    while number in relation.columns:
        number += "_"
    columns = [relation[name] for name in relation.columns]
    place = sa.cast(_place(reader, relation), sa.BigInteger())
    numbered = relation.select(*columns, place.label(number)).subquery("numbered")
    return Lots(dataclasses.replace(relation, from_=numbered), lot(numbered.c[number], seed))


def sampled(reader: Reader, relation: Relation, sample_size: int, seed: int) -> tuple[Relation, int | None]:
    """About so many rows of a relation; all of them, and no count, if 0 are asked for.

    Returns:
        The rows (the relation itself if it has no more rows than asked for), and the number of all rows if counted.
    """
    if sample_size == 0:
        return relation, None
    total = int(reader.rows(relation.select(sa.func.count()))[0][0])
    if total <= sample_size:
        return relation, total
    return draw(reader, relation, seed).sample(sample_size / total), total


def lot(number: Any, seed: int) -> Any:
    """The lot of a row by its number: plain arithmetic below 2**63, the same in every database and in Python.

    Two steps of the multiplicative generator of Park and Miller ("Random number generators: good ones are hard to
    find", CACM 31, 1988; multipliers 48271 and 69621), with a step between them that is not linear.
    """
    start = (number % LOTS + seed * 7919 % LOTS + LOTS) % LOTS
    first = start * 48_271 % LOTS
    second = first * (first % 65_521 + 7) % _OTHER_PRIME
    return second * 69_621 % LOTS


def _place(reader: Reader, relation: Relation) -> ColumnElement[Any]:
    """Where a row lies: by the database's own address of a row, or else by counting."""
    source = relation.from_
    if isinstance(source, sa.TableClause):
        if relation.dialect.name == "sqlite" and "rowid" not in {name.lower() for name in relation.columns}:
            # A covering index may change the order in which rows are read; their addresses stay.
            address: ColumnElement[Any] = sa.literal_column("rowid")
            # A view has one, too, which is NULL.
            if reader.exists(sa.select(address).select_from(source).limit(1)):
                return address
        if relation.dialect.name == "postgresql" and "ctid" not in relation.columns:
            # Parallel and synchronised scans read in any order.
            point: ColumnElement[Any] = sa.literal_column("ctid::text::point")
            if reader.exists(sa.select(point).select_from(source).limit(1)):
                return sa.literal_column("((ctid::text::point)[0]::bigint * 4096 + (ctid::text::point)[1]::bigint)")
    return sa.func.row_number().over()
