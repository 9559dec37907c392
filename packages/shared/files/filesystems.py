"""File systems of URIs for DuckDB, through fsspec."""

from __future__ import annotations

import datetime as dt
import re
import sys
from typing import TYPE_CHECKING, Any

from ..masking import masked, scrubbed, secrets_of
from ..problems import MissingPackageError, UnknownFileSystemError
from ..wording import missing_package, question

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["file_errors", "filesystem_of", "filesystem_package", "is_away", "register_filesystem", "scheme_of"]

#: What pip installs for a scheme, where that is another name than the missing module's.
_PACKAGES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "abfss": "adlfs", "az": "adlfs",
    "http": "aiohttp", "https": "aiohttp", "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol",
    "hdfs": "pyarrow",
}  # fmt: skip


#: What file systems raise beside OSError: modules, and the root of their errors.
_ROOTS = (
    ("botocore.exceptions", "BotoCoreError"), ("botocore.exceptions", "ClientError"), ("aiohttp", "ClientError"),
    ("gcsfs.retry", "HttpError"), ("azure.core.exceptions", "AzureError"), ("paramiko.ssh_exception", "SSHException"),
)  # fmt: skip
#: The names of those that say that there was no answer.
_AWAY = frozenset(
    {"ClientConnectionError", "ConnectionError", "HTTPClientError", "ServiceRequestError", "TimeoutError"}
)


def file_errors() -> tuple[type[BaseException], ...]:
    """The errors of the file systems that are in use now."""
    known = (getattr(sys.modules.get(module), name, None) for module, name in _ROOTS)
    return (OSError, *(one for one in known if one is not None))


def is_away(error: BaseException) -> bool:
    """Whether an error of a file system says that its server did not answer, so that a retry can help."""
    return any(one.__name__ in _AWAY for one in type(error).__mro__)


def filesystem_package(scheme: str) -> str | None:
    """What pip installs to open the URIs of a scheme; None if nothing more is needed, or nothing is known."""
    return _PACKAGES.get(scheme)


def scheme_of(uri: str) -> str | None:
    """The scheme of a URI in lower case; None for a path, a Windows path included."""
    found = re.match(r"([A-Za-z][A-Za-z0-9+.\-]+)(?:://|::)", uri)
    return None if found is None else found[1].lower()


def register_filesystem(
    raw: Any,
    uri: str,
    storage_options: Mapping[str, Any] | None = None,
    *,
    core: str,
    extras: Mapping[str, str],
    native: frozenset[str] = frozenset(),
) -> None:
    """Let DuckDB open a URI through fsspec, unless it is a path or of a scheme that DuckDB opens itself.

    Args:
        raw: The driver's connection to DuckDB; what is registered holds for its whole database.
        uri: A path or a URI; only the scheme counts.
        storage_options: Arguments for fsspec's file system, such as keys and an endpoint. Without any, a file system
            that is already registered stays.
        core: The distribution whose extras bring file systems.
        extras: Those extras, by scheme.
        native: Schemes that are left to DuckDB.

    Raises:
        MissingPackageError: fsspec, or what it needs for this scheme, is not installed.
        UnknownFileSystemError: fsspec knows no such scheme, or refuses the options.
    """
    scheme = scheme_of(uri)
    if scheme is None or scheme == "file" or scheme in native:
        return
    registered = raw.filesystem_is_registered(scheme)
    if registered and not storage_options and "@" not in uri:
        return
    system, _ = filesystem_of(uri, storage_options, core=core, extras=extras)
    if type(system).modified is _modified():
        # DuckDB asks how old a file is, which HTTP does not tell: as of now, nothing is taken from a cache.
        system.modified = lambda _: dt.datetime.now(dt.UTC)
    if registered:
        raw.unregister_filesystem(scheme)
    raw.register_filesystem(system)


def _modified() -> Any:
    import fsspec

    return fsspec.AbstractFileSystem.modified


def filesystem_of(
    uri: str, storage_options: Mapping[str, Any] | None = None, *, core: str, extras: Mapping[str, str]
) -> tuple[Any, str]:
    """The fsspec file system of a URI, and the path in it.

    Args:
        uri: The URI. What it says of host and user goes to the file system.
        storage_options: Further arguments for the file system.
        core: The distribution whose extras bring file systems.
        extras: Those extras, by scheme.

    Raises:
        MissingPackageError: fsspec, or what it needs for this scheme, is not installed.
        UnknownFileSystemError: fsspec knows no such scheme, or refuses the options.
    """
    scheme = scheme_of(uri) or "file"
    try:
        from fsspec.core import url_to_fs
        from fsspec.registry import known_implementations
    except ImportError as error:
        raise _missing(_PACKAGES.get(scheme, "fsspec"), scheme, core, extras) from error
    try:
        system, path = url_to_fs(uri, **(storage_options or {}))
    except ImportError as error:
        module = (error.name or "").partition(".")[0] or scheme
        raise _missing(_PACKAGES.get(scheme, module), scheme, core, extras) from error
    except (ValueError, TypeError) as error:
        if scheme in known_implementations:
            reason = scrubbed(str(error), secrets_of(uri))
            raise UnknownFileSystemError(f"fsspec cannot open {masked(uri)}: {reason}") from None
        raise UnknownFileSystemError(
            f"fsspec has no file system for {scheme}://.{question(scheme, known_implementations)}",
            context={"given": scheme},
        ) from None
    return system, str(path)


def _missing(package: str, scheme: str, core: str, extras: Mapping[str, str]) -> MissingPackageError:
    return missing_package(package, f"A {scheme}:// URI", core=core, extra=extras.get(scheme))
