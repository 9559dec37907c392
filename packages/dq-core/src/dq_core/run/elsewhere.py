"""Other sources that rules refer to: opened once, within the time limit of the validation, and closed with it."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

from ..errors import RuleError
from ..relation.relation import Other
from ..sources import open_source
from ..sources.limit import stating
from .fragments import sql_problems
from .reader import Reader
from .semantics import dependent_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import ExitStack

    from ..relation.relation import Place
    from ..sources import Opened
    from .reader import Deadline

__all__ = ["with_others"]


def with_others(opened: Opened, deadline: Deadline, stack: ExitStack, masked: frozenset[str], semantics: str) -> Opened:
    """A source with a way to others, for rules that compare both.

    Args:
        opened: The source.
        deadline: When to stop.
        stack: Closes the others.
        masked: Columns whose values must not be shown.
        semantics: Whose meaning rules have.
    """
    others = _Others(Reader(opened, deadline, hide_values=bool(masked)), stack, masked, semantics)
    return dataclasses.replace(opened, relation=dataclasses.replace(opened.relation, elsewhere=others.open))


class _Others:
    """The other sources of a validation.

    Args:
        own: Reads the source that is validated.
        stack: Closes the others.
        masked: Columns whose values must not be shown.
        semantics: Whose meaning rules have.
    """

    def __init__(self, own: Reader, stack: ExitStack, masked: frozenset[str], semantics: str) -> None:
        self._own, self._stack, self._masked, self._semantics = own, stack, masked, semantics
        self._open: list[tuple[Place, Other]] = []

    def open(self, place: Place) -> Other:
        """Open another source.

        Raises:
            SourceError: It cannot be opened.
            RuleError: What says where it is does not fit together.
        """
        source, table, query, schema = place
        for known, other in self._open:
            if known[0] is source and known[1:] == place[1:]:
                return other
        with stating(self._own.deadline):
            opened = self._stack.enter_context(
                open_source(
                    _from_environment(source),
                    table=table,
                    query=query,
                    schema=schema,
                    timeout_seconds=self._own.deadline.left(),
                    by_value=True,
                    scans=True,
                )
            )
        reader = Reader(opened, self._own.deadline, hide_values=bool(self._masked))
        other = Other(
            opened.relation,
            opened.description,
            reader.fetch,
            lambda names, where: list(self._problems(reader, names, where)),
            self._masked,
        )
        self._open.append((place, other))
        return other

    def _problems(self, other: Reader, names: Sequence[str], where: str | None) -> Iterator[str]:
        for reader in (self._own, other):
            yield from _unfit(reader.opened)
        for name in dependent_columns(names, other.opened, self._semantics):
            yield f'what {name} is there no conformance suite says; semantics="database" compares what it gives'
        other.opened.confine()
        if where is not None:
            yield from sql_problems({where: ["where"]}, other)


def _unfit(opened: Opened) -> Iterator[str]:
    sql = opened.relation.dialect.canonical
    problem = None if sql is None else sql.problem(opened.connection)
    if problem is not None:
        yield f"{opened.description} has no fingerprints: {problem}"


def _from_environment(source: Any) -> Any:
    """What the environment variable of ``env:NAME`` holds; anything else as it is."""
    if not isinstance(source, str) or not source.startswith("env:"):
        return source
    name = source.removeprefix("env:")
    value = os.environ.get(name)
    if not value:
        raise RuleError([f"the environment variable {name!r} is not set, or empty"])
    return value
