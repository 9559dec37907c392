"""The result of the profile script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dq_core.profiling import Profile
from moltres.handoff.encoding import decode
from truthound_kestra.keywords import known_arguments
from truthound_kestra.results.script import ScriptResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dq_core.profiling import ColumnProfile

__all__ = ["ProfileScriptResult"]


@known_arguments
@dataclass(frozen=True, kw_only=True)
class ProfileScriptResult(ScriptResult):
    """The result of :func:`profile_data_script`.

    Attributes:
        profile: All columns in detail; None if the script was disabled.
    """

    _readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "profile": lambda stored: Profile.from_dict(decode(stored)),
    }

    profile: Profile | None = None

    @property
    def columns(self) -> tuple[ColumnProfile, ...]:
        """The columns, each with name, dtype, null_count, null_rate, distinct_count, min, max, mean and more."""
        return () if self.profile is None else self.profile.columns

    def summary(self) -> dict[str, Any]:
        """The result without frequent values and histograms, small enough for a Kestra output."""
        keys = ("name", "dtype", "null_count", "null_rate", "distinct_count", "min", "max", "mean", "stddev")
        return {
            "status": self.status,
            "data_uri": self.data_uri,
            "engine_name": self.engine_name,
            "row_count": self.row_count,
            "column_count": len(self.columns),
            "execution_time_seconds": self.execution_time_seconds,
            "columns": [{key: getattr(column, key) for key in keys} for column in self.columns],
        }
