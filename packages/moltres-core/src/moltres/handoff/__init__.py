"""Hand rows from one task of an orchestrator to the next: inline while they are few, by reference when they are many.

``hand_over`` at the end of one task, ``pick_up`` at the beginning of the next, ``drop_staged`` when nobody needs the
staged rows any more; ``rows_of`` for code of the user's own. What lies between them may be kept in any store for JSON:
``encode`` and ``decode`` lose nothing.
"""

from .encoding import decode, encode
from .give import hand_over
from .options import MAX_INLINE_ROWS
from .reference import Reference, is_reference
from .staging import stage_table
from .take import drop_staged, frame_of, pick_up, rows_of, staged

__all__ = [
    "MAX_INLINE_ROWS",
    "Reference",
    "decode",
    "drop_staged",
    "encode",
    "frame_of",
    "hand_over",
    "is_reference",
    "pick_up",
    "rows_of",
    "stage_table",
    "staged",
]
