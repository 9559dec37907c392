"""Samples, drawn in the database by hashes of row numbers: the same rows in every statement."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ..relation.relation import Relation
    from .reader import Reader

__all__ = ["HASH_RANGE", "HashedRows", "hashed_rows", "row_hash", "sampled"]

#: A row's hash is from 0 to this number, exclusive.
HASH_RANGE = 2_147_483_647
_OTHER_PRIME = 2_147_483_629


@dataclasses.dataclass(frozen=True)
class HashedRows:
    """A relation with a hash of each row.

    Attributes:
        relation: The rows, with all columns of the original.
        row_hash: The expression of a row's hash.
        number: The expression of the number that the hash is of: the rows' order.
    """

    relation: Relation
    row_hash: ColumnElement[int]
    number: ColumnElement[int]

    def sample(self, share: float) -> Relation:
        """About this share of the rows, always the same ones."""
        names = list(self.relation.columns)
        chosen = self.relation.select_all().where(self.row_hash < int(share * HASH_RANGE)).subquery("sample")
        return dataclasses.replace(
            self.relation, from_=chosen, columns={name: self.relation.columns[name] for name in names}
        )


def hashed_rows(reader: Reader, relation: Relation, seed: int) -> HashedRows:
    """Give every row a hash.

    A row has the same hash in every statement as long as the table does not change: it depends on the seed and on the
    row's address in the table or, for a query, on its position in the result.
    """
    number = "row_number"
    while number in relation.columns:
        number += "_"
    columns = relation.stored()
    place = sa.cast(_row_number(reader, relation), sa.BigInteger())
    numbered = relation.select(*columns, place.label(number)).subquery("numbered")
    counted = numbered.c[number]
    return HashedRows(dataclasses.replace(relation, from_=numbered), row_hash(counted, seed), counted)


def sampled(reader: Reader, relation: Relation, sample_size: int, seed: int) -> tuple[Relation, int | None]:
    """About ``sample_size`` rows of a relation; all of them, and no count, for 0.

    Returns:
        The rows (the relation itself if it has no more rows than asked for), and the number of all rows if counted.
    """
    if sample_size == 0:
        return relation, None
    total = int(reader.fetch(relation.select(sa.func.count()))[0][0])
    if total <= sample_size:
        return relation, total
    return hashed_rows(reader, relation, seed).sample(sample_size / total), total


def row_hash(number: Any, seed: int) -> Any:
    """The hash of a row by its number: plain arithmetic below 2**63, the same in every database and in Python.

    Two steps of the multiplicative generator of Park and Miller ("Random number generators: good ones are hard to
    find", CACM 31, 1988; multipliers 48271 and 69621), with a step between them that is not linear.
    """
    start = (number % HASH_RANGE + seed * 7919 % HASH_RANGE + HASH_RANGE) % HASH_RANGE
    first = start * 48_271 % HASH_RANGE
    second = first * (first % 65_521 + 7) % _OTHER_PRIME
    return second * 69_621 % HASH_RANGE


def _row_number(reader: Reader, relation: Relation) -> ColumnElement[Any]:
    """The row's address in the database if it has one, otherwise its position in the result."""
    source = relation.from_
    if isinstance(source, sa.TableClause):
        address = relation.dialect.row_address(relation.columns)
        # A view has no addresses, or NULL.
        if address is not None and reader.exists(sa.select(address).select_from(source), source):
            return address
    return relation.dialect.row_number(relation)
