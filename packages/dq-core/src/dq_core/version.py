"""The version of this package."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["VERSION"]


def _version() -> str:
    """The version of the distribution; of a copy in another package nothing is known."""
    if __package__ == "dq_core":
        try:
            return version("dq-core")
        except PackageNotFoundError:
            pass  # a source tree that is not installed
    return "0+unknown"


VERSION = _version()
