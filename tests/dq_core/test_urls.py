"""URLs of databases are read as moltres reads them, a missing driver names its package, and no secret is shown."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from dq_core import MissingDependencyError, RuleError, SourceConnectionError, SourceError, learn, profile, validate
from dq_core.errors import DataQualityError
from dq_core.history import History
from dq_core.quarantine import quarantine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ID = [{"type": "not_null", "column": "id"}]
VERBS: dict[str, Callable[[str], object]] = {
    "validate": lambda url: validate(url, ID, table="t"),
    "profile": lambda url: profile(url, table="t"),
    "learn": lambda url: learn(url, table="t"),
    "quarantine": lambda url: quarantine(url, ID, table="t", to="bad"),
    "history": lambda url: History(url).points("total_rows", suite="s"),
}


def shown(error: BaseException) -> str:
    """All that people, logs and reports can see of an error."""
    said, seen = "", error
    while seen is not None:
        said += f"{seen} {seen!r} {getattr(seen, 'context', '')} {getattr(seen, 'suggestion', '')}\n"
        seen = seen.__cause__  # type: ignore[assignment]
    return said


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_short_urls_open(postgresql_url: sa.URL, scheme: str) -> None:
    url = postgresql_url.set(drivername=scheme).render_as_string(hide_password=False)
    assert validate(url, ID, query="SELECT 1 AS id").overall_status == "passed"
    history = History(url)
    assert history.points("total_rows", suite="s") == ()
    history.engine.dispose()


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_short_urls_of_mysql_use_the_driver_of_the_extra(scheme: str) -> None:
    with pytest.raises(SourceConnectionError, match=r"127\.0\.0\.1"):
        validate(f"{scheme}://u:p@127.0.0.1:1/x", ID, query="SELECT 1 AS id")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("url", "module", "named", "line"),
    [
        ("postgres://u:p@h/x", "psycopg", "psycopg", 'pip install "dq-core[postgresql]>=2,<3"'),
        ("mysql://u:p@h/x", "pymysql", "pymysql", 'pip install "dq-core[mysql]>=2,<3"'),
        ("oracle+oracledb://u:p@h/x", "oracledb", "oracledb", "pip install oracledb"),
        ("mssql+pyodbc://u:p@h/x", "pyodbc", "pyodbc", "pip install pyodbc"),
        ("mysql+mysqldb://u:p@h/x", "MySQLdb", "mysqlclient", "pip install mysqlclient"),
        ("snowflake://u:p@acc/db", None, "snowflake", "pip install snowflake-sqlalchemy"),
    ],
)
def test_a_missing_driver_names_its_own_package(
    verb: str, url: str, module: str | None, named: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if module is not None:
        monkeypatch.setitem(sys.modules, module, None)
        for other in ("psycopg2", "MySQLdb"):  # a driver that happens to be installed would be taken instead
            monkeypatch.setitem(sys.modules, other, None)
    with pytest.raises(MissingDependencyError, match=named) as caught:
        VERBS[verb](url)
    assert caught.value.suggestion == line


def test_a_url_of_a_dialect_that_nobody_knows_is_a_url() -> None:
    with pytest.raises(DataQualityError, match="nosuchdb"):
        validate("nosuchdb+driver://u:p@h/x", ID, table="t")


@pytest.mark.parametrize("url", ["foo://h/d", "foo://etl:S3cr3t@h:1/d", "foo://etl:S3cr3t]@h/d", "sqllite:///x.db"])
@pytest.mark.parametrize("place", [{"table": "t"}, {"query": "SELECT 1 AS id"}])
def test_a_table_of_a_url_that_is_no_file_is_one_of_a_database(url: str, place: dict[str, str]) -> None:
    with pytest.raises(SourceError, match=rf"no dialect '{url.partition(':')[0]}'") as caught:
        validate(url, ID, **place)
    assert "S3cr3t" not in shown(caught.value)


@pytest.mark.parametrize(
    "given", ["host=h user=u password=S3cr3t dbname=d", "Server=h;Uid=u;Pwd=S3cr3t;", "etl:S3cr3t@h/d.csv"]
)
def test_connection_strings_that_are_no_urls_show_no_password(given: str) -> None:
    with pytest.raises(DataQualityError) as caught:
        validate(given, ID)
    assert "S3cr3t" not in shown(caught.value)


def test_a_missing_file_system_names_its_own_package() -> None:
    program = (
        "import sys; sys.modules['aiohttp'] = None\n"
        "from dq_core import MissingDependencyError, validate\n"
        "try: validate('https://127.0.0.1:1/x.parquet', [{'type': 'not_null', 'column': 'id'}])\n"
        "except MissingDependencyError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "'aiohttp'" in said
    assert "dq-core[http]" in said


def test_what_failed_is_said_without_our_own_sql_and_without_a_place_in_python(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 is no file")
    for source in ("https://127.0.0.1:1/x.parquet", damaged):
        with pytest.raises(SourceError) as refused:
            validate(source, ID)
        assert not re.search(r"LINE \d|read_parquet|site-packages|\.py\(", str(refused.value)), refused.value


@pytest.mark.parametrize("password", ["ab@S3cr3t", "ab/S3cr3t", "ab@S3/cr3t", "S3cr3t"])
@pytest.mark.parametrize("verb", VERBS)
def test_no_part_of_a_password_is_shown(password: str, verb: str) -> None:
    with pytest.raises(DataQualityError) as caught:
        VERBS[verb](f"postgresql+psycopg://etl:{password}@127.0.0.1:1/x")
    assert "cr3t" not in shown(caught.value)


@pytest.mark.parametrize("password", ["ab@S3cr3t", "ab@S3/cr3t"])
def test_an_engine_whose_url_was_read_wrongly_shows_no_part_of_its_password(password: str) -> None:
    engine = sa.create_engine(f"postgresql+psycopg://etl:{password}@127.0.0.1:1/x")
    with pytest.raises(SourceConnectionError) as caught:
        validate(engine, ID, table="t")
    assert "cr3t" not in shown(caught.value)
    assert "cr3t" not in repr(History(engine))


@pytest.mark.parametrize("password", ["ab@S3cr3t", "ab/S3cr3t"])
def test_the_command_shows_no_part_of_a_password(password: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("- {type: not_null, column: id}\n")
    url = f"postgresql+psycopg://etl:{password}@127.0.0.1:1/x"
    command = [sys.executable, "-m", "dq_core", "check", url, "--table", "t", "--rules", str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cr3t" not in done.stdout + done.stderr


@pytest.mark.parametrize("password", ["e", "postgres", "relation", "orders"])
def test_a_common_password_changes_no_word_of_a_message(postgresql_url: sa.URL, password: str) -> None:
    with pytest.raises(DataQualityError) as caught:
        validate(postgresql_url.set(password=password), ID, query="SELECT id FROM test_orders")
    assert 'relation "test_orders" does not exist' in str(caught.value)
    assert f":{password}@" not in shown(caught.value)


def test_a_signed_uri_is_shown_nowhere() -> None:
    with pytest.raises(DataQualityError) as caught:
        validate("https://127.0.0.1:1/x.parquet?X-Amz-Signature=S3cr3t", ID)
    assert "S3cr3t" not in shown(caught.value)


def test_a_history_shows_no_secret() -> None:
    for url in (
        "postgresql://u:S3cr3t@h/x",
        "postgresql://h/x?sslpassword=S3cr3t",
        "duckdb:///md:x?motherduck_token=S3cr3t",
    ):
        assert "S3cr3t" not in repr(History(url))
    for url in ("no url:S3cr3t", "postgresql://u:ab@S3cr3t@h/x"):
        with pytest.raises(RuleError) as caught:
            History(url)
        assert "S3cr3t" not in shown(caught.value)
