"""What a task tells Prefect about data: the tables it reads and writes as assets, a report as an artifact."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from prefect.artifacts import create_markdown_artifact
from prefect.assets import Asset
from prefect.context import AssetContext
from sqlalchemy import TableClause
from sqlalchemy.sql import visitors

from moltres.handoff.reference import STAGE_PREFIX
from moltres_prefect.call import CallKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import URL

    from moltres import Database, DataFrame
    from moltres.write import WriteResult

_NOT_IN_KEYS = re.compile(r"[\s#?&%\"'<>\[\]{}|\\^`\0]")


def asset_key(url: URL, table: str) -> str:
    """The address of a table without user, password or options: ``postgresql://host:5432/shop/users``."""
    host = "" if url.host is None else url.host + (f":{url.port}" if url.port else "")
    in_memory = not url.database or url.database.startswith(":memory:")
    database = "memory" if in_memory else url.database if host else str(Path(str(url.database)).absolute())
    kind = re.sub(r"[^a-z0-9]", "", url.get_backend_name())
    return _NOT_IN_KEYS.sub("_", f"{kind}://{host}/{str(database).lstrip('/')}/{table}")[:512]


def note_reading(frame: DataFrame) -> None:
    """Let whatever is made of this task's result depend on the tables that the frame reads."""
    tables = {node.fullname for node in visitors.iterate(frame.statement) if isinstance(node, TableClause)}
    context = AssetContext.get()
    if context is not None:
        names = sorted(name for name in tables if STAGE_PREFIX not in name)
        context.direct_asset_dependencies.update(_assets(frame.database, names))
        context.update_tracked_assets()


def note_writing(database: Database, written: WriteResult) -> None:
    """Record that this task has made the table; the event goes out when the task has ended well."""
    context = AssetContext.get()
    if context is not None:
        (asset,) = _assets(database, [written.table_name])
        context.downstream_assets.add(asset)
        context.materialized_by = "moltres"
        context.update_tracked_assets()
        asset.add_metadata({"mode": written.mode, "rows_written": written.rows_written, "created": written.created})


def _assets(database: Database, tables: Iterable[str]) -> list[Asset]:
    return [Asset(key=asset_key(database.engine.url, table)) for table in tables]


def leave_artifact(markdown: str, key: str | None) -> None:
    """Keep a report where people look for it: on the page of the run.

    Args:
        markdown: The report.
        key: Under which all its versions are found; by default made of the flow, the task and the number of its call.
    """
    name = key.place if isinstance(key, CallKey) else key or "moltres data quality"
    create_markdown_artifact(markdown, key=slug(name), description="Data quality")


def slug(text: str) -> str:
    """A text as the key of an artifact: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
