"""Settings of a session of MariaDB or MySQL without which queries give or say less than both cores ask for."""

from __future__ import annotations

from typing import Final

__all__ = ["MOST_WARNINGS", "TELLS_ALL", "WHOLE_RESULTS"]

MOST_WARNINGS: Final = 65_535
"""As many the server tells at most."""

TELLS_ALL: Final = {"max_error_count": MOST_WARNINGS, "sql_notes": 1}
"""All warnings: by default the server keeps all but the first 64 to itself."""

WHOLE_RESULTS: Final = {"sql_select_limit": 2**64 - 1, "sql_quote_show_create": 1}
"""All rows of a query, and tables described as SQLAlchemy reads them: it leaves out columns without quotes."""
