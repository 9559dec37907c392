"""Hand rows from one task of an orchestrator to the next: inline while they are few, by reference when they are many.

``hand_over`` at the end of one task, ``pick_up`` at the beginning of the next, ``drop_staged`` when nobody needs the
staged rows any more. What lies between them may be kept in any store for JSON: ``encode`` and ``decode`` lose nothing.
"""

from .rows_of import (
    MAX_INLINE_ROWS,
    Reference,
    decode,
    drop_staged,
    encode,
    frame_of,
    hand_over,
    is_reference,
    pick_up,
    stage_table,
    staged,
)

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
    "stage_table",
    "staged",
]
