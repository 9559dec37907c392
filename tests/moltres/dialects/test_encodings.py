"""Encodings of PostgreSQL other than UTF-8: strings arrive as they are, or are refused with their column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from moltres import connect
from moltres.errors import ConfigurationError, SchemaMismatchError

if TYPE_CHECKING:
    from sqlalchemy import URL


@pytest.mark.parametrize("form", ["rows", "arrow"])
def test_strings_in_the_encoding_of_the_connection(postgresql_url: URL, form: str) -> None:
    def rows(value: Any) -> Any:
        return [{"n": 1, "s": value}] if form == "rows" else pa.table({"n": [1], "s": [value]})

    with connect(postgresql_url, connect_args={"options": "-c client_encoding=LATIN1"}) as db:
        db.write(rows("é")).save_as_table("t", verify=False)
        assert db.table("t").collect() == [{"n": 1, "s": "é"}]
        assert db.table("t").to_arrow().to_pylist() == [{"n": 1, "s": "é"}]
        for mode in ("append", "overwrite"):
            with pytest.raises(SchemaMismatchError, match="column 's': '日本' has '日本'"):
                db.write(rows("日本")).save_as_table("t", mode=mode)
        with pytest.raises(ConfigurationError, match="run_key cannot be stored: '日本'"):
            db.write(rows("e")).save_as_table("t", mode="append", run_key="日本")
        assert not db.write(rows("e")).save_as_table("t", mode="append", run_key="é").skipped
        assert db.write(rows("e")).save_as_table("t", mode="append", run_key="é").skipped
        assert db.table("t").count() == 2


def test_a_setting_that_quotes_the_names_of_types(postgresql_url: URL) -> None:
    with connect(postgresql_url, connect_args={"options": "-c quote_all_identifiers=on"}) as db:
        for value in (1, 2):
            mode = "merge" if value > 1 else "overwrite"
            db.write([{"n": 1, "v": value}]).save_as_table("t", mode=mode, keys=["n"] if value > 1 else None)
        assert db.table("t").collect() == [{"n": 1, "v": 2}]
