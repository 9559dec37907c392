"""The module that moved works by its former name, and warns."""

from support.moved import require_forwarding


def test_a_former_module_forwards_and_warns() -> None:
    require_forwarding("moltres_airflow.database", "engine_of", "moltres_airflow.connections")
    require_forwarding("moltres_airflow.database", "airflow_errors", "moltres_airflow.errors")
