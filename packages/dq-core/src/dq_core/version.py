"""The version of this package."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["VERSION"]

try:
    VERSION = version("dq-core")
except PackageNotFoundError:
    # A copy inside another package has no metadata of its own.
    VERSION = "vendored"
