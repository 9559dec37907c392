"""Source: the data of a check, profile or learn task, as far as it is known without running the flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dq_core.adapters import UnknownFormatError, ending_of, url_problem, with_hint
from dq_core.errors import RuleError
from dq_core.sources.query_text import statement_of
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.scripts.sources import DataSourceType, detect_data_source_type

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["file_problems", "reading_problems", "source_problems"]

_EXPRESSION: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_NO_SELECT: Final = re.compile(
    r"\s*(insert|update|delete|drop|create|alter|truncate|merge|grant|revoke|copy|call|begin|commit|set)\b",
    re.IGNORECASE,
)


def source_problems(label: str, uri: str, table: str | None, query: str | None) -> Iterator[str]:
    """Yield why a script could not open its data, one sentence each. What an expression hides is not judged.

    Args:
        label: How messages call the task.
        uri: A path, a URI, the URL of a database, or any of these with expressions; not a file of Kestra's storage.
        table: The table.
        query: The SELECT.
    """
    whole = not holds_expression(uri)
    parts = _EXPRESSION.split(uri)
    if not whole and len(parts) == 1:
        return  # an expression that is not closed, which is told with all others
    before, after = parts[0], parts[-1]
    kind: DataSourceType | None = None
    if whole or "://" in before:
        try:
            kind = detect_data_source_type(before)
        except ConfigurationError as error:
            yield f"{label}: {with_hint(error)}"
            return
    if kind is DataSourceType.DATABASE:
        # What an expression hides is not judged, so only the scheme is.
        known = uri if whole else f"{before.partition('://')[0]}://x/x?warehouse=x"
        if (problem := url_problem(known)) is not None:
            yield f"{label}: {with_hint(problem)}"
        if table is None and query is None:
            yield f"{label}: a database requires table or query."
    elif kind is not None and (table is not None or query is not None):
        yield f"{label}: table and query require the URL of a database."
    elif table is None and query is None:
        yield from _format_problems(label, before, after, kind, whole=whole)
    yield from _query_problems(label, query, before if kind is DataSourceType.DATABASE else "")


def reading_problems(label: str, options: object, file_format: str | None, *, database: bool) -> Iterator[str]:
    """Yield a sentence if ``read_options`` say how data is written that is not written so.

    Args:
        label: How messages call the options.
        options: The options.
        file_format: The format of the data, compression included; None if it is not known.
        database: Whether the data is in a database.
    """
    form = (file_format or "").partition(".")[0]
    allowed = ("types",) if "json" in form else ()  # json, jsonl, ndjson
    if not isinstance(options, Mapping) or not (database or form in {"parquet", "pq"} or allowed):
        return
    wrong = [str(name) for name in options if name not in allowed]
    if wrong:
        what = "a database" if database else f"a {form} file"
        yield f"{label}: {', '.join(wrong)} say how CSV files are written, and this is {what}."


def file_problems(label: str, table: str | None, query: str | None) -> Iterator[str]:
    """Yield a sentence if a file that Kestra hands in has a table or query."""
    if table is not None or query is not None:
        yield f"{label}: table and query require the URL of a database, not a file of Kestra's storage."


def _format_problems(label: str, before: str, after: str, kind: DataSourceType | None, *, whole: bool) -> Iterator[str]:
    """Problems with the ending of a file's name, where it is known."""
    name = before if whole or (kind is not None and "?" in before) else f"x{after}"
    last = re.split(r"[/\\]", name.partition("?")[0] if "://" in name else name)[-1]
    local = kind in (None, DataSourceType.LOCAL)
    if not whole and "." not in last:
        return
    if local and "." not in last and not re.search(r"[*?\[]", last):
        return  # a folder, whose files tell their format
    try:
        ending_of(name)
    except UnknownFormatError as error:
        yield f"{label}: {with_hint(error)}"


def _query_problems(label: str, query: str | None, url: str) -> Iterator[str]:
    if query is None or holds_expression(query):
        return
    try:
        statement = statement_of(query, _dialect(url))
    except RuleError as error:
        for problem in error.problems:
            yield f"{label}: {problem}"
        return
    found = _NO_SELECT.match(statement)
    if found is not None:
        yield f"{label}: query must be a SELECT, not {found.group(1).upper()}."


def _dialect(url: str) -> str:
    """The name of a URL's database, as SQLAlchemy calls it."""
    scheme = re.split(r"[+:]", url.lower())[0]
    return {"postgres": "postgresql", "pgsql": "postgresql"}.get(scheme, scheme)
