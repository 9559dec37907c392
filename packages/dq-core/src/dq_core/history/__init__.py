"""The history of reports in a SQL database, and the expected ranges of their metrics.

>>> from dq_core import validate
>>> from dq_core.history import History
>>> history = History("sqlite://")
>>> for rows in (101, 98, 103, 99, 100, 102, 97):
...     report = validate([{"id": number} for number in range(rows)], [{"type": "not_null", "column": "id"}])
...     _ = history.record(report, suite="ids")
>>> few = validate([{"id": 1}], [{"type": "not_null", "column": "id"}])
>>> [drift.metric for drift in history.drift(few, suite="ids") if drift.drifted]
['total_rows']
"""

from .bounds import Bounds, bounds_of
from .drift import Drift
from .store import History, Point

__all__ = ["Bounds", "Drift", "History", "Point", "bounds_of"]
