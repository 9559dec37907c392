"""What Airflow asks an installed provider about itself.

Airflow calls this while its own configuration is still being read, so nothing of Airflow is imported here.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any


def get_provider_info() -> dict[str, Any]:
    """The metadata that ``airflow providers list`` shows, in the form of Airflow's provider schema."""
    return {
        "package-name": "moltres-airflow",
        "name": "Moltres",
        "description": "Operators that query, check and publish rows inside the database.",
        "versions": [version("moltres-airflow")],
        "integrations": [{"integration-name": "Moltres", "tags": ["software"]}],
        "operators": [
            {
                "integration-name": "Moltres",
                "python-modules": [
                    "moltres_airflow.query",
                    "moltres_airflow.to_table",
                    "moltres_airflow.quality",
                    "moltres_airflow.compare",
                ],
            }
        ],
    }
