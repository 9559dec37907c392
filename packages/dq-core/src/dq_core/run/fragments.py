"""Fragments of SQL in rules: each is judged before anything is read, and none does more than compute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .plan import fragments, probe
from .reader import StatementError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..checks.base import Check
    from .reader import Reader

__all__ = ["fragment_problems", "sql_problems"]


def fragment_problems(checks: Sequence[Check], reader: Reader) -> Iterator[str]:
    """Every fragment of SQL that is not one boolean expression that only computes; no row is read."""
    return sql_problems(fragments(checks), reader)


def sql_problems(places: Mapping[str, Sequence[str]], reader: Reader) -> Iterator[str]:
    """The same of fragments by themselves, with the names of what holds each."""
    if not places:
        return
    refused = reader.refused(list(places))
    sound = [sql for sql in places if sql not in refused]
    refused |= _not_compiled([sql for sql in sound if sql not in reader.opened.sound], reader)
    refused |= _not_bound([sql for sql in sound if sql not in refused], reader)
    for sql, options in places.items():
        if sql in refused:
            yield from (f"{option} {sql!r} cannot be evaluated: {refused[sql]}" for option in options)


def _not_compiled(sqls: Sequence[str], reader: Reader) -> dict[str, str]:
    """What the database's parser does not take for one expression."""
    if not sqls or reader.compile_error(sqls) is None:
        return {}
    reasons = {sql: reader.compile_error([sql]) for sql in sqls}
    return {sql: reason for sql, reason in reasons.items() if reason is not None}


def _not_bound(sqls: Sequence[str], reader: Reader) -> dict[str, str]:
    """What is no boolean expression on the columns."""
    relation = reader.opened.relation
    if relation.dialect.compiles_types:
        return {}
    odd = [name for name, column in relation.columns.items() if column.family == "untyped"]
    # What SQL makes of a column whose values have no type in common is known at the scan, and costs only its own rule.
    asked = [sql for sql in sqls if not any(re.search(rf"\b{re.escape(name)}\b", sql, re.IGNORECASE) for name in odd)]
    if not asked or _refusal(asked, reader) is None:
        return {}
    reasons = {sql: _refusal([sql], reader) for sql in asked}
    return {sql: reason for sql, reason in reasons.items() if reason is not None}


def _refusal(sqls: Sequence[str], reader: Reader) -> str | None:
    try:
        reader.fetch(probe(sqls, reader.opened.relation), counted=False)
    except StatementError as error:
        return error.reason
    return None
