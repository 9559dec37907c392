"""A statement that fails now and not later is an error or is asked again: no rule, note or verdict is lost by it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import DataQualityError, SourceConnectionError, SourceError, compare, learn, profile, validate
from support.check_conformance import store

ROWS = [
    {
        "id": n,
        "amount": n * 37 % 101 / 4,
        "part": "abc"[n % 3],
        "code": f"A-{n * 7919 % 1000:03}",
        "day": f"2020-01-{n % 28 + 1:02}",
    }
    for n in range(60)
]
TYPES = {"id": sa.Integer(), "amount": sa.Float(), "part": sa.Text(), "code": sa.String(20), "day": sa.Text()}
RULES: list[dict[str, Any]] = [
    {"type": "unique", "column": "id"},
    {"type": "in_range", "column": "amount", "min": 0, "max": 20},
    {"type": "in_set", "column": "part", "values": ["a", "b"]},
    {"type": "expression", "sql": "id >= 0"},
    {"type": "foreign_key", "column": "id", "references": {"table": "others", "column": "id"}},
]


def _learned(engine: sa.Engine) -> Any:
    return learn(engine, table="t").to_dict()["rules"]


def _profiled(engine: sa.Engine) -> Any:
    return profile(engine, table="t").to_dict()["columns"]


def _verdicts(engine: sa.Engine) -> Any:
    return [(one.status, one.message, one.failed_rows) for one in validate(engine, RULES, table="t").results]


def _compared(engine: sa.Engine) -> Any:
    found = compare((engine, "t"), (engine, "others"), columns=["id"])
    return found.missing, found.extra


class _Trouble:
    """What fails, from one statement on, for a number of statements.

    Args:
        engine: Whose statements.
        error: Makes what the driver raises.
    """

    def __init__(self, engine: sa.Engine, error: Callable[[], BaseException]) -> None:
        self.engine, self.error = engine, error
        self.seen, self.failed = 0, 0
        self.first, self.number = -1, 0

    def _execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> None:
        if statement.split(maxsplit=1)[0] not in ("SELECT", "WITH"):
            return  # settings and savepoints
        self.seen += 1
        if self.first < self.seen <= self.first + self.number:
            self.failed += 1
            raise self.error()

    @contextlib.contextmanager
    def at(self, first: int, number: int) -> Iterator[None]:
        """A block in which ``number`` statements fail after ``first`` ones."""
        self.seen, self.failed, self.first, self.number = 0, 0, first, number
        sa.event.listen(self.engine, "do_execute", self._execute)
        sa.event.listen(self.engine, "do_execute_no_params", self._without)
        try:
            yield
        finally:
            sa.event.remove(self.engine, "do_execute", self._execute)
            sa.event.remove(self.engine, "do_execute_no_params", self._without)

    def _without(self, cursor: Any, statement: str, context: Any) -> None:
        self._execute(cursor, statement, (), context)


@pytest.fixture
def trouble(engine: sa.Engine) -> _Trouble:
    """Two tables, and a disk that is full for a while."""
    store(engine, "t", ROWS, TYPES)
    store(engine, "others", [{"id": row["id"]} for row in ROWS[1:]], {"id": sa.Integer()})
    driver: Any = engine.dialect.loaded_dbapi
    return _Trouble(engine, lambda: driver.Error("No space left on device"))


@pytest.mark.most_cases(12)
@pytest.mark.parametrize("verb", [_learned, _profiled, _verdicts, _compared])
@pytest.mark.parametrize("number", [1, 4, 1000])
def test_what_fails_for_a_while_makes_nothing_smaller(
    verb: Callable[[sa.Engine], Any], number: int, trouble: _Trouble
) -> None:
    with trouble.at(0, 0):
        right = verb(trouble.engine)
    statements = trouble.seen
    assert statements
    for first in range(0, statements, 2):
        with trouble.at(first, number):
            try:
                found = verb(trouble.engine)
            except DataQualityError as error:
                assert "No space left on device" in str(error)  # noqa: PT017
                continue
        assert trouble.failed, first
        if "No space left on device" in str(found):
            continue  # it is stated: in a note of a profile, or as the error of a check
        assert found == right, first


def test_what_fails_because_of_others_can_be_retried(trouble: _Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """No verb goes on, and no rule is blamed, after a deadlock or a lost connection."""
    monkeypatch.setattr("dq_core.run.reader.retry_can_help", lambda *_, **__: True)
    for verb in (_learned, _profiled, _verdicts):
        with trouble.at(0, 0):
            verb(trouble.engine)
        for first in range(trouble.seen // 2, trouble.seen, 5):
            with trouble.at(first, 1), pytest.raises(SourceError) as caught:
                verb(trouble.engine)
            assert isinstance(caught.value, SourceConnectionError) or "cannot be read" in str(caught.value)
