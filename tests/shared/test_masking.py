"""What is secret in a URL, and that neither the URL nor a message shows it."""

from __future__ import annotations

import re
import time
from urllib.parse import quote, quote_plus

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from support.shared import shared

masking = shared("masking")
SECRET = "S3cr3t"

SECRET_NAMES = [
    "password", "passwd", "pwd", "PWD", "sslpassword", "token", "access_token", "authToken", "authtoken",
    "motherduck_token", "key", "api_key", "apikey", "secret", "aws_secret_access_key", "client_secret", "private_key",
    "sslkey", "credentials", "sig", "signature", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token",
    "X-Goog-Signature", "AWSAccessKeyId", "AccountKey", "account_key", "sas_token", "SharedAccessKey", "passphrase",
    "auth",
]  # fmt: skip
OPEN_NAMES = [
    "sslmode", "application_name", "charset", "keyspace", "keepalives_idle", "monkey", "authenticator", "warehouse",
    "X-Amz-Date", "X-Amz-Expires", "versionId", "compassion", "bypass_cache", "timeout", "options", "region", "design",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize(
    "place", ["duckdb:///x.db", "postgresql://u@h/d", "https://h/u.csv", "s3://b/k", "memory://a/b"]
)
def test_a_parameter_with_such_a_name_is_secret_wherever_it_stands(name: str, place: str) -> None:
    url = f"{place}?{name}={SECRET}"
    assert masking.has_secrets(url)
    assert masking.masked(url) == f"{place}?{name}=***"
    assert masking.secrets_of(url) == (SECRET,)


@pytest.mark.parametrize("name", OPEN_NAMES)
@pytest.mark.parametrize("place", ["duckdb:///x.db", "https://h/u.csv"])
def test_other_parameters_are_shown(name: str, place: str) -> None:
    assert masking.masked(f"{place}?{name}=value") == f"{place}?{name}=value"
    assert not masking.has_secrets(f"{place}?{name}=value")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql+psycopg://etl:{SECRET}@h:1/x", "postgresql+psycopg://etl:***@h:1/x"),
        ("postgresql://etl:e@h/x", "postgresql://etl:***@h/x"),
        ("postgresql://etl:p%40ss%2Fw@h/x", "postgresql://etl:***@h/x"),
        ("postgresql://etl@h/x", "postgresql://etl@h/x"),
        ("sqlite:///folder/file.db", "sqlite:///folder/file.db"),
        ("duckdb:///:memory:", "duckdb:///:memory:"),
        ("folder/file@home.csv", "folder/file@home.csv"),
        ("C:\\data\\file.csv", "C:\\data\\file.csv"),
        (f"s3://user:{SECRET}@bucket/key.csv", "s3://***@bucket/key.csv"),
        (f"https://{SECRET}@host/key.csv", "https://***@host/key.csv"),
        ("s3://bucket/mail/me@home.csv", "s3://bucket/mail/me@home.csv"),
        ("https://host:8080/~me@home/u.csv", "https://host:8080/~me@home/u.csv"),
        (f"https://h/u.csv#access_token={SECRET}", "https://h/u.csv#access_token=***"),
        (f"https://h/u.csv?a=1&sig={SECRET}%2F&b=2", "https://h/u.csv?a=1&sig=***&b=2"),
        (f"simplecache::s3://user:{SECRET}@b/k", "simplecache::s3://***@b/k"),
        (f"zip://in.csv::https://h/a.zip?token={SECRET}", "zip://in.csv::https://h/a.zip?token=***"),
        (f"host=h user=u password={SECRET} dbname=d", "host=h user=u password=*** dbname=d"),
        (f"Server=h;Database=d;Uid=u;Pwd={SECRET};", "Server=h;Database=d;Uid=u;Pwd=***;"),
        (f"etl:{SECRET}@host/key.csv", "etl:***@host/key.csv"),
        (f"//etl:{SECRET}@host/x", "//etl:***@host/x"),
        ("year=2024/key=5/part 1.parquet", "year=2024/key=5/part 1.parquet"),
        (r"C:\d@x\a.csv", r"C:\d@x\a.csv"),
    ],
)  # fmt: skip
def test_a_url_is_masked_by_its_parts(url: str, shown: str) -> None:
    assert masking.masked(url) == shown
    assert masking.masked(masking.masked(url)) == shown


@pytest.mark.parametrize(
    "password", [f"ab@{SECRET}", f"ab/{SECRET}", f"ab:{SECRET}", f"ab@x/{SECRET}", f"a?b@{SECRET}", f"ab#{SECRET}"]
)
@pytest.mark.parametrize(
    "place", ["postgresql://etl:{}@127.0.0.1:1/x", "s3://etl:{}@bucket/x.csv", "ftp://etl:{}@host/x.csv"]
)
def test_no_part_of_an_unquoted_password_is_shown(password: str, place: str) -> None:
    url = place.format(password)
    assert SECRET not in masking.masked(url)
    assert SECRET not in masking.scrubbed(f"could not open {url}", masking.secrets_of(url))


@pytest.mark.parametrize("password", [f"ab@{SECRET}", f"ab@x/{SECRET}"])
def test_what_a_driver_takes_for_the_host_is_part_of_the_password(password: str) -> None:
    url = sa.make_url(f"postgresql://etl:{password}@127.0.0.1:1/x")
    assert SECRET not in masking.masked(url)
    said = f"failed to resolve host '{url.host}'; database \"{url.database}\" does not exist"
    assert SECRET not in masking.scrubbed(said, masking.secrets_of(url))


def test_connection_strings_within_a_url_are_masked() -> None:
    inner = f"DRIVER={{ODBC Driver 18}};SERVER=db;UID=etl;PWD={{{SECRET};x}};Encrypt=yes"
    url = sa.URL.create("mssql+pyodbc", query={"odbc_connect": inner})
    shown = masking.masked(url)
    assert SECRET not in shown
    assert "SERVER" in shown
    assert "Encrypt" in shown
    assert SECRET not in masking.scrubbed(f"[HY000] cannot connect with {inner}", masking.secrets_of(url))


def test_urls_within_a_url_are_masked() -> None:
    url = f"https://proxy/get?url=https%3A%2F%2Fu%3A{SECRET}%40host%2Fx.csv"
    assert SECRET not in masking.masked(url)
    assert "host" in masking.masked(url)
    assert SECRET in masking.secrets_of(url)


@pytest.mark.parametrize(
    "token", ["ghp_" + "a1B2" * 9, "eyJhbGciOiJI.eyJzdWIi.c2ln", "AKIA" + "ABCD1234" * 2, "AIza" + "aB1-_" * 7]
)
def test_known_kinds_of_token_are_secret_whatever_they_are_called(token: str) -> None:
    for url in (f"https://h/x?v={token}", f"postgresql://{token}@h/x", f"https://{token}@h/x"):
        assert token not in masking.masked(url)
        assert masking.has_secrets(url)
    assert masking.scrubbed(f"token {token} was refused") == "token *** was refused"


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("e", 'connection failed: relation "test_orders" does not exist'),
        ("postgres", 'relation "nosuch_postgres_table" does not exist'),
        ("postgres", 'role "postgres" does not exist'),
        ("relation", 'relation "x" does not exist'),
        ("1", "line 1: 11 rows, 1 column"),
        ("n", "n is NULL"),
        ("***", "*** is no name"),
    ],
)
def test_a_common_password_changes_no_message_and_is_not_told_by_it(password: str, message: str) -> None:
    assert masking.scrubbed(message, [password]) == message


@pytest.mark.parametrize("password", ["e", "1", "postgres", "secret", SECRET, "p@ss w/rd", "ä€ß+&%", "it's", 'a"b'])
@pytest.mark.parametrize(
    "said", ["cannot open db://etl:{}@host/x", "password={} was refused", "login with PWD={};", "password: '{}'"]
)  # fmt: skip
def test_a_password_where_a_password_stands_is_masked_whatever_it_is(password: str, said: str) -> None:
    for form in {password, quote(password, safe=""), quote_plus(password)}:
        message = said.format(form)
        assert masking.scrubbed(message, [password]) == said.format("***"), message


@pytest.mark.parametrize("password", [SECRET, "p@ss w/rd", "ä€ß+&%", "correcthorsebatterystaple", "20241125"])
def test_a_distinctive_password_is_masked_anywhere_in_each_of_its_forms(password: str) -> None:
    lower = re.sub("%..", lambda found: found[0].lower(), quote(password, safe=""))
    for form in (password, quote(password, safe=""), quote_plus(password), lower):
        shown = masking.scrubbed(f"the driver says {form}, and stops", [password])
        assert shown == "the driver says ***, and stops"


def test_nothing_is_secret_in_a_name_that_is_no_url() -> None:
    for text in ("", "orders", "a=b", "key=value.csv", "me@home"):
        assert masking.masked(text) == text
        assert masking.secrets_of(text) == ()


def test_options_hold_secrets_too() -> None:
    options = {"key": "AKIA1", "secret": SECRET, "client_kwargs": {"endpoint_url": "http://h", "token": "t0ken-t0ken"}}
    assert set(masking.secrets_of_options(options)) == {"AKIA1", SECRET, "t0ken-t0ken"}


def test_a_url_in_a_message_is_masked_without_being_known() -> None:
    said = f"HTTP 403 for 'https://h/u.csv?X-Amz-Signature={SECRET}&a=1', s3://u:{SECRET}@b/k. See https://docs.org/e?id=4."
    shown = "HTTP 403 for 'https://h/u.csv?X-Amz-Signature=***&a=1', s3://***@b/k. See https://docs.org/e?id=4."
    assert masking.scrubbed(said) == shown
    assert masking.scrubbed("SELECT a::int, b // 2 -- x://") == "SELECT a::int, b // 2 -- x://"
    assert masking.scrubbed(f"no '//u:{SECRET}@h/x', no file:/u:{SECRET}@h") == "no '//u:***@h/x', no file:/u:***@h"


PASSWORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1)
UNQUOTED = st.text(st.sampled_from("abXY01@/:?#&=%+$!.-~::"), min_size=4).map(lambda text: f"Zz9{text}Zz9")


@given(PASSWORDS)
def test_a_quoted_password_is_masked_exactly(password: str) -> None:
    url = sa.URL.create("postgresql", "etl", password, "db.example", 5432, "shop")
    written, shown = url.render_as_string(hide_password=False), "postgresql://etl:***@db.example:5432/shop"
    assert masking.masked(url) == masking.masked(written) == shown
    if password not in shown:
        assert masking.scrubbed(f"cannot open <{written}>", masking.secrets_of(url)) == f"cannot open <{shown}>"
    uri = f"s3://etl:{quote(password, safe='')}@bucket/key.csv?sig={quote_plus(password)}&part=1"
    assert masking.masked(uri) == "s3://***@bucket/key.csv?sig=***&part=1"


@given(UNQUOTED)
def test_an_unquoted_password_is_shown_nowhere(password: str) -> None:
    for written in (f"postgresql://etl:{password}@db.example/shop", f"s3://etl:{password}@bucket/key.csv"):
        assert "Zz9" not in masking.masked(written)
        assert "Zz9" not in masking.scrubbed(f"cannot open {written}", masking.secrets_of(written))


COMMANDS = [
    "curl -u me:{} https://h/x", "curl -sSu 'me:{} x' https://h", "curl --user=me:{} h", "curl -ume:{} h",
    "curl -s 'https://h/a?x=1;b|c' \\\n  -u me:{}", '["curl",\n  "-u", "me:{}"]', "/usr/bin/curl -U p:{} x",
    "x=$(curl -fu me:{} h)", "http -a me:{} GET h", "mysql -u root -p{} db", "mariadb-dump -p'{}' db",
    "tool --api-key {}", "sshpass -p {} ssh x", "docker login -u me -p {} reg", "sqlcmd -S h -U sa -P {}",
    "redis-cli -a {}", "mongosh -u me -p {}",
    "wget --http-password={} h", "tool --db-password '{}'", "curl -H 'Authorization: Bearer {}' h",
    'curl -H "Authorization: Basic {}" h', "curl -H 'X-Api-Key: {}' h", "requests.get(u, auth=('me', '{}'))",
    'HTTPBasicAuth("me", "{}")', '{{"Authorization": "token {}"}}',
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_password_of_a_command_or_header_is_masked_without_being_known(command: str) -> None:
    said = f"Command failed: {command.format(SECRET)}"
    shown = masking.scrubbed(said)
    assert SECRET not in shown
    assert "***" in shown
    assert masking.scrubbed(shown) == shown
    assert any(SECRET in one for one in masking.secrets_in(said))


@pytest.mark.parametrize(
    "text",
    [
        "mkdir -p folder/x1y2", "docker run -p 8080:80 img", "curl -u me https://h", "mysql -u root -p db",
        "id -u me:1a", "docker login -u me --password-stdin", "--password is required", "Give --token, or set TOKEN.",
        "grep -p x1y2", "curl -o out:1.txt h", "mysql -pager=less",
    ],
)  # fmt: skip
def test_a_command_without_a_password_is_shown(text: str) -> None:
    assert masking.scrubbed(text) == text


LONG = f"{SECRET}abcdefgh12345"
WEBHOOKS = [
    "https://hooks.slack.com/services/T00000000/B00000000/{}", "https://hooks.slack.com:443/workflows/T0/A0/1/{}",
    "https://discord.com/api/webhooks/123456789/{}", "https://ptb.discordapp.com/api/v10/webhooks/123/{}/slack",
    "https://acme.webhook.office.com/webhookb2/{}@x/IncomingWebhook/0/y", "https://outlook.office.com/webhook/{}@x/a/b",
    "https://api.telegram.org/bot123:{}/sendMessage", "https://hooks.zapier.com/hooks/catch/123/{}/",
    "https://hook.eu1.make.com/{}", "https://maker.ifttt.com/trigger/ev/with/key/{}", "https://mm.acme.com/hooks/{}",
    "https://rc.acme.com/hooks/abc/{}", "http://h:8080/api/v1/main/executions/webhook/ns/flow/{}",
    "https://n8n.acme.com/webhook/{}", "https://open.feishu.cn/open-apis/bot/v2/hook/{}", "https://hc-ping.com/{}",
]  # fmt: skip


@pytest.mark.parametrize("url", WEBHOOKS)
def test_the_path_of_a_webhook_is_its_secret(url: str) -> None:
    written = url.format(LONG)
    shown = masking.masked(written)
    assert LONG not in shown
    assert masking.masked(shown) == shown
    assert masking.secrets_of(written)
    assert LONG not in masking.scrubbed(f"POST {written}: 404")
    assert LONG not in masking.scrubbed(f"no such path: {written.partition('/')[2]}", masking.secrets_of(written))


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.org/webhooks/how-to-write-a-webhook", "https://h/hooks/users.csv",
        "https://github.com/o/r/blob/main/hooks/pre-commit", "https://discord.com/channels/1/2",
    ],
)  # fmt: skip
def test_a_path_that_only_speaks_of_webhooks_is_shown(url: str) -> None:
    assert masking.masked(url) == url
    assert not masking.has_secrets(url)


@pytest.mark.most_cases(6)
@pytest.mark.parametrize(
    "piece",
    [
        "c",
        "A",
        "a ",
        "a=",
        "eyJ",
        "eyJa.",
        "key",
        "- ",
        "--a ",
        ":/",
        "a:",
        "://",
        "a://b@",
        "u:p@",
        "password ",
        "%20",
        "1a",
        "+",
    ],
)
def test_the_work_grows_with_the_length_and_not_with_its_square(piece: str) -> None:
    """A message may repeat a value of megabytes: a file in base 64 took minutes."""
    text = (piece * 300_000)[:300_000]
    started = time.monotonic()
    masking.scrubbed(text)
    masking.masked(text)
    assert time.monotonic() - started < 20


def test_a_url_behind_a_long_word_is_masked() -> None:
    assert SECRET not in masking.scrubbed(
        "x" * 500 + f"http://u:{SECRET}@h/x " + "y" * 500 + f"password={SECRET}", [SECRET]
    )
