"""Every road that rows can take out of a database and into another."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from moltres.errors import MoltresError
from moltres.handoff import decode, encode
from support.round_trip.files import COLUMN, faults_by_files
from support.round_trip.truth import Document, Short, Stored, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from moltres import Database, DataFrame, Records


def _in_form(form: str, truth: Any) -> Any:
    """What the form itself makes of a value: pandas spells NULL as NaN, and dicts have None for the null of JSON."""
    number = truth.value if isinstance(truth, Short) else truth
    if form == "pandas" and isinstance(number, float) and math.isnan(number):
        return None
    return None if form == "dicts" and truth == Document("null") else truth


def _of_pandas(frame: Any) -> list[Any]:
    return list(frame.sort_values("id")[COLUMN])


OUT: dict[str, tuple[bool, Callable[[DataFrame], list[Any]]]] = {
    "collect": (False, lambda frame: _stored(frame.collect())),
    "batches": (False, lambda frame: [value for batch in frame.iter_batches(1) for value in _stored(batch)]),
    "encoded": (False, lambda frame: _stored(decode(json.loads(json.dumps(encode(frame.collect())))))),
    "arrow": (True, lambda frame: frame.to_arrow().column(COLUMN).to_pylist()),
    "arrow batches": (True, lambda frame: frame.to_arrow_batches(1).read_all().column(COLUMN).to_pylist()),
    "pandas": (True, lambda frame: _of_pandas(frame.to_pandas())),
    "polars": (True, lambda frame: frame.to_polars()[COLUMN].to_list()),
    "records to arrow": (True, lambda frame: frame.collect().to_arrow().column(COLUMN).to_pylist()),
}
"""Out of a database; whether JSON is text there."""

FORMS: dict[str, tuple[bool, Callable[[DataFrame], Any]]] = {
    "frame": (False, lambda frame: frame),
    "records": (False, lambda frame: frame.collect()),
    "encoded": (False, lambda frame: decode(json.loads(json.dumps(encode(frame.collect()))))),
    "dicts": (False, lambda frame: [dict(row) for row in frame.collect()]),
    "batches": (False, lambda frame: frame.iter_batches(2)),
    "arrow": (True, lambda frame: frame.to_arrow()),
    "pandas": (True, lambda frame: frame.to_pandas()),
    "polars": (True, lambda frame: frame.to_polars()),
}
"""As what rows are written to a database; whether JSON and UUIDs are no more than text then."""

ROADS = tuple(OUT) + tuple(FORMS)


def faults(
    source: Database,
    targets: Mapping[str, Database],
    type_: str,
    drawn: Sequence[tuple[str, Any]],
    folder: Path,
    *,
    reader: Database | None = None,
    turn: int | None = None,
    refusable: bool = True,
) -> list[str]:
    """What comes back neither equal nor refused with its column, one line for each road.

    Args:
        source: The database that has the type.
        targets: Databases by name, the same one included.
        type_: The type, in the words of the source.
        drawn: Literals with their values.
        folder: Where files go.
        reader: A DuckDB that reads files with the rows; None to try none.
        turn: Each form goes to one of the targets, by turns that begin with this number; None lets it go to all.
        refusable: Whether a road may refuse the values; otherwise they must arrive.
    """
    with source.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS src")
        connection.exec_driver_sql(f"CREATE TABLE src (id integer, {COLUMN} {type_})")
        for number, (literal, _) in enumerate(drawn):
            statement = f"INSERT INTO src VALUES ({number}, {literal})"
            if connection.dialect.paramstyle in {"format", "pyformat"}:
                statement = statement.replace("%", "%%")
            connection.exec_driver_sql(statement)
    source.forget()
    frame = source.table("src").order_by("id")
    truths = [value for _, value in drawn]
    if any(isinstance(value, Stored) for value in truths):  # its affinity may have changed them when they were inserted
        with source.connection() as connection:
            stored = connection.exec_driver_sql(f"SELECT {COLUMN} FROM src ORDER BY id").all()
        truths = [Stored(row[0]) for row in stored]
    found = []
    for road, (text, read) in OUT.items():
        found += judged(road, truths, lambda read=read: read(frame), text=text, refusable=refusable)  # type: ignore[misc]
    names = list(targets)
    for place, (form, (text, made)) in enumerate(FORMS.items()):
        for name in names if turn is None else [names[(turn + place) % len(names)]]:
            target = targets[name]
            found += judged(
                f"{form} to {name}",
                [_in_form(form, value) for value in truths],
                lambda made=made, target=target: _through(made(frame), target),  # type: ignore[misc]
                text=text,
                refusable=refusable or form == "dicts",  # which do not tell the type of a column
            )
    if reader is not None:
        found += faults_by_files(frame, truths, reader, folder, judged)
    return found


def _through(data: Any, target: Database) -> list[Any]:
    try:
        drop(target, "copied")
        target.write(data).save_as_table("copied")
    finally:
        if hasattr(data, "close"):  # an iterator that was not read to its end still has its connection
            data.close()
    return _stored(target.table("copied").order_by("id").collect())


def drop(target: Database, table: str) -> None:
    """Drop a table if it is there."""
    with target.transaction() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    target.forget()


def _stored(records: Records) -> list[Any]:
    """The values, with the null of JSON told from NULL."""
    return [row[records.columns.index(COLUMN)] for row in records.stored_rows]


def judged(
    road: str,
    truths: Sequence[Any],
    read: Callable[[], list[Any]],
    *,
    text: bool = False,
    equal: Callable[[Any, Any], bool] | None = None,
    refusable: bool = True,
) -> list[str]:
    """What is wrong with a road, in one line at most.

    Args:
        road: What to call it.
        truths: The values that were there.
        read: Gives those that arrive.
        text: Whether JSON is text there.
        equal: Whether a value is the one that was there, where that is not for `same` to say.
        refusable: Whether a refusal with the column named is right, too.
    """
    equal = equal or (lambda truth, value: same(truth, value, text=text))
    try:
        values = read()
    except MoltresError as error:
        if not refusable:
            return [f"{road}: refused: {error!r:.300}"]
        return [] if COLUMN in str(error) else [f"{road}: refused without the column: {error!r:.300}"]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no error of moltres
        return [f"{road}: {type(error).__module__}.{type(error).__name__}: {error!s:.200}"]
    if len(values) == len(truths) and all(map(equal, truths, values)):
        return []
    return [f"{road}: {truths!r} became {values!r}"]
