"""SQL that people write, with ``:name`` for values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from moltres.errors import ConfigurationError, closest, listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import TextClause

# What a colon means nothing in: texts, names, comments, and the texts between dollars of PostgreSQL and DuckDB.
_OPAQUE = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | --[^\n]* | /\*.*?\*/ | \$(\w*)\$.*?\$\1\$""", re.VERBOSE | re.DOTALL
)
_BIND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


def statement(sql: str, binds: Mapping[str, Any]) -> TextClause:
    """A text as a statement with its values.

    Args:
        sql: One query. Colons within texts, quoted names and comments are left alone.
        binds: Values by name.

    Raises:
        ConfigurationError: If a ``:name`` has no value, or a value no ``:name``.
    """
    if not isinstance(sql, str) or not sql.strip():
        raise ConfigurationError(f"sql() takes the text of a query, not {sql!r}.")
    pieces: list[str] = []
    wanted: set[str] = set()
    end = 0
    for opaque in _OPAQUE.finditer(sql):
        wanted |= set(_BIND.findall(sql[end : opaque.start()]))
        pieces += [sql[end : opaque.start()], opaque.group().replace("\\:", ":").replace(":", "\\:")]
        end = opaque.end()
    rest = sql[end:].rstrip().rstrip(";")
    wanted |= set(_BIND.findall(rest))
    missing, extra = sorted(wanted - binds.keys()), sorted(binds.keys() - wanted)
    if missing or extra:
        problems = [f"no value for :{name}" for name in missing]
        for name in extra:
            match = closest(name, wanted)
            problems.append(f"{name}= is not used" + (f" (:{match}?)" if match else ""))
        raise ConfigurationError(
            f"The values do not fit the query: {'; '.join(problems)}. It has: {listing(sorted(wanted))}.",
            suggestion=r"Write \: for a colon that is no parameter." if missing else None,
        )
    return text("".join([*pieces, rest])).bindparams(**binds)
