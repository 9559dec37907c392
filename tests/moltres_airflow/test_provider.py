import subprocess
import sys
from importlib.metadata import entry_points, version

import moltres_airflow
from moltres_airflow.provider import get_provider_info


def test_airflow_knows_the_provider():
    from airflow.providers_manager import ProvidersManager

    provider = ProvidersManager().providers["moltres-airflow"]
    assert provider.version == version("moltres-airflow") == moltres_airflow.__version__
    assert provider.data["name"] == "Moltres"


def test_the_entry_point_leads_here():
    (entry,) = entry_points(group="apache_airflow_provider", name="provider_info").select(
        module="moltres_airflow.provider"
    )
    assert entry.load()() == get_provider_info()


def test_the_modules_it_names_exist():
    from importlib import import_module

    (operators,) = get_provider_info()["operators"]
    names = {name for module in operators["python-modules"] for name in vars(import_module(module))}
    assert {"MoltresQueryOperator", "MoltresToTableOperator", "MoltresDataQualityOperator"} <= names


def test_asking_it_imports_no_airflow():
    # Airflow asks while it is itself half imported.
    program = "import sys, moltres_airflow.provider as p; p.get_provider_info(); print('airflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_everything_it_exports_is_there():
    assert set(moltres_airflow.__all__) <= set(dir(moltres_airflow))
    for name in moltres_airflow.__all__:
        assert getattr(moltres_airflow, name).__name__ == name
