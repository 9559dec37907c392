"""A database URL which can lie in a DAG without its secrets being stored, shown or logged."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk.log import mask_secret

from moltres.task import masked, parse_url, secrets_of

if TYPE_CHECKING:
    from sqlalchemy import URL


class Dsn:
    """A database URL whose text has ``***`` in place of each secret.

    Airflow stores the text of what it finds in ``default_args``, ``partial()`` and ``expand()``. The operators wrap
    their own ``dsn``; wrap it yourself in ``default_args={"dsn": Dsn(...)}``, which Airflow reads before any operator.

    Args:
        url: A string such as ``postgresql+psycopg://user:secret@host/database``, or a SQLAlchemy URL.

    Raises:
        ConfigurationError: If the string is not a database URL. The message does not repeat it: it may hold a password.
    """

    __slots__ = ("_url",)

    def __init__(self, url: str | URL | Dsn) -> None:
        self._url: URL = url.url if isinstance(url, Dsn) else parse_url(url)
        for secret in secrets_of(self._url):
            mask_secret(secret)
            mask_secret(quote(secret, safe=" +"))  # as SQLAlchemy writes it in a URL

    @property
    def url(self) -> URL:
        """The whole URL, for connecting."""
        return self._url

    @property
    def is_secret(self) -> bool:
        """Whether there is anything in it to hide."""
        return bool(secrets_of(self._url))

    def __str__(self) -> str:
        return masked(self._url)

    def __repr__(self) -> str:
        return f"Dsn({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dsn) and other.url == self._url

    def __hash__(self) -> int:
        return hash(self._url)
