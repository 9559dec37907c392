"""Queries in SQL, with ``:name`` for values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, column, literal_column, select, text
from sqlalchemy.types import NullType

from ..errors import ConfigurationError, closest, listing
from ..types.logical import is_known, sendable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import FromClause, TextClause

    from .source import Readable

# Where a colon means nothing: strings, quoted names, comments, and dollar-quoted strings.
_OPAQUE = r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | --[^\n]* | /\*.*?\*/ | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$"""
# Neither a cast (a::int), nor an escaped colon, nor a slice (a[1:2]).
_BIND = r"(?<![:\w\\]):(?P<name>[A-Za-z_]\w*)(?!:(?!:))"
_TOKEN = re.compile(
    rf"(?P<opaque>{_OPAQUE}) | {_BIND} | (?P<escaped>\\:) | (?P<cast>::) | (?P<colon>:)", re.VERBOSE | re.DOTALL
)


def statement(sql: object, binds: Mapping[str, Any]) -> TextClause:
    """A query as a statement with its values.

    Args:
        sql: One query. Colons in strings, quoted names and comments have no meaning.
        binds: Values by name.

    Raises:
        ConfigurationError: If a ``:name`` has no value, or a value no ``:name``.
    """
    if not isinstance(sql, str) or not sql.strip():
        raise ConfigurationError(f"sql() requires a query as a string, not {sql!r}.")
    sql = sql.rstrip().rstrip(";")
    wanted = {match["name"] for match in _TOKEN.finditer(sql) if match["name"]}
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

    def rewritten(match: re.Match[str]) -> str:
        if match["opaque"] or match["cast"] or match["colon"]:
            return match.group().replace(":", "\\:")
        return match.group()

    # The line break ends a comment at the end of the query.
    return text(f"{_TOKEN.sub(rewritten, sql)}\n").bindparams(
        **{name: sendable(value) for name, value in binds.items()}
    )


def selectable(source: Readable, query: TextClause) -> FromClause:
    """A query in SQL as something to select from: the database is asked for its columns, and for no row.

    Raises:
        ConfigurationError: If two columns have the same name.
        QueryError: If the database refuses the query.
    """
    everything: Select[Any] = select(literal_column("*")).select_from(query.columns().subquery("query"))
    with source.connection() as connection:
        described = source.dialect.describe(connection, everything)
        if [name for name, _ in described] == ["*"]:  # the portable way knows only what SQLAlchemy knows
            described = [(name, NullType()) for name in list(connection.execute(everything.limit(0)).keys())]
        described = source.dialect.declared(connection, _without_values(query), described)
    names = [name for name, _ in described]
    duplicates = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if duplicates:
        raise ConfigurationError(
            f"The query returns duplicate column names: {listing(duplicates)}.", suggestion="Rename them with AS."
        )
    columns = [column(name, type_ if is_known(type_) else NullType()) for name, type_ in described]
    return query.columns(*columns).subquery()


def _without_values(query: TextClause) -> str:
    """The SQL with NULL for each value: the same columns, where parameters are not supported."""
    nulls = re.sub(_BIND, "NULL", query.text)
    return nulls.replace("\\:", ":")
