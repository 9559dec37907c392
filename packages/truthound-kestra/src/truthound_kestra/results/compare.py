"""The result of the compare script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dq_core import Comparison
from moltres.handoff.encoding import decode
from truthound_kestra.keywords import known_arguments
from truthound_kestra.results.script import ScriptResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CompareScriptResult"]

_COUNTS = ("missing", "extra", "changed")


@known_arguments
@dataclass(frozen=True, kw_only=True)
class CompareScriptResult(ScriptResult):
    """The result of :func:`compare_data_script`.

    Attributes:
        copy_uri: The copy, without secrets.
        comparison: What was found, in detail; None if the script was disabled.
    """

    _readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "comparison": lambda stored: Comparison.from_dict(decode(stored)),
    }

    copy_uri: str = ""
    comparison: Comparison | None = None

    @property
    def equal(self) -> bool:
        """Whether both sides have the same rows; False if the script was disabled."""
        return self.comparison is not None and self.comparison.equal

    @property
    def copy_row_count(self) -> int:
        """Rows of the copy."""
        return 0 if self.comparison is None else self.comparison.right_rows

    @property
    def missing_count(self) -> int:
        """Rows that the copy does not have."""
        return 0 if self.comparison is None else self.comparison.missing

    @property
    def extra_count(self) -> int:
        """Rows that only the copy has."""
        return 0 if self.comparison is None else self.comparison.extra

    @property
    def changed_count(self) -> int:
        """Rows that both have by their keys, with other values."""
        return 0 if self.comparison is None else self.comparison.changed

    def summary(self) -> dict[str, Any]:
        """The result with the rows that are shown of those that differ, for a Kestra output."""
        found = self.comparison
        return {
            "status": self.status,
            "equal": self.equal,
            "data_uri": self.data_uri,
            "copy_uri": self.copy_uri,
            "row_count": self.row_count,
            "copy_row_count": self.copy_row_count,
            **{f"{name}_count": getattr(self, f"{name}_count") for name in _COUNTS},
            "changed_columns": {} if found is None else dict(found.changed_columns),
            "execution_time_seconds": self.execution_time_seconds,
            "samples": [] if found is None else list(found.samples),
        }
