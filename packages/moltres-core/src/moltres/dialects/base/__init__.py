"""The portable way to do what databases do differently; the module of a database overrides what it does better."""

from ..._shared.statements import driver_connection
from .dialect import Dialect
from .inserting import named
from .tables import DELETE_ACTIONS, KEYS, TEMPORARY, Told
from .values import INSTEAD_OF_NULL

__all__ = ["DELETE_ACTIONS", "INSTEAD_OF_NULL", "KEYS", "TEMPORARY", "Dialect", "Told", "driver_connection", "named"]
