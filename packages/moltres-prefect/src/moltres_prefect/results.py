"""Results as JSON that loses nothing, for those who persist them."""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from prefect.serializers import Serializer
from pydantic import Field

from dq_core import Report
from moltres.errors import HandoffError
from moltres.handoff import decode, encode

_REPORT: Final = "$report"


class RowsSerializer(Serializer):
    """Keeps rows, references and reports as readable JSON, with every value's type.

    Use it as ``result_serializer=RowsSerializer()``, or by its name ``"moltres-rows"``. Prefect's own JSON serializer
    knows neither Records nor bytes that are no text.
    """

    type: Literal["moltres-rows"] = Field(default="moltres-rows")

    def dumps(self, obj: Any) -> bytes:
        """The JSON of a result.

        Args:
            obj: What a task returned.
        """
        plain = {_REPORT: obj.to_dict()} if isinstance(obj, Report) else encode(obj)
        return json.dumps(plain, allow_nan=False).encode()

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
        if isinstance(stored, dict) and stored.keys() == {_REPORT}:
            return Report.from_dict(stored[_REPORT])
        return decode(stored)
