"""How SQLAlchemy writes the statements of moltres: every name in quotes, on a copy of the engine's dialect.

SQLAlchemy quotes the names that it takes for reserved words or that have other characters than words have. Its lists
are not those of the server that is connected, which has more words with each version: a name in quotes is a name on all
of them. The engine's own dialect, which may be the caller's, stays as it is.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from sqlalchemy.exc import CompileError

from ..._shared.databases.places import Places, apart, writing_as
from ...errors import ConfigurationError
from .names import require_label
from .uncached import leave_uncached

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import ClauseElement, Connection

    from ..capabilities import Capabilities


class Compiling(Protocol):
    """What writing statements needs to know of a database; `Dialect` explains it."""

    name: str
    capabilities: Capabilities
    identifier_quote: str | None

    def statement_compiler(self, base: type[Any]) -> type[Any]:
        """The compiler of statements."""

    def written(self, value: Any) -> str | None:
        """A value as a literal."""


_OWN = frozenset(
    {"identifier_preparer", "type_compiler", "type_compiler_instance", "statement_compiler", "dispatch", "_type_memos"}
    | {"label_length"}
)
"""What the copy has of its own; all else follows the engine's dialect, which learns of its server when it connects."""

_LONGEST = 1_000_000
"""Of names where the database has no limit."""
_ROOM = 6
"""What SQLAlchemy keeps for a number behind a label that it has cut."""

_copies: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def compiling(engines: Any, dialect: Compiling) -> Any:
    """SQLAlchemy's dialect of an engine, as moltres writes statements.

    Args:
        engines: The dialect of an engine, or such a copy.
        dialect: What moltres knows of the database.
    """
    if isinstance(engines.identifier_preparer, _Quoting) or engines.requires_name_normalize:
        return engines  # where names are folded to upper case, quotes would make other names of them
    leave_uncached()
    made = _copies.get(engines)
    if made is None or type(made.identifier_preparer).__mro__[2] is not type(engines.identifier_preparer):
        made = _copy(engines)
        made.statement_compiler = dialect.statement_compiler(_naming(engines.statement_compiler, dialect))
        made.identifier_preparer = _quoting(made, engines.identifier_preparer, dialect)
        made.type_compiler = made.type_compiler_instance = type(engines.type_compiler_instance)(made)
        # SQLAlchemy cuts labels that come near to the longest name; those that are longer are refused.
        most = dialect.capabilities.max_label_bytes or dialect.capabilities.max_identifier_bytes or _LONGEST
        made.label_length = most + _ROOM
        made = _copies.setdefault(engines, made)
    vars(made).update({name: value for name, value in vars(engines).items() if name not in _OWN})
    made.dispatch = engines.dispatch
    return made


def literal(compiled: Any) -> Any:
    """The same for SQL that no driver formats: percent signs are not doubled.

    Args:
        compiled: What `compiling` has made, such as the dialect of a connection of moltres.
    """
    made = _copy(compiled)
    made.paramstyle, made.positional = "named", False
    preparer = copy.copy(made.identifier_preparer)
    preparer.dialect, preparer._double_percents, preparer._strings = made, False, {}  # noqa: SLF001 - see _quoting
    preparer.apart = apart(preparer)
    made.identifier_preparer = preparer
    made.type_compiler = made.type_compiler_instance = type(made.type_compiler_instance)(made)
    return made


def written_out(statement: ClauseElement, compiled: Any) -> str:
    """A statement with its values in it.

    Args:
        statement: The statement.
        compiled: See `literal`.

    Raises:
        ConfigurationError: If a value has no literal form.
    """
    try:
        return str(statement.compile(dialect=literal(compiled), compile_kwargs={"literal_binds": True}))
    except CompileError as error:
        raise ConfigurationError(f"A value of the statement has no literal form: {error}") from error


def _copy(engines: Any) -> Any:
    made = copy.copy(engines)
    vars(made).pop("_type_memos", None)  # what it has remembered of types may double percent signs, or not
    return made


class _Naming(Places):
    """Mixed into a compiler: values that are put into a statement later are found by whatever name a column has.

    And values in a statement are what the driver would send: SQLAlchemy writes bytes as a string.
    """

    dialect: Any
    moltres: Compiling
    escaped_bind_names: Any
    literal_execute_params: Any
    bind_names: Any

    def _process_parameters_for_postcompile(self, parameters: Any, **options: Any) -> Any:
        # SQLAlchemy looks for literals by the names that it has escaped, and is given the others.
        for bound in self.literal_execute_params:
            name = self.bind_names[bound]
            if name in parameters and name in self.escaped_bind_names:
                parameters[self.escaped_bind_names[name]] = parameters.pop(name)
        return super()._process_parameters_for_postcompile(parameters, **options)

    def render_literal_value(self, value: Any, type_: Any) -> str:
        if value is not None:
            sent = None if isinstance(value, bytes) else type_.dialect_impl(self.dialect).bind_processor(self.dialect)
            written = self.moltres.written(value if sent is None else sent(value))
            if written is not None:
                return self._taken_apart(written)
        return super().render_literal_value(value, type_)


def _naming(compiler: type[Any], dialect: Compiling) -> type[Any]:
    escaped = {**compiler.bindname_escape_characters, **dict.fromkeys(_MARKUP, "_")}
    own = {"bindname_escape_characters": escaped, "moltres": dialect}
    return type(f"Naming{compiler.__name__}", (_Naming, compiler), own)


_MARKUP = ("[", "]", "~", *(chr(code) for code in range(0x3001) if chr(code).isspace()))
"""What would end the name of a parameter where its value is put into the statement later."""


def compiled_by(connection: Connection, dialect: Compiling) -> AbstractContextManager[None]:
    """Let the statements of a connection be written so within the block.

    Args:
        connection: The connection; it may be the caller's, in the thread of the caller.
        dialect: What moltres knows of the database.
    """
    return writing_as(connection, compiling(connection.dialect, dialect))


class _Quoting:
    """Mixed into the preparer of a dialect: every name is quoted, and refused if the database would change it.

    Attributes:
        apart: The same for statements in which the places of values are found when they are written.
    """

    moltres: Compiling
    apart: Any

    def _requires_quotes(self, value: str) -> bool:
        del value
        return True

    def quote_identifier(self, value: str) -> str:
        require_label(value, self.moltres.capabilities, self.moltres.name)
        quoted: str = super().quote_identifier(value)  # type: ignore[misc]  # of the preparer that it is mixed into
        return quoted


def _quoting(made: Any, preparer: Any, dialect: Compiling) -> Any:
    """A copy of a preparer that quotes every name; SQLAlchemy gives no public way to make one for a dialect."""
    kind = type(preparer)
    quoting = copy.copy(preparer)
    quoting.__class__ = type(f"Quoting{kind.__name__}", (_Quoting, kind), {})
    quoting.moltres, quoting.dialect, quoting._strings = dialect, made, {}  # noqa: SLF001 - as above
    if dialect.identifier_quote is not None:
        quoting.initial_quote = quoting.final_quote = quoting.escape_quote = dialect.identifier_quote
        quoting.escape_to_quote = dialect.identifier_quote * 2
    quoting.apart = apart(quoting)
    return quoting
