"""Results as JSON that loses nothing, for those who persist them."""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from prefect.serializers import Serializer
from pydantic import Field

from dq_core import Comparison, Report
from moltres.errors import HandoffError
from moltres.handoff import decode, encode

_FINDINGS: Final[dict[str, type[Report | Comparison]]] = {"$report": Report, "$comparison": Comparison}
"""What is stored as its own dict, by the key under which it is."""


class RowsSerializer(Serializer):
    """Keeps rows, references, reports and comparisons as readable JSON, with every value's type.

    Use it as ``result_serializer=RowsSerializer()``, or by its name ``"moltres-rows"``. Prefect's own JSON serializer
    knows neither Records nor bytes that are no text.
    """

    type: Literal["moltres-rows"] = Field(default="moltres-rows")

    def dumps(self, obj: Any) -> bytes:
        """The JSON of a result.

        Args:
            obj: What a task returned.
        """
        key = next((key for key, kind in _FINDINGS.items() if isinstance(obj, kind)), None)
        return json.dumps(encode(obj) if key is None else {key: obj.to_dict()}, allow_nan=False).encode()

    def loads(self, blob: bytes) -> Any:
        """The result of its JSON.

        Args:
            blob: What `dumps` gave.

        Raises:
            HandoffError: If it is no result that was stored by this class.
        """
        try:
            stored = json.loads(blob)
        except (TypeError, ValueError, RecursionError) as error:
            raise HandoffError(f"What is stored is no result of this serializer: {error}.") from error
        if isinstance(stored, dict) and len(stored) == 1 and (key := next(iter(stored))) in _FINDINGS:
            return _FINDINGS[key].from_dict(stored[key])
        return decode(stored)
