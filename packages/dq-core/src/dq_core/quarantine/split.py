"""The statements that separate failing rows from others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..checks.base import Check
    from ..relation.relation import Relation

__all__ = ["Split"]


@dataclass(frozen=True)
class Split:
    """The statements that separate failing rows from others.

    Attributes:
        names: The names of the checks that are about rows, each once.
        column: The column with the names of the failed checks.
        counts: A SELECT of the numbers of all, passing and failing rows, then of those that fail each check.
        rows: A SELECT of the failing rows, all columns of the source and then the names.
        empty: A SELECT of the same columns, for their types.
    """

    names: tuple[str, ...]
    column: str
    counts: sa.Select[Any]
    rows: sa.Select[Any]
    empty: sa.Select[Any]

    @classmethod
    def of(cls, checks: Mapping[str, Check], relation: Relation, column: str) -> Split:
        """The statements for these checks, which are given by name.

        Raises:
            RuleError: No check is about rows.
        """
        predicates = {name: check.failing(relation) for name, check in checks.items()}
        about_rows = {name: predicate for name, predicate in predicates.items() if predicate is not None}
        if not about_rows:
            raise RuleError(["No check is about rows, so there is nothing to quarantine."])
        names = tuple(about_rows)
        taken = set(relation.columns)
        flags = [_free(f"failed_{number}", taken) for number in range(len(names))]
        columns = relation.stored()
        flagged = relation.select(
            *columns,
            *(
                sa.case((predicate, 1), else_=0).label(flag)
                for flag, predicate in zip(flags, about_rows.values(), strict=True)
            ),
        ).subquery("flagged")
        failed = [flagged.c[flag] == 1 for flag in flags]
        passes = sa.and_(*(flagged.c[flag] == 0 for flag in flags))
        numbers: list[Any] = [sa.func.count(), *map(_number_where, (passes, sa.or_(*failed), *failed))]
        written = [flagged.c[name] for name in relation.columns]
        listed = _free(column, set(relation.columns))
        return cls(
            names,
            listed,
            sa.select(*numbers).select_from(flagged),
            sa.select(*written, _json_list(names, failed).label(listed)).where(sa.or_(*failed)),
            relation.select(*columns, sa.cast(sa.null(), sa.Text()).label(listed)).where(sa.false()),
        )


def _free(name: str, taken: set[str]) -> str:
    """The name, with underscores appended until no column has it; case does not matter."""
    folded = {one.casefold() for one in taken}
    while name.casefold() in folded:
        name += "_"
    return name


def _number_where(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


def _json_list(names: Sequence[str], failed: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[str]:
    """The names of the conditions that hold, as a JSON list."""
    parts = [
        sa.case(
            (condition, sa.literal(f",{json.dumps(name, ensure_ascii=False)}", sa.Text())),
            else_=sa.literal("", sa.Text()),
        )
        for name, condition in zip(names, failed, strict=True)
    ]
    joined = sa.func.substr(reduce(add, parts), 2, type_=sa.Text())
    return sa.literal("[", sa.Text()) + joined + sa.literal("]", sa.Text())
