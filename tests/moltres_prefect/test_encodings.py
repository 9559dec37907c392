"""Whatever a task keeps as its result is equal for who reads it, or refused by the name of its column."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from prefect.results import ResultRecord, ResultRecordMetadata
from prefect.serializers import CompressedSerializer, PickleSerializer, Serializer

from moltres import Records
from moltres_prefect import RowsSerializer
from support import handed_values

# Threads of Prefect, which wait for random times, draw from the same generator while a table is drawn.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

SERIALIZERS: dict[str, Serializer] = {
    "rows": RowsSerializer(),
    "compressed": CompressedSerializer(serializer=RowsSerializer(), compressionlib="zlib"),
}


def through(serializer: Serializer, rows: Records) -> Any:
    """As Prefect keeps a result and reads it."""
    metadata = ResultRecordMetadata(storage_key="key", serializer=serializer)
    return ResultRecord.deserialize(ResultRecord(result=rows, metadata=metadata).serialize()).result


@pytest.mark.parametrize("name", SERIALIZERS)
@given(table=handed_values.tables())
@settings(deadline=None, max_examples=25)
def test_any_table_arrives_as_it_was(name: str, table: Records) -> None:
    handed_values.assert_arrives(lambda rows: through(SERIALIZERS[name], rows), table)


@given(table=handed_values.tables())
@settings(deadline=None, max_examples=15)
def test_prefects_own_pickle_keeps_them_too(table: Records) -> None:
    handed_values.assert_arrives(lambda rows: through(PickleSerializer(), rows), table)


@pytest.mark.parametrize("name", SERIALIZERS)
@pytest.mark.parametrize("value", handed_values.FOREIGN, ids=lambda value: str(value)[:30])
def test_what_could_not_come_back_is_refused_by_its_column(name: str, value: object) -> None:
    handed_values.assert_refused(lambda rows: through(SERIALIZERS[name], rows), "odd", value)
