"""`replicate`: many tables of one database into another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from sqlalchemy import URL, Engine

from .._shared import arguments
from .._shared.databases.urls import is_database_url, parse_url
from .._shared.files.readers import meant_url
from .._shared.iceberg.places import is_catalog
from .._shared.masking import masked
from .._shared.problems import InvalidURLError
from .._shared.wording import repr_of, with_hint
from ..database import Database, connect
from ..errors import refuse
from ..frame.source import BATCH_ROWS, Mode
from ..write.load_log import key_problems
from ..write.request import OF_MODE, mode_problems
from .items import Options
from .run import MOST_CONNECTIONS, Run

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from .progress import Progress
    from .result import Replication

__all__ = ["replicate"]

RANGE_ROWS: Final = 1_000_000
"""Rows of a range, if the caller does not say: a few seconds of work, which is what a kill costs."""

_MODES: Final = tuple(
    mode for mode in get_args(Mode) if mode in ("error_if_exists", "append", "overwrite", "ignore", "merge")
)


def replicate(
    source: Database | Engine | URL | str,
    target: Database | Engine | URL | str,
    tables: str | Sequence[str],
    *,
    mode: Mode = "error_if_exists",
    schema: str | None = None,
    target_schema: str | None = None,
    connections: int = 4,
    run_key: str | None = None,
    cascade: bool = False,
    keys: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    cursor: str | None = None,
    lag: dt.timedelta | str | Decimal | int | None = None,
    delete_missing: Literal["hard", "soft"] | None = None,
    delete_at_most: float | None = None,
    on_schema_change: Literal["fail", "append_new_columns", "ignore"] = "fail",
    verify: bool = True,
    batch_rows: int = BATCH_ROWS,
    range_rows: int | None = RANGE_ROWS,
    range_keys: Mapping[str, str] | None = None,
    on_progress: Callable[[Progress], object] | None = None,
) -> Replication:
    """Copy many tables of one database into another: all of them or none, and all as they were at one moment.

    The rows of each table go into a table beside the target, several tables at a time; when all have arrived, one
    transaction of the target publishes them. A database that has no snapshot, or no transaction, of several tables
    gives less, which the result says (`Replication.snapshot`, `Replication.published`).

    Args:
        source: Where the tables are: a Database, or what `connect` takes.
        target: Where they go, likewise.
        tables: Names and patterns with ``*``, ``?`` and ``[…]``, ``name`` or ``schema.name``: ``"sales.*"``. Patterns
            match tables, no views. The tables of the target have the same names.
        mode: What to do with tables that are there: ``"error_if_exists"``, ``"append"``, ``"overwrite"``,
            ``"ignore"`` or ``"merge"``, as in `Writer.save_as_table`.
        schema: The schema of the source's tables that name none.
        target_schema: The schema of the target's tables, instead of its default.
        connections: The most connections that read the source at a time, and as many that write.
        run_key: What names this load. After a crash, the same call with the same key goes on: tables that had arrived
            are not copied again, and tables that are published are left alone.
        cascade: For overwrite and ``delete_missing="hard"``: whether rows of tables that are not replicated may go or
            change with the rows that they reference.
        keys: For merge: the columns that tell rows apart, the same for all tables or by table; by default the primary
            key of each.
        cursor: For append and merge: the column of every table that says when a row was made or changed; only what is
            new is read.
        lag: With a cursor: how much later than rows of a greater cursor a row may become visible in the source.
        delete_missing: For merge: ``"hard"`` deletes the rows that the source no longer has, ``"soft"`` marks them,
            once all tables have their rows.
        delete_at_most: With ``delete_missing``: the share of the rows of each table (0 to 1, by default 0.1) that may
            go; if more would, nothing is changed.
        on_schema_change: For append and merge, what becomes of columns that a table of the target does not have:
            ``"fail"`` refuses them, ``"append_new_columns"`` adds them and widens types, ``"ignore"`` leaves them out.
        verify: Whether rows are proved on their way, as by `Writer.save_as_table`.
        batch_rows: The most rows of a table to hold in memory at once.
        range_rows: A table with more rows is read in ranges of about so many, by several connections at a time, and
            after a crash ranges that had arrived are not copied again; None reads each table whole.
        range_keys: For tables without a primary or unique key: the column whose ranges they are, by table.
        on_progress: Called with a `Progress` as rows arrive; one call at a time, from any thread.

    Returns:
        What was done, table by table.

    Raises:
        ConfigurationError: If the arguments are not valid, or tables cannot be replicated; all problems at once.
        SchemaMismatchError: If values would not come back equal.
        QueryError: If a database refuses something. What had arrived stays for the next call if there is a run_key.
    """
    given: dict[str, Any] = {
        "mode": mode,
        "run_key": run_key,
        "schema": schema,
        "target_schema": target_schema,
        "batch_rows": batch_rows,
        "cascade": cascade,
        "verify": verify,
        "range_rows": range_rows,
        "range_keys": {} if range_keys is None else range_keys,
        "keys": keys,
        "cursor": cursor,
        "lag": lag,
        "delete_missing": delete_missing,
        "delete_at_most": delete_at_most,
        "on_schema_change": on_schema_change,
    }
    refuse(
        [
            *_side_problems(source, target),
            *_problems(tables, connections, on_progress, given),
        ],
        "The tables cannot be replicated with these arguments",
    )
    names = [tables] if isinstance(tables, str) else list(dict.fromkeys(tables))
    options = Options(**{**given, "batch_rows": int(batch_rows)})
    started = time.monotonic()
    with ExitStack() as stack:
        read, written = (
            one if isinstance(one, Database) else stack.enter_context(connect(one)) for one in (source, target)
        )
        run = Run(read, written, options, on_progress)
        return run.whole(names, int(connections), started)


def _problems(tables: object, connections: object, on_progress: object, given: dict[str, Any]) -> Iterator[str]:
    if isinstance(tables, str):
        yield from arguments.string("tables", tables)
    else:
        yield from arguments.strings("tables", tables, least=1)
    yield from arguments.choice("mode", given["mode"], _MODES)
    of_mode = dict.fromkeys(OF_MODE) | {name: given[name] for name in OF_MODE if name in given}
    known = given["mode"] in _MODES if isinstance(given["mode"], str) else False
    yield from mode_problems(**of_mode, unknown={"keys"} if known else {"keys", "mode"})
    yield from _keys_problems(given["keys"], given["mode"])
    for name in ("schema", "target_schema"):
        yield from () if given[name] is None else arguments.string(name, given[name])
    yield from arguments.whole("connections", connections, least=1, most=MOST_CONNECTIONS)
    yield from () if given["run_key"] is None else key_problems(given["run_key"])
    yield from arguments.flag("verify", given["verify"])
    yield from arguments.whole("batch_rows", given["batch_rows"], least=1)
    yield from _range_problems(given["range_rows"], given["range_keys"])
    yield from () if on_progress is None else arguments.function("on_progress", on_progress)


def _keys_problems(keys: object, mode: object) -> Iterator[str]:
    if keys is None:
        return
    if isinstance(keys, Mapping):
        yield from arguments.mapping("keys", keys)
        for table, names in keys.items():
            yield from arguments.strings(f"keys[{repr_of(table, 80)}]", names, least=1)
    else:
        yield from arguments.strings("keys", keys, least=1)
    if mode != "merge":
        yield f"keys is for mode='merge' and has no effect with mode={repr_of(mode, 80)}."


def _range_problems(rows: object, keys: object) -> Iterator[str]:
    yield from () if rows is None else arguments.whole("range_rows", rows, least=1)
    yield from arguments.mapping("range_keys", keys)
    if isinstance(keys, Mapping):
        for table, column in keys.items():
            yield from arguments.string(f"range_keys[{repr_of(table, 80)}]", column)
        if keys and rows is None:
            yield "range_keys has no effect with range_rows=None."


def _side_problems(source: object, target: object) -> Iterator[str]:
    for name, value in (("source", source), ("target", target)):
        if not isinstance(value, Database | Engine | URL | str) and not is_catalog(value):
            yield f"{name} must be a Database, a URL or an Engine, not {type(value).__name__}."
        elif isinstance(value, str) and not is_database_url(value):
            meant = meant_url(value)
            hint = "" if meant is None else f" Did you mean {meant!r}?"
            yield f"{name} must be the URL of a database, not {repr_of(masked(value), 200)}.{hint}"
        elif isinstance(value, str):
            yield from _url_problems(name, value)
    if isinstance(target, Database) and target.joined:
        yield (
            "target must not be a transaction of the caller, which other connections do not see: give a URL or an"
            " Engine."
        )


def _url_problems(name: str, url: str) -> Iterator[str]:
    try:
        parse_url(url)
    except InvalidURLError as problem:
        yield f"{name}: {with_hint(problem)}"
