"""The orchestrators and the checks under the names that pipelines import: one module for each, loaded on use.

``moltres.integrations.airflow`` stands for ``moltres_airflow``, ``.prefect`` for ``moltres_prefect`` and
``.data_quality`` for ``dq_core``. Each is a distribution of its own; these modules hold no logic.
"""
