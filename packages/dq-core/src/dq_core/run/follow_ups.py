"""What checks ask after the shared scan: the statements of many checks are run as few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from ..checks.base import EvaluationError
from ..relation.narrow import narrowed
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
    answers: dict[K, Any] = dict.fromkeys(follow_ups)
    while answers:
        steps: dict[K, sa.Select[Any] | FollowedUp] = {}
        for key, answer in answers.items():
            steps[key] = _go_on(follow_ups[key], answer, reader)
            if not isinstance(steps[key], sa.Select):
                done(key)
        asked = {key: step for key, step in steps.items() if isinstance(step, sa.Select)}
        found.update((key, step) for key, step in steps.items() if not isinstance(step, sa.Select))
        answers, refused = _answers(asked, reader)
        found.update(refused)
        for key in refused:
            done(key)
    return found


def _go_on(follow_up: FollowUp, answer: Any, reader: Reader) -> sa.Select[Any] | FollowedUp:
    """Send an answer and run what nobody else asks for: gives the SELECT of the next value, or the end."""
    try:
        wanted = follow_up.send(answer)
        while not isinstance(wanted, OneValue):
            wanted = follow_up.send(reader.fetch(wanted) if isinstance(wanted, sa.Select) else reader.call(wanted))
    except StopIteration as end:
        measured: dict[str, Any] = end.value
        return measured
    except (EvaluationError, StatementError) as error:
        return error
    return wanted.statement


def _answers(asked: Mapping[K, sa.Select[Any]], reader: Reader) -> tuple[dict[K, Any], dict[K, StatementError]]:
    """The values of SELECTs, and why others have none."""
    answers: dict[K, Any] = {}
    refused: dict[K, StatementError] = {}

    def read(batch: Sequence[K]) -> None:
        answers.update(zip(batch, reader.fetch(_together([asked[key] for key in batch]))[0], strict=True))

    keys, size = list(asked), reader.opened.relation.dialect.most_union_parts
    for start in range(0, len(keys), size):
        refused.update(by_halves(keys[start : start + size], read))
    return answers, refused


def _together(statements: Sequence[sa.Select[Any]]) -> sa.Select[Any]:
    """One SELECT of the values of several."""
    if len(statements) == 1:
        return statements[0]
    values = (narrowed(one).scalar_subquery() for one in statements)
    return sa.select(*(one.label(f"m{place}") for place, one in enumerate(values)))
