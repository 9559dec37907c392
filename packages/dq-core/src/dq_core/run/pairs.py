"""Running the statements of a comparison on both sides, at once where they are different connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._shared.statements import driver_connection
from .workers import Workers

if TYPE_CHECKING:
    from ..relation.differences import Differences, Question, Step, Steps
    from .reader import Reader

__all__ = ["run_steps"]


def run_steps(steps: Steps, left: Reader, right: Reader) -> Differences:
    """Run a comparison.

    Args:
        steps: The generator of the statements.
        left: Reads the left side.
        right: Reads the right side.

    Raises:
        SourceError: A side cannot be read.
        ValidationTimeoutError: The time is over.
    """
    at_once = _separate(left, right)
    try:
        step = next(steps)
        while True:
            answers = _both(step, left, right) if at_once else (_ask(left, step.left), _ask(right, step.right))
            left.step(step.message)
            step = steps.send(answers)
    except StopIteration as end:
        found: Differences = end.value
        return found


def _separate(left: Reader, right: Reader) -> bool:
    """Whether another thread may use the right side's connection while this one uses the left side's."""
    connections = [one.opened.connection for one in (left, right)]
    if connections[0] is connections[1] or driver_connection(connections[0]) is driver_connection(connections[1]):
        return False
    return all(one.opened.relation.dialect.any_thread for one in (left, right))


def _ask(reader: Reader, question: Question) -> Any:
    return reader.read(question.statement, question.read)


def _both(step: Step, left: Reader, right: Reader) -> tuple[Any, Any]:
    workers = Workers(1)
    future = workers.submit(_ask, right, step.right)
    try:
        ours = _ask(left, step.left)
        return ours, future.result()
    except BaseException:
        # Nobody wants the other answer any more, and its connection is about to be closed.
        _stop(right)
        future.exception()
        raise
    finally:
        workers.close()


def _stop(reader: Reader) -> None:
    """Let the driver stop what still runs, if it can; otherwise it is waited for."""
    raw = driver_connection(reader.opened.connection)
    stop = getattr(raw, "cancel_safe", None) or getattr(raw, "interrupt", None)
    if stop is not None:
        stop()
