"""The orchestrators and the checks under the names that pipelines import, loaded on use.

``moltres.integrations.airflow`` forwards to ``moltres_airflow``, ``.prefect`` to ``moltres_prefect`` and
``.data_quality`` to ``dq_core``. Each is a separate distribution; these modules have no logic.
"""
