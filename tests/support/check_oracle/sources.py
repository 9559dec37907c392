"""Where drawn tables are put, and what each place holds of them."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import decimal
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import sqlalchemy as sa

from dq_core.relation.column import Column
from dq_core.relation.dialects.trino import Trino
from support.check_oracle.reading import NUMBERS, Held, kind_of, moment_of
from support.check_oracle.values import ORDERED, Table
from support.database_facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["FILES", "FRAMES", "Placed", "Source", "database", "frame"]

_numbers = itertools.count(1)
_ALL = ("integer", "float", "decimal", "text", "boolean", "date", "datetime", "zoned", "time", "binary", "uuid")


@dataclass(frozen=True)
class Placed:
    """A table that lies somewhere.

    Attributes:
        source: What to give to `validate`.
        options: What to give beside it.
        columns: The columns as the place holds them.
        target: Where to quarantine to, and how to read the numbers of the rows there.
        refer: Puts the rows that a foreign key refers to, and gives their name.
    """

    source: Any
    options: Mapping[str, Any]
    columns: Mapping[str, Held]
    target: str
    quarantined: Callable[[], list[int]]
    refer: Callable[[str, str, Sequence[Any]], str]


@dataclass(frozen=True)
class Source:
    """A kind of place.

    Attributes:
        name: Its name.
        form: How it holds values: see `Held`.
        families: The families of columns that it has.
        mixed: The families of values in a column of several; none if it has no such columns.
        put: Puts a table there, for as long as the block lasts.
        refuses: Values that it does not hold.
        change: What it makes of a value when the value is stored, so that this is what is judged.
        declared: The family that it declares for one of ours, where that differs.
    """

    name: str
    form: str
    families: tuple[str, ...]
    put: Callable[[Table, Source], contextlib.AbstractContextManager[Placed]]
    mixed: tuple[str, ...] = ()
    refuses: Callable[[Any], bool] = lambda value: False
    change: Callable[[Any, str], Any] = lambda value, family: value
    declared: Mapping[str, str] = field(default_factory=dict)

    def holds(self, value: Any) -> bool:
        return not self.refuses(value)

    def held(self, table: Table) -> dict[str, Held]:
        """What it holds of a table."""
        held = {}
        for name, values in table.columns.items():
            family = table.families[name]
            own = [None if value is None else self.change(value, family) for value in values]
            form = "values" if family == "mixed" and self.form == "typed" else self.form
            typed = form in ("typed", "sqlite") and family != "mixed"
            held[name] = Held(own, self.declared.get(family, family) if typed else None, form)
        return held

    def fits(self, kind: str, table: Table, name: str) -> bool:
        """Whether a column can have a rule of a kind."""
        family = table.families[name]
        kinds = {kind_of(value) for value in table.columns[name] if value is not None}
        known = bool(kinds)
        if family == "mixed" and self.name == "rows" and len(kinds) < 2:
            return False  # a column of one type
        match kind:
            case "in_range":
                return family in ORDERED or family == "mixed"
            case "statistic":
                return family in ORDERED and (known or self.form == "typed")
            case "regex" | "not_regex" | "length":
                return family in ("text", "mixed")
            case "freshness":
                return family in ("date", "datetime", "zoned")
            case "foreign_key":
                return family in ("integer", "text", "date", "decimal") and self.form == "typed"
            case "distinct_count" | "unique":
                return family != "mixed" or self.form != "json"
        return True

    def declares(self, table: Table, name: str) -> bool:
        """Whether a schema can be asked for the type of a column."""
        return self.form == "typed" and self.name not in ("rows", "pandas") and table.families[name] != "mixed"

    def tells(self, dtype: str, family: str) -> bool:
        """Whether a type can be told from others in a column."""
        if self.form in ("csv", "json"):
            return dtype not in ("binary", "float", "decimal")
        if family == "mixed" or (self.name == "rows" and family in NUMBERS):
            return dtype not in ("integer", "float", "decimal", "date", "uuid") or (
                dtype == "uuid" and self.form == "values"
            )
        return True


# Databases

_TYPES: Mapping[str, Any] = {
    "integer": sa.BigInteger(), "huge": sa.Numeric(38, 0), "float": sa.Double(), "decimal": sa.Numeric(38, 10),
    "text": sa.Text(), "boolean": sa.Boolean(), "date": sa.Date(), "datetime": sa.DateTime(),
    "zoned": sa.DateTime(timezone=True), "time": sa.Time(), "binary": sa.LargeBinary(), "uuid": sa.Uuid(),
}  # fmt: skip


class _NoType(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return ""


def _mariadb_types() -> dict[str, Any]:
    from sqlalchemy.dialects import mysql

    return {
        "datetime": mysql.DATETIME(fsp=6),
        "time": mysql.TIME(fsp=6),
        "text": mysql.LONGTEXT(),
        "binary": mysql.LONGBLOB(),
    }


def database(engine: sa.Engine) -> Source:
    """A database by its engine."""
    name = "mariadb" if getattr(engine.dialect, "is_mariadb", False) else engine.dialect.name
    slow = facts_of(engine).slow_statements
    own = {family: facts_of(engine).declared(kind) for family, kind in _TYPES.items()}
    types = {**own, **({"mixed": _NoType()} if name == "sqlite" else _mariadb_types() if name == "mariadb" else {})}

    @contextlib.contextmanager
    def put(table: Table, source: Source) -> Iterator[Placed]:
        number = next(_numbers)
        names = [f"oracle_{number}", f"oracle_{number}_bad"]

        def store(called: str, columns: Mapping[str, Sequence[Any]], families: Mapping[str, str]) -> str:
            if name == "duckdb":
                _store_arrow(engine, called, _arrow(columns, families))
                return called
            made = sa.Table(
                called,
                sa.MetaData(),
                *(sa.Column(one, types[families[one]], key=f"c{place}") for place, one in enumerate(columns)),
            )
            rows = [
                {f"c{place}": value for place, value in enumerate(row)} for row in zip(*columns.values(), strict=True)
            ]
            with engine.begin() as connection:
                made.create(connection)
                if rows and slow:
                    # The driver has no parameters for decimals of many digits, years before 1000 and times with zones.
                    written = [{key: _literal(value) for key, value in row.items()} for row in rows]
                    connection.execute(made.insert().values(written))
                elif rows:
                    connection.execute(made.insert(), rows)
            return called

        def refer(column: str, family: str, values: Sequence[Any]) -> str:
            names.append(f"oracle_{number}_keys_{len(names)}")
            given = {"place": list(range(len(values))), column: values}
            return store(names[-1], given, {"place": "integer", column: family})

        def quarantined() -> list[int]:
            with engine.connect() as connection:
                return sorted(int(row[0]) for row in connection.execute(sa.text(f"SELECT id FROM {names[1]}")))

        try:
            store(names[0], table.columns, table.families)
            yield Placed(engine, {"table": names[0]}, source.held(table), names[1], quarantined, refer)
        finally:
            with engine.begin() as connection:
                for one in names:
                    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {one}")

    match name:
        case "sqlite":
            families = tuple(one for one in _ALL if one not in ("zoned", "uuid"))
            return Source(
                name, "sqlite", (*families, "mixed"), put, ("integer", "float", "text", "binary"), change=_in_sqlite
            )
        case "duckdb":
            return Source(name, "typed", (*_ALL, "huge"), put, declared={"huge": "decimal"})
        case "postgresql":
            return Source(
                name, "typed", (*_ALL, "huge"), put, refuses=lambda value: isinstance(value, str) and "\0" in value,
                declared={"huge": "decimal"},
            )  # fmt: skip
        case "trino":
            return Source(name, "typed", (*_ALL, "huge"), put, refuses=_is_surrogate, declared={"huge": "decimal"})
        case _:
            families = tuple(one for one in _ALL if one not in ("zoned", "uuid"))
            return Source(
                name, "typed", (*families, "huge"), put,
                refuses=_is_no_number, declared={"huge": "decimal"},
            )  # fmt: skip


def _literal(value: Any) -> Any:
    """A value as Trino writes it, however it came to be."""
    return sa.null() if value is None else Trino().value(value, Column.of("", ""))


def _is_surrogate(value: Any) -> bool:
    return isinstance(value, str) and any("\ud800" <= one <= "\udfff" for one in value)


def _in_sqlite(value: Any, family: str) -> Any:
    """What SQLite stores: no NaN, no decimals, texts of dates."""
    if isinstance(value, float) and math.isnan(value):
        return None
    match family:
        case "decimal":
            number = float(value)
            return int(number) if number.is_integer() and abs(number) < 2**63 else number
        case "boolean":
            return int(value)
        case "date":
            return value.isoformat()
        case "datetime":
            return value.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")
        case "time":
            return value.strftime("%H:%M:%S.%f")
    return value


def _store_arrow(engine: sa.Engine, name: str, table: Any) -> None:
    raw = engine.raw_connection()
    try:
        driver: Any = raw.driver_connection
        driver.register("given", table)
        driver.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        driver.unregister("given")
        raw.commit()
    finally:
        raw.close()


# Frames and files


def _arrow(columns: Mapping[str, Sequence[Any]], families: Mapping[str, str]) -> Any:
    import pyarrow as pa

    kinds = {
        "integer": pa.int64(), "huge": pa.decimal128(38, 0), "float": pa.float64(), "decimal": pa.decimal128(38, 10),
        "text": pa.string(), "boolean": pa.bool_(), "date": pa.date32(), "datetime": pa.timestamp("us"),
        "zoned": pa.timestamp("us", "UTC"), "time": pa.time64("us"), "binary": pa.binary(), "uuid": pa.uuid(),
    }  # fmt: skip
    arrays = {}
    for name, values in columns.items():
        family, given = families[name], list(values)
        if family == "decimal":
            given = [None if one is None else one.quantize(decimal.Decimal("1e-10"), context=_WIDE) for one in values]
        elif family == "huge":
            given = [None if one is None else decimal.Decimal(one) for one in values]
        elif family == "uuid":
            given = [None if one is None else one.bytes for one in values]
        elif family in ("datetime", "zoned"):
            # PyArrow would go through a number of nanoseconds.
            given = [None if one is None else _microseconds(one) for one in values]
            arrays[name] = pa.array(given, pa.int64()).cast(kinds[family])
            continue
        arrays[name] = pa.array(given, kinds[family])
    return pa.table(arrays)


_WIDE = decimal.Context(prec=60)


def _microseconds(moment: dt.datetime) -> int:
    return (moment_of(moment) - dt.datetime.fromisoformat("1970-01-01")) // dt.timedelta(microseconds=1)


def _make_frame(name: str, table: Table) -> Any:
    match name:
        case "rows":
            names = list(table.columns)
            return [dict(zip(names, row, strict=True)) for row in zip(*table.columns.values(), strict=True)]
        case "pandas":
            import pandas as pd

            kinds = {"float": "float64", "text": None}
            return pd.DataFrame(
                {
                    one: pd.Series(list(values), dtype=kinds.get(table.families[one], object))
                    for one, values in table.columns.items()
                }
            )
    arrow = _arrow(table.columns, table.families)
    if name == "polars":
        import polars as pl

        return pl.DataFrame({one: pl.from_arrow(arrow[one]) for one in arrow.column_names})
    return arrow


def _written(value: Any) -> Any:
    """A value as a file of text has it."""
    if isinstance(value, dt.datetime):
        moment = value.astimezone(dt.UTC) if value.tzinfo is not None else value
        return moment.isoformat(" " if value.tzinfo is None else "T")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return repr(value) if isinstance(value, float) else str(value)


def _in_json(value: Any, family: str) -> Any:
    del family
    return value if isinstance(value, bool | int | float | str | decimal.Decimal) else _written(value)


def _token(value: Any) -> str:
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def _write(name: str, path: Path, table: Table) -> None:
    rows = list(zip(*table.columns.values(), strict=True))
    match name:
        case "parquet":
            import pyarrow.parquet as pq

            pq.write_table(_arrow(table.columns, table.families), path)
        case "csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(table.columns)
                writer.writerows([["" if one is None else _written(one) for one in row] for row in rows])
        case _:
            keys = [json.dumps(one) for one in table.columns]
            tokens = ([_token(None if one is None else _in_json(one, "")) for one in row] for row in rows)
            lines = [
                "{" + ",".join(f"{key}:{token}" for key, token in zip(keys, row, strict=True)) + "}" for row in tokens
            ]
            path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


FRAMES = ("rows", "pandas", "polars", "arrow")
FILES = ("parquet", "csv", "jsonl")


def frame(name: str, folder: Path) -> Source:
    """Rows, a frame, or files in a folder."""

    @contextlib.contextmanager
    def put(table: Table, source: Source) -> Iterator[Placed]:
        number = next(_numbers)
        target = folder / f"bad_{number}.parquet"
        if name in FILES:
            path = folder / f"oracle_{number}.{name}"
            _write(name, path, table)
            given: Any = str(path)
        else:
            given = _make_frame(name, table)

        def refer(column: str, family: str, values: Sequence[Any]) -> str:
            keys = folder / f"keys_{next(_numbers)}.parquet"
            given = {"place": list(range(len(values))), column: values}
            _write("parquet", keys, Table(given, {"place": "integer", column: family}, {}))
            return str(keys)

        def quarantined() -> list[int]:
            if not table.size:
                return []
            with duckdb.connect() as connection:
                return sorted(int(row[0]) for row in connection.read_parquet(str(target)).project("id").fetchall())

        yield Placed(given, {}, source.held(table), str(target), quarantined, refer)
        for one in folder.iterdir():
            one.unlink()

    return Source(name, put=put, **_FORMS[name])


def _is_no_number(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _in_pandas(value: Any, family: str) -> Any:
    """NaN is NULL for pandas."""
    return None if family == "float" and math.isnan(value) else value


_WITHOUT_UUID = tuple(one for one in _ALL if one != "uuid")
_TEXTS: Collection[str] = (
    "integer",
    "float",
    "decimal",
    "text",
    "boolean",
    "date",
    "datetime",
    "zoned",
    "time",
    "uuid",
)
_FORMS: Mapping[str, dict[str, Any]] = {
    "rows": {
        "form": "typed", "families": (*_ALL, "huge", "mixed"),
        "mixed": ("integer", "decimal", "text", "boolean", "datetime", "binary"),
    },
    "pandas": {"form": "typed", "families": _ALL, "change": _in_pandas},
    "polars": {"form": "typed", "families": (*_WITHOUT_UUID, "huge"), "declared": {"huge": "decimal"}},
    "arrow": {"form": "typed", "families": (*_ALL, "huge"), "declared": {"huge": "decimal"}},
    "parquet": {"form": "typed", "families": (*_ALL, "huge"), "declared": {"huge": "decimal"}},
    "csv": {
        "form": "csv", "families": (*_TEXTS, "huge", "mixed"),
        "mixed": ("integer", "float", "decimal", "text", "boolean", "date"),
        "refuses": lambda value: value == "" or (isinstance(value, str) and "\0" in value),
        "change": lambda value, family: _written(value),
    },
    "jsonl": {
        "form": "json", "families": (*_TEXTS, "huge", "mixed"), "mixed": ("integer", "decimal", "text", "boolean"),
        "refuses": _is_no_number, "change": _in_json,
    },
}  # fmt: skip
