"""What a task tells Prefect: the tables it reads and writes as assets, a report as an artifact, a line for the log."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from prefect.artifacts import create_markdown_artifact
from prefect.assets import Asset
from prefect.context import AssetContext
from prefect.exceptions import MissingContextError
from prefect.logging import get_logger, get_run_logger

from moltres.handoff.reference import STAGE_PREFIX
from moltres_prefect.identity import CallKey

if TYPE_CHECKING:
    from moltres.task import Dataset, Lineage, WriteOutcome

_NOT_IN_KEYS = re.compile(r"[\s#?&%\"'<>\[\]{}|\\^`\0]")
_NOT_IN_SCHEMES = re.compile(r"[^a-z0-9]")
_LONGEST_KEY = 512  # of Prefect's API
_DIGEST = 8


def asset_key(dataset: Dataset) -> str:
    """The key of a table or file: its names in lineage as one URI, ``postgres://host:5432/shop.public.users``."""
    scheme, separator, server = dataset.namespace.partition("://")  # that of local files is "file" alone
    scheme = _NOT_IN_SCHEMES.sub("", scheme.lower())
    place = f"{scheme}://{server}/{dataset.name}" if separator else f"{scheme}://{dataset.name}"
    return _NOT_IN_KEYS.sub("_", place)[:_LONGEST_KEY]


def note_reading(lineage: Lineage) -> None:
    """Let whatever is made of this task's result depend on the tables that it read."""
    context = AssetContext.get()
    if context is not None:
        read = [one for one in lineage.inputs if STAGE_PREFIX not in one.name]
        context.direct_asset_dependencies.update(Asset(key=asset_key(one)) for one in read)
        context.update_tracked_assets()


def note_writing(outcome: WriteOutcome) -> None:
    """Record that this task has made the table; the event goes out when the task has ended well."""
    context = AssetContext.get()
    if context is not None:
        asset, *others = (Asset(key=asset_key(table)) for table in outcome.lineage.outputs)
        note_reading(outcome.lineage)
        context.downstream_assets |= {asset, *others}
        context.materialized_by = "moltres"
        context.update_tracked_assets()
        written = outcome.written
        asset.add_metadata({"mode": written.mode, "rows_written": written.rows_written, "created": written.created})


def leave_artifact(
    markdown: str, key: str | None, name: str = "moltres data quality", description: str = "Data quality"
) -> None:
    """Keep a report where people look for it: on the page of the run.

    Args:
        markdown: The report.
        key: Under which all its versions are found; by default made of the flow, the task and the number of its call.
        name: What it is called outside of a flow.
        description: What it is.
    """
    place = key.place if isinstance(key, CallKey) else key or name
    create_markdown_artifact(markdown, key=artifact_key_of(place), description=description)


def log(summary: str) -> None:
    """Write a line into the log of the run; into Prefect's log where the function behind a task was called."""
    try:
        get_run_logger().info("%s", summary)
    except MissingContextError:
        get_logger(__name__).info("%s", summary)


def artifact_key_of(place: str) -> str:
    """The key of an artifact: a slug, with a digest where letters are lost by which another place may differ.

    Args:
        place: What the user calls it, or what the call is known by.
    """
    if place.isascii() and slug(place):
        return slug(place)
    return f"{slug(place)}-{hashlib.sha256(place.encode()).hexdigest()[:_DIGEST]}".strip("-")


def slug(text: str) -> str:
    """A string as the key of an artifact: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
