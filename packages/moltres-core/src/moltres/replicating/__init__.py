"""Many tables of one database into another, in one call."""

from .progress import Progress
from .replicate import replicate
from .result import ReplicatedTable, Replication

__all__ = ["Progress", "ReplicatedTable", "Replication", "replicate"]
