"""How often tests look for garbage."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Look for cycles less often, and not in what stays for the whole run: that is a tenth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
