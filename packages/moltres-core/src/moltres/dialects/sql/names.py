"""Names of tables and columns: which of them a database keeps as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..._shared.arguments import is_unicode
from ...errors import ConfigurationError, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..capabilities import Capabilities

STAGE_PREFIX: Final = "moltres_stage_"
"""How every staged table and file begins: nothing else is ever overwritten or dropped here."""

_SHOWN = 40
"""Characters of a name that an error repeats; the error names its length as well."""


def require_names(names: Iterable[str], capabilities: Capabilities, database: str) -> None:
    """Make sure that a database can have tables and columns of these names, before one is made.

    Args:
        names: The names.
        capabilities: What the database can do.
        database: What errors call it.

    Raises:
        ConfigurationError: With all that it cannot; a longer name would be cut, and then not be found.
    """
    known = list(dict.fromkeys(names))
    problems = [problem for name in known for problem in _problems(name, capabilities, database)]
    if not capabilities.keeps_case:
        problems += [
            f"{database} would keep the name {name!r} as {name.lower()!r}." for name in known if name != name.lower()
        ]
    refuse(problems, "These names cannot be used")


def require_told_apart(names: Iterable[str], database: str) -> None:
    """Make sure that no two columns have names that differ in case only, for a database that finds them in any case.

    Args:
        names: The names.
        database: What errors call it.

    Raises:
        ConfigurationError: With the names that it takes for one; a subquery would give the values of the first.
    """
    known: dict[bytes, str] = {}
    # Other letters than those of ASCII are told apart: SQLite and DuckDB look at no others.
    folded = ((known.setdefault(name.encode(errors="surrogatepass").lower(), name), name) for name in names)
    twins = [(first, name) for first, name in folded if first != name]
    problems = [f"{first!r} and {name!r} are one name to {database}: rename one of them." for first, name in twins]
    refuse(problems, "Column names must differ in more than upper and lower case")


def is_possible(name: str, capabilities: Capabilities) -> bool:
    """Whether a table or schema can have this name."""
    if not capabilities.keeps_case and name != name.lower():
        return False
    return not any(_problems(name, capabilities, ""))


def require_table(name: str, schema: str | None, capabilities: Capabilities, database: str) -> None:
    """The same of the name of a table and its schema.

    Raises:
        ConfigurationError: With all that it cannot have.
    """
    require_names([name, *([schema] if schema else [])], capabilities, database)
    most = capabilities.max_file_name_bytes
    # https://dev.mysql.com/doc/refman/8.4/en/identifier-mapping.html: @ and two or four characters for one.
    length = sum(1 if re.fullmatch(r"\w", one, re.ASCII) else 3 if "\u00c0" <= one < "\u0590" else 5 for one in name)
    if most is not None and length > most:
        raise ConfigurationError(
            f"The name {name!r} has {length} bytes as that of a file; {database} takes at most {most} for a table."
        )


def require_label(name: str, capabilities: Capabilities, database: str) -> None:
    """Make sure that a statement can have this name in it.

    Raises:
        ConfigurationError: If the database would cut or change it.
    """
    for problem in _problems(name, capabilities, database, capabilities.max_label_bytes):
        raise ConfigurationError(problem)


def _problems(name: str, capabilities: Capabilities, database: str, most: int | None = None) -> Iterator[str]:
    shown = repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")
    if re.fullmatch(capabilities.name_pattern, name) is None or not is_unicode(name):
        yield f"{database} cannot have the name {shown}: names are UTF-8 and have {capabilities.name_rule}."
        return
    most = most or capabilities.max_identifier_bytes
    length = len(name) if capabilities.counts_characters else len(name.encode())
    if most is not None and length > most:
        unit = "characters" if capabilities.counts_characters else "bytes"
        yield f"The name {shown} has {length} {unit}; {database} takes at most {most}."
