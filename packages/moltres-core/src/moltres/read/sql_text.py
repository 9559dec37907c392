"""Queries in SQL, with ``:name`` for values."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Select, column, literal_column, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import TextClause, _anonymous_label
from sqlalchemy.types import NullType

from .._shared.wording import repr_of
from ..dialects.sql.owned import own
from ..dialects.sql.untyped import Untyped
from ..errors import ConfigurationError, closest, listing
from ..types import foreign
from ..types.logical import Told, is_known, sendable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, FromClause, SelectBase
    from sqlalchemy.types import TypeEngine

    from ..dialects.sql.lexis import Token
    from .source import Readable

_MARK = "\0"
"""Around the names of values in the text of a `Query`; no database takes it in SQL."""


class Query(TextClause):
    """A query in SQL, which goes to the database as it is written, with its values in their places.

    SQLAlchemy's own text() looks for colons and backslashes by rules that no database has.

    Args:
        marked: The text, with the name of each value between two NUL characters.
        values: The values by name.
    """

    inherit_cache = True

    def __init__(self, marked: str, values: Mapping[str, BindParameter[Any]]) -> None:
        self.text = marked
        self._bindparams = dict(values)

    @classmethod
    def of(cls, text: str) -> Query:
        """A query without values."""
        return cls(text, {})

    @property
    def without_values(self) -> str:
        """The SQL with NULL for each value: the same columns, where parameters are not supported."""
        return "".join("NULL" if number % 2 else part for number, part in enumerate(self.text.split(_MARK)))


@compiles(Query)
def _compile_query(element: Query, compiler: Any, **options: Any) -> str:
    options.pop("add_to_result_map", None)
    values = element._bindparams  # noqa: SLF001 - of the class above
    return "".join(
        compiler.process(values[part], **options) if number % 2 else compiler.post_process_text(part)
        for number, part in enumerate(element.text.split(_MARK))
    )


def statement(source: Readable, sql: object, binds: Mapping[str, Any]) -> Query:
    """A query as a statement with its values.

    Args:
        source: Where it will run.
        sql: One query. Colons in strings, quoted names and comments have no meaning.
        binds: Values by name.

    Raises:
        ConfigurationError: If a ``:name`` has no value, a value no ``:name``, or the database cannot take a value as it
            is; or if these are several queries.
    """
    if not isinstance(sql, str) or not sql.strip():
        raise ConfigurationError(f"sql() requires a query as a string, not {repr_of(sql)}.")
    if _MARK in sql:
        raise ConfigurationError("sql() requires a query without NUL characters.")
    with source.connection() as connection:
        tokens = _one_query(list(source.dialect.lexis(connection, sql).tokens(sql)))
    tokens = [_as_written(tokens, number, binds) for number in range(len(tokens))]
    _require_match({token.text[1:] for token in tokens if token.kind == "bind"}, binds)
    return own(_Marked(source, binds).query(source.dialect.in_its_order(tokens)), source.engine)


def _one_query(tokens: list[Token]) -> list[Token]:
    """The tokens without what follows the query: semicolons and comments."""
    ends = [number for number, token in enumerate(tokens) if token.text == ";"]
    end = ends[0] if ends else len(tokens)
    if any(token.kind != "space" and token.text != ";" for token in tokens[end:]):
        raise ConfigurationError("sql() takes one query, and there is more after the semicolon.")
    while end and tokens[end - 1].kind == "space":
        end -= 1
    if not end:
        raise ConfigurationError("sql() requires a query, and there are only comments.")
    return tokens[:end]


def _as_written(tokens: Sequence[Token], number: int, binds: Mapping[str, Any]) -> Token:
    """A token; that of a parameter becomes a plain one where it has no value, and the colon can be an operator.

    That is in a slice (``a[i :j]``), in a struct (``{a :b}``), and behind a name (``lambda x :x + 1``).
    """
    token = tokens[number]
    if token.kind == "bind" and token.text[1:] not in binds:
        before = next((other for other in reversed(tokens[:number]) if other.kind != "space"), None)
        after = tokens[number + 1] if number + 1 < len(tokens) else None
        follows = before is not None and (before.text == "[" or before.kind == "bind" or before.ends_value)
        if follows or (after is not None and after.text == ":"):
            return type(token)("symbol", token.text)
    return token


def _require_match(wanted: set[str], binds: Mapping[str, Any]) -> None:
    missing, extra = sorted(wanted - binds.keys()), sorted(binds.keys() - wanted)
    if missing or extra:
        problems = [f"no value for :{name}" for name in missing]
        for name in extra:
            match = closest(name, wanted)
            problems.append(f"{name}= is not used" + (f" (:{match}?)" if match else ""))
        raise ConfigurationError(
            f"The values do not match the parameters: {'; '.join(problems)}. Parameters: {listing(sorted(wanted))}.",
            suggestion=r"Write \: for a colon that is not a parameter." if missing else None,
        )


class _Marked:
    """Puts values in their places.

    Args:
        source: Where the query will run.
        binds: Values by name.
    """

    def __init__(self, source: Readable, binds: Mapping[str, Any]) -> None:
        self._dialect = source.dialect
        self._driver = source.engine.dialect
        self._binds = binds
        self._parameters: dict[str, BindParameter[Any]] = {}

    def query(self, tokens: Sequence[Token]) -> Query:
        """The statement.

        Raises:
            ConfigurationError: With all values that the database cannot take as they are.
        """
        text: list[str] = []
        problems = []
        places = [number for number, token in enumerate(tokens) if token.kind != "space"]
        skipped = -1
        for number, token in enumerate(tokens):
            if token.kind != "bind":
                if number != skipped:
                    text.append(":" if token.kind == "escape" else token.text)
                continue
            name, place = token.text[1:], places.index(number)
            if number and tokens[number - 1].kind == "word":
                text.append(" ")  # LIMIT:rows
            before = [tokens[other] for other in places[max(0, place - 3) : place]]
            closes = place + 1 < len(places) and tokens[places[place + 1]].text == ")"
            enclosed = closes and len(before) > 1 and before[-1].text == "(" and before[-2].word == "in"
            after_in = enclosed or (bool(before) and before[-1].word == "in")
            try:
                items = _items(foreign.as_python([self._binds[name]])[0]) if after_in else None
                if items is None:
                    text.append(self._value(name, name, self._binds[name]))
                    continue
                if enclosed:
                    del text[len(text) - text[::-1].index("(") - 1 :]
                    skipped = places[place + 1]
                negated = [other.word for other in before[: -2 if enclosed else -1]][-1:] == ["not"]
                self._list(name, items, text, negated=negated)
            except (ValueError, TypeError) as error:
                problems.append(f"the value of :{name}: {error}")
        if problems:
            raise ConfigurationError(
                f"{self._dialect.name} cannot take some values as they are: {'; '.join(dict.fromkeys(problems))}."
            )
        # The line break ends a comment at the end of the query.
        return Query(f"{''.join(text)}\n", self._parameters)

    def _list(self, name: str, items: Sequence[Any], text: list[str], *, negated: bool) -> None:
        if items:
            text.append(
                f"({', '.join(self._value(name, f'{name}_{number}', item) for number, item in enumerate(items))})"
            )
            return
        empty = self._dialect.empty_list(negated=negated)
        if not empty.startswith("("):  # instead of IN and NOT IN
            words = {"in", "not"} if negated else {"in"}
            while words:
                words.discard(text.pop().lower())
        text.append(empty)

    def _value(self, name: str, key: str, value: Any) -> str:
        if isinstance(value, tuple) and key != name:  # a row, as in (a, b) IN :pairs
            return f"({', '.join(self._value(name, f'{key}_{number}', item) for number, item in enumerate(value))})"
        value = foreign.as_python([value])[0]
        if value is None:  # a parameter would have no type, which PostgreSQL refuses beside IS NULL
            return "NULL"
        key = next(free for free in _free(key) if self._is_free(free, name))
        if key not in self._parameters:
            self._parameters[key] = self._parameter(key, value)
        return f"{_MARK}{key}{_MARK}"

    def _is_free(self, key: str, name: str) -> bool:
        return key == name or key not in self._binds

    def _parameter(self, key: str, value: Any) -> BindParameter[Any]:
        value, type_ = self._dialect.parameter(value)
        found: BindParameter[Any] = BindParameter(
            key, sendable(value), type_=type_, literal_execute=isinstance(type_, Untyped)
        )
        # Also what a type of SQLAlchemy refuses is refused here, where the name of the value is known.
        process = found.type.dialect_impl(self._driver).bind_processor(self._driver)
        if process is not None:
            process(found.value)
        return found


def _free(key: str) -> Iterator[str]:
    yield key
    number = 0
    while True:
        number += 1
        yield f"{key}__{number}"


def _items(value: Any) -> list[Any] | None:
    """The items of a value that stands for several; None for a single value."""
    return list(value) if isinstance(value, list | tuple | set | frozenset | range) else None


def columns_of(source: Readable, connection: Connection, query: Query) -> list[tuple[str, TypeEngine[Any]]]:
    """Names and types of the columns of a query in SQL: the database is asked for them, and for no row.

    Raises:
        QueryError: If the database refuses the query.
    """
    everything: Select[Any] = select(literal_column("*")).select_from(query.columns().subquery("query"))
    described = source.dialect.describe(connection, everything)
    if [name for name, _ in described] == ["*"]:  # the portable way knows only what SQLAlchemy knows
        described = [(name, NullType()) for name in list(connection.execute(everything.limit(0)).keys())]
    return source.dialect.declared(connection, query.without_values, described)


def named(statement: SelectBase) -> FromClause:
    """A SELECT of SQLAlchemy as something to select from; columns without a name get one, such as ``count_1``.

    Args:
        statement: The statement.

    Raises:
        ConfigurationError: If two columns have the same label.
    """
    try:
        rows = statement.subquery()
        columns = list(rows.columns)
    except InvalidRequestError as error:
        raise ConfigurationError(
            f"The statement has duplicate column names: {error}", suggestion="Name them with label()."
        ) from error
    unnamed = [one for one in columns if isinstance(one.name, _anonymous_label)]
    if not unnamed:
        return rows
    taken, labels = {one.name for one in columns}, dict[Any, str]()
    for one in unnamed:
        said = _ANONYMOUS.fullmatch(one.name)
        labels[one] = next(name for name in _numbered(said[1] if said else "anon") if name not in taken)
        taken.add(labels[one])
    return select(*(one.label(labels.get(one, one.name)) for one in columns)).subquery()


_ANONYMOUS = re.compile(r"%\(\S+ (.*)\)s")
"""How SQLAlchemy writes a name that is to be made, from what it is made."""


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}_{number}" for number in count(1))


def selectable(
    source: Readable, query: Query, described: Sequence[tuple[str, TypeEngine[Any]]] | None = None
) -> FromClause:
    """A query in SQL as something to select from.

    Args:
        source: Where it will run.
        query: The query.
        described: Its columns, if they are known.

    Raises:
        ConfigurationError: If two columns have the same name, or one has none.
        QueryError: If the database refuses the query.
    """
    if described is None:
        with source.connection() as connection:
            described = columns_of(source, connection, query)
    names = [name for name, _ in described]
    duplicates = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if duplicates:
        raise ConfigurationError(
            f"The query returns duplicate column names: {listing(duplicates)}.", suggestion="Rename them with AS."
        )
    if "" in names:
        raise ConfigurationError("The query returns a column without a name.", suggestion="Name it with AS.")
    columns = [
        column(name, type_ if is_known(type_) or isinstance(type_, Told) else NullType()) for name, type_ in described
    ]
    return query.columns(*columns).subquery()
