import copy
import pickle

import pytest
from airflow.sdk import DAG
from airflow.sdk.log import redact
from sqlalchemy import URL

from moltres import connect
from moltres.errors import ConfigurationError
from moltres.task import masked
from moltres_airflow import Dsn, MoltresQueryOperator

PASSWORD = "p@ss/w0rd-Xy7"
URL_TEXT = "postgresql+psycopg://ada:p%40ss%2Fw0rd-Xy7@db.example:5432/shop"


FORMS = [str, repr, "{}".format, lambda dsn: str([dsn]), lambda dsn: str({"dsn": dsn})]


@pytest.mark.parametrize("form", FORMS)
def test_no_text_of_it_shows_the_password(form):
    text = form(Dsn(URL_TEXT))
    assert "Xy7" not in text
    assert "ada:***@db.example" in text


def test_the_whole_address_is_there_for_connecting():
    dsn = Dsn(URL_TEXT)
    assert dsn.url.password == PASSWORD
    assert Dsn(dsn) == Dsn(dsn.url) == dsn
    assert hash(Dsn(dsn)) == hash(dsn)
    assert dsn != URL_TEXT


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda dsn: pickle.loads(pickle.dumps(dsn))])
def test_copies_are_equal(again):
    assert again(Dsn(URL_TEXT)).url.password == PASSWORD


def test_secrets_in_the_query_are_hidden_as_well():
    dsn = Dsn("trino://ada@db.example/memory?access_token=tok-12345&sslmode=require")
    assert "tok-12345" not in str(dsn)
    assert "sslmode=require" in str(dsn)
    assert dsn.is_secret


SECRETS = (
    "aws_secret_access_key",
    "private_key",
    "sslkey",
    "api_key",
    "client_secret",
    "credentials",
    "sig",
    "X-Amz-Signature",
    "motherduck_token",
    "sslpassword",
)


@pytest.mark.parametrize("name", SECRETS)
def test_what_moltres_masks_is_masked(name):
    url = f"duckdb:///x.db?{name}=S3CR3T-Zq9&threads=2"
    dsn = Dsn(url)
    with connect(url) as db:
        assert masked(db.engine.url) == str(dsn)
    assert "S3CR3T" not in str(dsn)
    assert "threads=2" in str(dsn)
    assert dsn.is_secret
    assert "S3CR3T" not in redact("the driver said S3CR3T-Zq9")
    with DAG("secrets", default_args={"dsn": url}), pytest.raises(ConfigurationError, match="has a secret"):
        MoltresQueryOperator(task_id="q", query="SELECT 1")


@pytest.mark.parametrize("uri", ["ftp://etl:S3CR3T@host/stage", "https://host/stage?sig=S3CR3T", "s3://KEY:S3CR3T@b/x"])
def test_a_folder_with_secrets_is_refused(uri):
    with pytest.raises(ConfigurationError, match="stage_uri") as refused:
        MoltresQueryOperator(task_id="q", dsn="sqlite:///x.db", query="SELECT 1", stage_uri=uri)
    assert "S3CR3T" not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://ada@db.example/shop", URL.create("duckdb")])
def test_an_address_without_secrets_is_shown_whole(url):
    assert str(Dsn(url)) == str(url)
    assert not Dsn(url).is_secret


def test_airflow_masks_both_spellings_of_the_password():
    Dsn(URL_TEXT)
    assert (
        redact(f"driver said {PASSWORD} and {URL_TEXT}")
        == "driver said *** and postgresql+psycopg://ada:***@db.example:5432/shop"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no address, hunter2-secret",
        "postgresql://ada:hunter2-secret@db:port/x",
        "postgresql://ada:ab@hunter2-secret@db/x",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(text):
    with pytest.raises(ConfigurationError, match="URL of the database") as refused:
        Dsn(text)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__
