"""The errors that the shared modules raise; each core translates them into its own.

::

    ProblemError
    ├── InvalidOptionError (ValueError)       an option of a file reader that cannot be
    ├── InvalidURLError (ValueError)          a URL that cannot be read, or that can be read in two ways
    ├── UnknownDatabaseError (ValueError)     SQLAlchemy has no dialect of that name
    ├── UnknownFileSystemError (ValueError)   fsspec has no file system for the scheme
    ├── UnknownFormatError (ValueError)       no reader for a file's name
    ├── NoJSONFormError (TypeError)           a value that JSON cannot hold
    └── MissingPackageError (ImportError)     a package that only some uses need is not installed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "InvalidOptionError",
    "InvalidURLError",
    "MissingPackageError",
    "NoJSONFormError",
    "ProblemError",
    "UnknownDatabaseError",
    "UnknownFileSystemError",
    "UnknownFormatError",
    "UnreadableFileError",
]


class ProblemError(Exception):
    """The root of the errors of the shared modules.

    Args:
        message: What was given and what is wrong with it, as a sentence; without secrets.
        suggestion: What to do about it.
        context: Plain facts that can be written as JSON.
    """

    def __init__(
        self, message: str, *, suggestion: str | None = None, context: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.context: dict[str, Any] = dict(context or {})


class InvalidOptionError(ProblemError, ValueError):
    """An option of a file reader whose name or value cannot be written in SQL."""


class InvalidURLError(ProblemError, ValueError):
    """A database URL that cannot be read, or that can be read in two ways."""


class UnknownDatabaseError(ProblemError, ValueError):
    """A URL of a database for which SQLAlchemy has no dialect or no such driver."""


class UnknownFileSystemError(ProblemError, ValueError):
    """A URI whose scheme fsspec does not know."""


class UnknownFormatError(ProblemError, ValueError):
    """A file name that tells no format, or files of several formats."""


class UnreadableFileError(ProblemError, ValueError):
    """A file that does not hold what its name says."""


class NoJSONFormError(ProblemError, TypeError):
    """A value that JSON cannot hold."""


class MissingPackageError(ProblemError, ImportError):
    """A package that only some uses need is not installed."""
