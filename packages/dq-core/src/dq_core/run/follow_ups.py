"""What checks ask after the shared scan: the statements of many checks are run as few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from ..checks.base import EvaluationError
from ..relation.selection import OneValue
from .reader import StatementError, by_halves

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from ..relation.selection import FollowUp
    from .reader import Reader

    FollowedUp = dict[str, Any] | StatementError | EvaluationError

K = TypeVar("K", bound="Hashable")

__all__ = ["follow", "follow_all"]


def follow(follow_up: FollowUp, reader: Reader) -> dict[str, Any]:
    """What a follow-up measures.

    Raises:
        StatementError: The database refused one of its statements.
        EvaluationError: It cannot be evaluated.
    """
    found = follow_all({0: follow_up}, reader)[0]
    if isinstance(found, Exception):
        raise found
    return found


def follow_all(
    follow_ups: Mapping[K, FollowUp], reader: Reader, done: Callable[[K], object] = lambda _: None
) -> dict[K, FollowedUp]:
    """What follow-ups measure, or why they measure nothing: one that is refused costs no other its own.

    The values that all of them ask for first are columns of one SELECT, or of a few; then those that they ask for next.

    Args:
        follow_ups: The follow-ups.
        reader: Runs their statements.
        done: Is called whenever one has ended.
    """
    found: dict[K, FollowedUp] = {}
    asked: dict[K, sa.Select[Any]] = {}

    def go_on(key: K, answer: Any) -> None:
        """Send an answer, and run what only this follow-up asks for."""
        asked.pop(key, None)
        try:
            wanted = follow_ups[key].send(answer)
            while not isinstance(wanted, OneValue):
                answer = reader.fetch(wanted) if isinstance(wanted, sa.Select) else reader.call(wanted)
                wanted = follow_ups[key].send(answer)
            asked[key] = wanted.statement
        except StopIteration as end:
            end_with(key, end.value)
        except (EvaluationError, StatementError) as error:
            end_with(key, error)

    def end_with(key: K, outcome: FollowedUp) -> None:
        asked.pop(key, None)
        found[key] = outcome
        done(key)

    for key in follow_ups:
        go_on(key, None)
    size = reader.opened.relation.dialect.most_union_parts
    while asked:
        keys, answers = list(asked), dict[K, Any]()

        def read(batch: Sequence[K], answers: dict[K, Any] = answers) -> None:
            answers.update(zip(batch, reader.fetch(_together([asked[key] for key in batch]))[0], strict=True))

        for start in range(0, len(keys), size):
            for key, error in by_halves(keys[start : start + size], read):
                end_with(key, error)
        for key, answer in answers.items():
            go_on(key, answer)
    return found


def _together(statements: Sequence[sa.Select[Any]]) -> sa.Select[Any]:
    """One SELECT of the values of several."""
    if len(statements) == 1:
        return statements[0]
    return sa.select(*(one.scalar_subquery().label(f"m{place}") for place, one in enumerate(statements)))
