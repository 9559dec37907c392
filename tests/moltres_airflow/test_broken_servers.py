"""Operators on servers that are broken: Airflow tries again where that can help, and only there."""

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from moltres_airflow import MoltresQueryOperator
from support.broken_conformance import BrokenServers


class TestOperators(BrokenServers):
    ours = (AirflowException,)

    def use(self, url, query):
        return MoltresQueryOperator(task_id="t", dsn=url, query=query).execute({})

    def retry_can_help(self, error):
        return not isinstance(error, AirflowFailException)
