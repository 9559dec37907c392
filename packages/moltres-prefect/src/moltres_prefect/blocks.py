"""Blocks of Prefect that hold a database's URL, or a connection to it."""

from __future__ import annotations

from typing import Any

from prefect.blocks.core import Block
from prefect.blocks.system import Secret
from pydantic import SecretStr
from sqlalchemy import URL, Engine

from moltres.errors import ConfigurationError
from moltres.task import meant_url

_SECRET = "secret/"  # noqa: S105 - the type of a block, as in the slug that Prefect shows


def url_of(dsn: Any, argument: str = "dsn") -> Any:
    """The URL itself, from any of the forms in which a DSN can be given; an engine and None stay what they are.

    Args:
        dsn: A URL, a SecretStr, a Secret block, or the name of one (``shop`` or ``secret/shop``).
        argument: What the reader calls it.

    Raises:
        ConfigurationError: If it is something else, or there is no such block.
    """
    if isinstance(dsn, str) and "://" not in dsn:
        name = dsn if dsn.startswith(_SECRET) else f"{_SECRET}{dsn}"
        dsn = load_block(
            name, f"{argument} is neither a URL (dialect://…) nor the name of a Secret block", meant_url(dsn)
        )
    if isinstance(dsn, Secret):
        dsn = dsn.get()
    if isinstance(dsn, SecretStr):
        dsn = dsn.get_secret_value()
    if dsn is not None and not isinstance(dsn, str | URL | Engine):
        raise ConfigurationError(
            f"{argument} must be the URL of a database, or a Secret block with one, not {type(dsn).__name__}."
        )
    return dsn


def load_block(name: str, otherwise: str, meant: str | None = None) -> Block:
    """A block by ``type/name``.

    Args:
        name: Its slug.
        otherwise: What to say if there is none.
        meant: What was probably meant then.
    """
    missing = ConfigurationError(
        f"{otherwise}: there is no block {name!r} on this Prefect server.",
        suggestion=f"Did you mean {meant!r}?" if meant else "See `prefect block ls` for the blocks that there are.",
    )
    if not name.isprintable():  # the name becomes a part of the address that the client asks
        raise missing
    try:
        block = Block.load(name)
    except ValueError as error:
        raise missing from error
    assert isinstance(block, Block)  # noqa: S101 - not a coroutine: tasks of ours are synchronous
    return block
