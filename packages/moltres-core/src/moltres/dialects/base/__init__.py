"""The portable way to do what databases do differently; the module of a database overrides what it does better."""

from ..._shared.statements import driver_connection
from .dialect import Dialect
from .inserting import named
from .tables import DELETE_ACTIONS, KEYS, TEMPORARY

__all__ = ["DELETE_ACTIONS", "KEYS", "TEMPORARY", "Dialect", "driver_connection", "named"]
