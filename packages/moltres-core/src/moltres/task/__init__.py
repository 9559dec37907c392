"""What a task of an orchestrator is, once for all orchestrators: adapters translate to it and back, nothing else."""

from .work import Stop, run_stoppable

__all__ = ["Stop", "run_stoppable"]
