"""Text of statements that looks like the place of a value, such as ``'%(id_1)s'``, stays what it is.

Where a driver numbers its parameters SQLAlchemy first writes ``%(name)s`` for each, and on every database
``__[POSTCOMPILE_name]`` for what it puts into the statement later, such as the values of ``IN``. Then it looks for that
in the whole statement, also in strings, names and comments. So what looks like it is taken apart until the places are
found.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

__all__ = ["Places", "apart", "keeping_text", "writing_as"]

_MARK = "\0"
"""Within what looks like a place; no database takes it in SQL."""

_copies: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def _apart(written: str) -> str:
    return written.replace("%(", f"%{_MARK}(").replace("[POSTCOMPILE_", f"[{_MARK}POSTCOMPILE_")


class Places:
    """Mixed into a compiler of statements: only its own parameters are places of values."""

    dialect: Any
    statement: Any
    string: str
    literal_execute_params: Any
    post_compile_params: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self._finds_places and not (self.post_compile_params or self.literal_execute_params):
            self.string = self.string.replace(_MARK, "")

    @property
    def preparer(self) -> Any:
        """What writes names."""
        own = vars(self)["preparer"]
        return vars(own).get("apart", own) if self._finds_places else own

    @preparer.setter
    def preparer(self, preparer: Any) -> None:
        vars(self)["preparer"] = preparer

    @property
    def _finds_places(self) -> bool:
        return self.statement is not None  # not in the parts of a CREATE TABLE

    def post_process_text(self, text: str) -> str:
        """Text that the user has written."""
        return self._taken_apart(super().post_process_text(text))  # type: ignore[misc]  # of the compiler

    def escape_literal_column(self, text: str) -> str:
        """An expression that the user has written."""
        return self._taken_apart(super().escape_literal_column(text))  # type: ignore[misc]  # of the compiler

    def render_literal_value(self, value: Any, type_: Any) -> str:
        """A value in the statement."""
        return self._taken_apart(super().render_literal_value(value, type_))  # type: ignore[misc]  # of the compiler

    def _taken_apart(self, written: str) -> str:
        return _apart(written) if self._finds_places else written

    def _process_parameters_for_postcompile(self, parameters: Any, **options: Any) -> Any:
        state: Any = super()._process_parameters_for_postcompile(parameters, **options)  # type: ignore[misc]  # as above
        if _MARK not in state.statement:
            return state
        joined = state.statement.replace(_MARK, "")
        if self.string == state.statement:  # it is written out for the eye
            self.string = joined
        return state._replace(statement=joined)


def apart(preparer: Any) -> Any:
    """What writes names such that none looks like a place.

    Args:
        preparer: What writes them for all else.
    """
    made = copy.copy(preparer)
    made.__class__ = type(f"Apart{type(preparer).__name__}", (_Apart, type(preparer)), {})
    made._strings = {}  # noqa: SLF001 - what it has written before
    return made


class _Apart:
    def quote_identifier(self, value: str) -> str:
        """A name in quotes; SQLAlchemy writes none without them that has a percent sign."""
        return _apart(super().quote_identifier(value))  # type: ignore[misc]  # of the preparer that it is mixed into


@contextmanager
def keeping_text(connection: Connection) -> Iterator[None]:
    """Let the statements of a connection keep their text within a block.

    Args:
        connection: The connection; it may be the caller's, in the thread of the caller.
    """
    before: Any = connection.dialect
    if issubclass(before.statement_compiler, Places):
        yield
        return
    if before not in _copies:
        _copies[before] = _copy(before)
    made = _copies[before]
    own = ("statement_compiler", "identifier_preparer", "dispatch")
    vars(made).update({name: value for name, value in vars(before).items() if name not in own})
    with writing_as(connection, made):
        yield


@contextmanager
def writing_as(connection: Connection, dialect: Any) -> Iterator[None]:
    """Let a dialect write the statements of a connection within a block.

    Args:
        connection: The connection; it may be the caller's, in the thread of the caller.
        dialect: Like that of its engine.
    """
    before = connection.dialect
    connection.dialect = dialect
    try:
        yield
    finally:
        connection.dialect = before


def _copy(before: Any) -> Any:
    made = copy.copy(before)
    made.statement_compiler = type(
        f"Placing{before.statement_compiler.__name__}", (Places, before.statement_compiler), {}
    )
    made.identifier_preparer = copy.copy(before.identifier_preparer)
    made.identifier_preparer.dialect = made
    made.identifier_preparer.apart = apart(made.identifier_preparer)
    made.dispatch = before.dispatch
    return made
