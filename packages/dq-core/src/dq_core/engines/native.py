"""The package's own engine: everything runs in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..checks import KINDS
from ..errors import EngineError
from ..learning import learn
from ..profiling import profile
from ..run import validate
from .protocol import Capabilities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..checks.base import Check
    from ..learning import LearnedSuite
    from ..profiling import Profile
    from ..report.report import Report
    from .protocol import Engine

__all__ = ["engine"]


_ONE_SCAN = "dq_core does not support max_workers: the database divides one scan among its own threads."


class NativeEngine:
    """One scan for all rules; see `dq_core.validate`, `dq_core.profile` and `dq_core.learn`."""

    name = "dq_core"

    @property
    def capabilities(self) -> Capabilities:
        """Every kind of check, and all of them at the same time: one scan serves all rules."""
        kinds = frozenset(kind.kind for kind in KINDS.values())
        return Capabilities(kinds, profile=True, learn=True, parallel=True, in_database=True)

    def check(
        self, source: Any, checks: Any, *, parallel: bool = False, max_workers: int | None = None, **options: Any
    ) -> Report:
        """Check a source; see `dq_core.engines.Engine.check`.

        ``parallel=True`` changes nothing, since one scan evaluates all rules together in any case.
        """
        del parallel
        if max_workers is not None:
            raise EngineError(
                _ONE_SCAN,
                suggestion="Leave max_workers out, or limit the threads in the database.",
                context={"engine": self.name},
            )
        return validate.validate(source, checks, **options)

    def profile(self, source: Any, **options: Any) -> Profile:
        """Describe a source; see `dq_core.profile`."""
        return profile(source, **options)

    def learn(self, source: Any, **options: Any) -> LearnedSuite:
        """Learn rules from a source; see `dq_core.learn`."""
        return learn(source, **options)


def engine() -> Engine:
    """The engine."""
    return NativeEngine()


def refusals(verb: str, checks: Sequence[Check], options: Mapping[str, Any]) -> tuple[str, ...]:
    """What it refuses whatever the data; see `dq_core.engines.refusals`."""
    del verb, checks
    return () if options.get("max_workers") is None else (_ONE_SCAN,)
