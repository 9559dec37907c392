"""No password and no value anywhere that people or logs can see."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import URL, create_engine, text

from moltres import connect
from moltres.errors import DatabaseConnectionError, MoltresError, QueryError
from support.shared import shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgresql import PostgreSQLServer

masking = shared("masking")
PASSWORD = "s3cr3t %/ü"


@pytest.fixture
def login(postgresql: PostgreSQLServer, postgresql_url: URL) -> Iterator[URL]:
    """A user who must give a password: the server asks by SCRAM once pg_hba.conf says so."""
    admin = create_engine(postgresql.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("SET password_encryption = 'scram-sha-256'"))
        connection.execute(text(f"CREATE USER guarded PASSWORD '{PASSWORD}'".replace(":", r"\:")))
        path = connection.execute(text("SHOW hba_file")).scalar_one()
        before = connection.execute(text("SELECT pg_read_file(:path)"), {"path": path}).scalar_one()
        lines = f"host all guarded 127.0.0.1/32 scram-sha-256\n{before}".splitlines()
        rows = ", ".join("('" + line.replace("'", "''") + "')" for line in lines)
        connection.exec_driver_sql(
            f"COPY (SELECT * FROM (VALUES {rows}) AS t(line)) TO '{path}' (FORMAT text)".replace("%", "%%")
        )
        connection.execute(text("SELECT pg_reload_conf()"))
    yield postgresql_url.set(username="guarded", password=PASSWORD)
    with admin.connect() as connection:
        connection.execute(text("DROP USER guarded"))
    admin.dispose()


def everything_said(error: BaseException) -> str:
    """All that a log, a report or a debugger's summary of the error could show."""
    said = ["".join(traceback.format_exception(error)), repr(error), str(error)]
    seen: BaseException | None = error
    while seen is not None:
        said += [repr(seen), str(seen), repr(seen.args), repr(getattr(seen, "__dict__", ""))]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(said)


def test_a_wrong_password(login: URL, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    with connect(login) as db:
        assert db.sql("SELECT current_user AS u").collect() == [{"u": "guarded"}]
    wrong = "wr0ng-p4ss"
    with connect(login.set(password=wrong)) as db, pytest.raises(DatabaseConnectionError) as caught:
        db.tables()
    said = everything_said(caught.value)
    assert "password authentication failed" in said
    assert not caught.value.retryable
    out, err = capfd.readouterr()
    logged = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    for place in (said, repr(db), str(db), logged, out, err, str(caught.value.context)):
        assert wrong not in place
        assert PASSWORD not in place
    assert wrong.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://user:hunter2@host/db",
        "postgresql://host/db?user=u&password=hunter2",
        "postgresql://host/db?options=x&sslpassword=hunter2",
        "duckdb:///md:x?motherduck_token=hunter2",
        "trino://user@host/c?access_token=hunter2",
    ],
)
def test_repr(address: str) -> None:
    from sqlalchemy import make_url

    url = make_url(address)
    assert "hunter2" not in masking.masked(url)
    assert "***" in masking.masked(url)
    assert masking.scrubbed("it said hunter2!", masking.secrets_of(url)) == "it said ***!"
    if address.startswith("postgresql"):
        db = connect(address)
        assert "hunter2" not in f"{db} {db!r}"


@pytest.mark.parametrize("password", ["ab@S3cr3t", "ab@S3/cr3t"])
def test_a_password_with_an_at_sign_that_is_not_quoted_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(MoltresError, match="%40") as caught:
        connect(f"postgresql://etl:{password}@127.0.0.1:1/x")
    assert "S3" not in everything_said(caught.value)


@pytest.mark.parametrize("password", ["ab@S3cr3t", "ab@S3/cr3t", "ab/S3cr3t"])
def test_an_engine_whose_url_was_read_wrongly_shows_no_part_of_its_password(password: str) -> None:
    engine = create_engine(f"postgresql+psycopg://etl:{password}@127.0.0.1:1/x")
    db = connect(engine)
    assert "cr3t" not in repr(db)
    with pytest.raises(DatabaseConnectionError) as caught:
        db.tables()
    assert "cr3t" not in f"{caught.value} {caught.value.context} {caught.value.__cause__}"


@pytest.mark.parametrize("password", ["e", "guarded", "password", "failed"])
def test_a_common_password_spoils_no_word_and_is_not_told(login: URL, password: str) -> None:
    db = connect(login.set(password=password))
    with pytest.raises(DatabaseConnectionError) as caught:
        db.tables()
    assert 'password authentication failed for user "guarded"' in str(caught.value)
    assert f":{password}@" not in f"{caught.value} {caught.value.context} {db!r}"
    assert ":***@" in repr(db)


def test_a_table_is_named_although_the_password_is_part_of_its_name(postgresql_url: URL) -> None:
    with connect(postgresql_url.set(password="postgres")) as db:
        with pytest.raises(MoltresError, match="nosuch_postgres_x") as caught:
            db.sql("SELECT * FROM nosuch_postgres_x").collect()
        assert ":postgres@" not in f"{caught.value} {caught.value.context} {db!r}"


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:1/x.parquet?X-Amz-Signature={}", "zip://x.parquet::http://me:{}@127.0.0.1:1/x.zip"],
    ids=["signed", "in an archive"],
)
def test_a_signed_uri_of_a_file_is_not_repeated(uri: str) -> None:
    signed = uri.format("S3cr3t")
    with connect() as db, pytest.raises(MoltresError) as caught:
        db.read_parquet(signed).collect()
    assert "S3cr3t" not in everything_said(caught.value)


def test_the_password_of_a_bucket_is_not_repeated_by_its_file_system() -> None:
    with connect() as db, pytest.raises(QueryError) as raised:
        db.read_csv(f"s3://me:{PASSWORD.replace(' ', '')}@bucket/x.csv")
    assert PASSWORD.replace(" ", "") not in everything_said(raised.value)


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH 'host=127.0.0.1 port=1 password={}' AS p (TYPE postgres)",
        "SELECT * FROM nowhere('host=127.0.0.1 port=1 password={}')",
        "SELECT * FROM read_parquet('https://u:{}@127.0.0.1:1/x.parquet')",
    ],
)
def test_a_connection_string_in_a_statement_is_not_repeated(query: str) -> None:
    said = query.format("S3cr3t-Zq")
    with connect() as db, pytest.raises(MoltresError) as caught:
        db.sql(said).collect()
    assert "S3cr3t" not in f"{caught.value}{caught.value!r}{caught.value.__cause__}{vars(caught.value)}"


def test_an_address_that_cannot_be_read_is_not_repeated() -> None:
    address = "postgresql//user:{}@host/db".format("hunter2")
    with pytest.raises(MoltresError) as caught:
        connect(address)
    assert "hunter2" not in everything_said(caught.value)


@pytest.mark.parametrize("ours", [True, False], ids=["our engine", "the caller's engine"])
def test_values_of_a_statement_are_not_repeated(database_url: URL, ours: bool) -> None:
    engine = create_engine(database_url)
    with connect(database_url if ours else engine) as db:
        with db.transaction() as connection:
            connection.execute(text("CREATE TABLE t (a INTEGER NOT NULL, b VARCHAR(100))"))
        with pytest.raises(QueryError) as caught:
            db.sql("SELECT missing FROM t WHERE b = :b", b="hunter2")
        message = f"{caught.value}{caught.value!r}{caught.value.__cause__}{caught.value.context}{caught.value.sql}"
        assert "hunter2" not in message
        text_of_trace = "".join(traceback.format_exception(caught.value))
        assert "hunter2" not in text_of_trace.replace('b="hunter2"', "")
    engine.dispose()
