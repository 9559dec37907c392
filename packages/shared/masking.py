"""What is secret in a URL, and how it is hidden: the one decision of all packages.

Secret are the password, query parameters whose names speak of keys, tokens, passwords, credentials or signatures,
values that are known kinds of token, the paths of webhooks, and the same inside nested URLs and connection strings. In
URIs of files the whole user part is secret, because a user without a password is a token there. In messages, passwords
of commands and headers are secret, too (`secret_forms`).

A URL is masked by its parts. A message, in which a driver may repeat parts of a URL, is masked by whole words: a
secret that stands where a password stands (``:secret@``, ``password=secret``) always goes; elsewhere only one that
cannot be a word of the message, because ``***`` for a common word would spoil the message and tell the password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike, fspath
from typing import Final, TypeAlias
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .secret_forms import TOKEN, in_text, of_path

__all__ = [
    "MASK",
    "as_meant",
    "has_secrets",
    "is_secret_name",
    "masked",
    "scrubbed",
    "secrets_in",
    "secrets_of",
    "secrets_of_options",
    "stored_problems",
]

MASK: Final = "***"
"""What stands in the place of a secret."""

Source: TypeAlias = "str | PathLike[str] | URL"

_WORDS = frozenset({
    "pass", "password", "passwd", "passphrase", "passcode", "pwd", "pw", "secret", "secrets", "token", "tokens", "key",
    "keys", "apikey", "credential", "credentials", "creds", "signature", "sig", "sas", "jwt", "bearer", "authorization",
})  # fmt: skip
_PARTS = (
    "password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "accountkey", "privatekey",
    "sharedkey", "masterkey", "sslkey", "keydata", "credential", "signature", "connectionstring",
)  # fmt: skip
_NAMES = frozenset({"auth", "p", "sslpwd", "accountpwd", "http_headers"})
_CONNECTION_STRINGS = frozenset({"odbc_connect", "conninfo", "dsn", "connect_string"})

# Schemes and names have an end, or a long string without blanks (a file in base 64) would take a square of its length.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,60}://")
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,60}://[^\s'\"<>`]*[^\s'\"<>`.,;:!?(){}\[\]]")
#: A URL that was taken for a path, which has one slash where two were, or only the two slashes.
_AS_PATH = re.compile(r"(?<=:/)([^\s/:@'\"]*):[^\s/'\"]+@|(?<![\w:/])(//[^\s/:@'\"]*):[^\s/'\"]+@")
#: A URL that was written without its scheme.
_WITHOUT_SCHEME = re.compile(r"^((?://)?[^\s/\\:@'\"]+):[^\s/\\'\"]+@")
_CHAIN = re.compile(r"::(?=[A-Za-z][A-Za-z0-9+.\-]{0,60}://)")
_PAIR = re.compile(
    r"(?P<name>[A-Za-z][\w .\-]{0,60}?)\s*=\s*(?P<value>\{(?:[^}]|\}\})*\}|'(?:[^'\\]|\\.)*'|\"[^\"]*\"|[^;&\s]*)"
)
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def is_secret_name(name: str) -> bool:
    """Whether a parameter of this name holds a secret: ``password``, ``sslkey``, ``X-Amz-Signature``, ``authToken``."""
    words = {word.lower() for word in _BETWEEN_WORDS.split(name) if word}
    joined = re.sub(r"[^a-z0-9]", "", name.lower())
    return name.lower() in _NAMES or not words.isdisjoint(_WORDS) or any(part in joined for part in _PARTS)


def masked(source: Source) -> str:
    """A URL of a database or a URI of a file with ``***`` for each secret; a path as it is.

    Args:
        source: A SQLAlchemy URL, or a string. In a string, several URIs may be chained by ``::``, as fsspec does; one
            without any may be a connection string.
    """
    if isinstance(source, URL):
        return _masked_url(source)
    text = fspath(source)
    if _URI.search(text) is None:
        return _masked_words(text)
    url = _database_url(text)
    return _masked_url(url) if url is not None else "::".join(map(_masked_uri, _CHAIN.split(text)))


def _masked_words(text: str) -> str:
    """A path as it is; a connection string (``host=h password=s``, ``Pwd=s;``), or ``user:s@host``, without secrets."""
    # One pair alone may be a folder of partitions: key=5/part.parquet.
    if sum(1 for _ in _PAIR.finditer(text)) > 1:
        text = _PAIR.sub(_masked_pair, text)
    return _WITHOUT_SCHEME.sub(rf"\1:{MASK}@", text)


def secrets_of(source: Source) -> tuple[str, ...]:
    """Every secret of a URL or URI as it was written and as it is meant, the longest first."""
    if isinstance(source, URL):
        found = set(_of_url(source))
    else:
        text = fspath(source)
        url = _database_url(text)
        parts = () if _URI.search(text) is None else _CHAIN.split(text)
        found = set(_of_url(url)) if url is not None else {one for part in parts for one in _of_uri(part)}
    return tuple(sorted(found - {""}, key=lambda one: (-len(one), one)))


def has_secrets(source: Source) -> bool:
    """Whether a URL or URI holds anything that must not be shown or stored."""
    return bool(secrets_of(source))


def scrubbed(text: str, secrets: Iterable[str] = ()) -> str:
    """A message without secrets that it may repeat, in any of the forms that URLs write them in.

    URLs in the message are masked by their parts, whatever is known of them; so are commands and headers.

    Args:
        text: The message.
        secrets: What `secrets_of` found.
    """
    for secret in sorted({*secrets} - {""}, key=len, reverse=True):
        for form in sorted(_forms(secret), key=len, reverse=True):
            text = _without(text, form, distinctive=_is_distinctive(secret))
    text = _IN_TEXT.sub(lambda found: masked(found[0]), text)
    return _without_forms(_AS_PATH.sub(lambda found: f"{found[1] or found[2] or ''}:{MASK}@", text))


def secrets_in(text: str) -> tuple[str, ...]:
    """Every secret of a string that `scrubbed` knows without being told, but for those of its URLs."""
    return tuple(text[one.start : one.end] for one in in_text(text))


def _without_forms(text: str) -> str:
    end = len(text)
    for one in sorted(in_text(text), key=lambda one: one.end, reverse=True):
        if one.end <= end and (one.is_sure or _is_distinctive(text[one.start : one.end])):
            text, end = f"{text[: one.start]}{MASK}{text[one.end :]}", one.start
    return text


def stored_problems(name: str, given: object) -> Iterator[str]:
    """The problem with an identity that is stored and shown, such as a run's, if it holds a secret."""
    if isinstance(given, str) and (shown := scrubbed(given)) != given:
        yield f"{name} must hold no secret, since it is stored and shown: {shown!r}."


def _without(text: str, form: str, *, distinctive: bool) -> str:
    if form not in text:
        return text
    exact = re.escape(form)
    before = r"(?<![A-Za-z0-9_])" if _is_word(form[0]) else ""
    after = r"(?![A-Za-z0-9_])" if _is_word(form[-1]) else ""
    if distinctive:
        # A long one goes also where it touches letters, as in %20secret.
        return re.sub(exact if len(form) >= 8 else f"{before}{exact}{after}", MASK, text)
    text = re.sub(rf"(?<=[:/]){exact}(?=@)|{before}{exact}(?=@[\w\[])", MASK, text)

    def hidden(match: re.Match[str]) -> str:
        return f"{match[1]}{MASK}" if is_secret_name(match["name"]) else match[0]

    named = rf"((?P<name>[A-Za-z][\w\-]{{0,60}})[\"']?\s*(?:=|: )\s*[\"'{{]?){exact}{after}"
    return re.sub(named, hidden, text)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_distinctive(secret: str) -> bool:
    """Whether a secret cannot be a word or a number that a message holds for another reason."""
    if len(secret) >= 16:
        return True
    letters = any(character.isalpha() for character in secret)
    others = any(not character.isalpha() for character in secret)
    if letters and others:
        return len(secret) >= 4
    if letters:
        return len(secret) >= 6 and not (secret.islower() or secret.isupper() or secret.istitle())
    return len(secret) >= 8


def _forms(secret: str) -> set[str]:
    quoted = {quote(secret, safe=""), quote_plus(secret), quote(secret), quote(secret, safe=" +")}
    lowered = {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in quoted}
    return {secret, *quoted, *lowered, repr(secret)[1:-1]}


# URLs of databases


def _database_url(text: str) -> URL | None:
    """The text as the URL of a database, or None if it is the URI of a file or cannot be read."""
    if _CHAIN.search(text):
        return None
    try:
        url = make_url(text)
        if url.get_backend_name() in _FILE_SCHEMES:
            return None
    except (ArgumentError, ValueError):
        return None
    return url


_FILE_SCHEMES = frozenset({
    "file", "s3", "s3a", "s3n", "gs", "gcs", "abfs", "abfss", "az", "adl", "wasb", "wasbs", "http", "https", "ftp",
    "ftps", "sftp", "ssh", "hdfs", "webhdfs", "memory", "kestra", "nsfile", "oci", "r2", "hf", "github", "smb",
    "dropbox", "oss", "cos",
})  # fmt: skip


def _masked_url(url: URL) -> str:
    url = as_meant(url)
    if url.username is not None and TOKEN.fullmatch(url.username):
        url = url.set(username=MASK)
    if _query_may_be_password(url):
        url = url.set(query={})
    hidden: dict[str, str | list[str]] = {}
    for name, value in url.query.items():
        values = [value] if isinstance(value, str) else list(value)
        shown = [_masked_value(name, one) for one in values]
        if shown != values:
            hidden[name] = shown[0] if isinstance(value, str) else shown
    text = url.update_query_dict(hidden).render_as_string(hide_password=True)
    # The placeholder needs no quoting, whatever the URL quotes.
    return text.replace(quote(MASK, safe=""), MASK).replace("%3Amemory%3A", ":memory:")


def as_meant(url: URL) -> URL:
    """The URL as it was meant, if its password holds an unquoted ``@``, which SQLAlchemy takes for the end of it.

    Args:
        url: What SQLAlchemy read from a string.

    Returns:
        The same URL if no ``@`` is left in its host and database, or, without a database, in its query.
    """
    place = (url.host or "") + ("" if url.port is None else f":{url.port}")
    place += f"/{url.database}" if url.database else "".join(f"?{one}" for one in _query(url))
    if url.password is None or "@" not in place:
        return url
    rest, _, place = place.rpartition("@")
    host, slash, database = place.partition("?")[0].partition("/")
    query = url.query if url.database else {}
    secret = f"{url.password}@{rest}"
    return URL.create(url.drivername, url.username, secret, host or None, None, database if slash else None, query)


def _query(url: URL) -> list[str]:
    return [f"{name}={value}" for name, values in url.normalized_query.items() for value in values]


def _query_may_be_password(url: URL) -> bool:
    """Whether the query may be the end of a password with an unquoted ``@``, ``/`` and ``?``."""
    return url.password is not None and any("@" in one for one in _query(url))


def _of_url(url: URL) -> Iterator[str]:
    meant = as_meant(url)
    for one in (url, meant):
        if one.password:
            yield str(one.password)
    if _query_may_be_password(url):
        yield from (part for one in _query(url) for part in re.split("[@/:=]", one))
    if meant is not url:
        # The driver sees the rest of the password as host and database, and says so.
        yield from re.split("[@/:]", str(meant.password))
        yield str(meant.password).partition("@")[2]
    if url.username is not None and TOKEN.fullmatch(url.username):
        yield url.username
    for name, value in url.query.items():
        for item in [value] if isinstance(value, str) else value:
            yield from _of_value(name, item)


# URIs of files


def _split(uri: str) -> tuple[str, str, str, str]:
    """Scheme with ``://``, user part, the rest, and what begins with ``?`` or ``#``."""
    scheme, separator, rest = uri.partition("://")
    start = re.split("[/?#@]", rest, maxsplit=1)[0]
    user, place = "", rest
    if ":" in start and not (scheme in {"http", "https"} and _has_port(start) and not rest.startswith(f"{start}@")):
        user, _, place = rest.rpartition("@")  # a password may hold anything: rather too much is hidden
    elif rest.startswith(f"{start}@"):
        user, _, place = rest.partition("@")
    end = re.search("[?#]", place)
    position = len(place) if end is None else end.start()
    return scheme + separator, user, place[:position], place[position:]


def _has_port(authority: str) -> bool:
    return authority.rpartition(":")[2].isdigit() or authority.endswith("]")


def _masked_uri(uri: str) -> str:
    if _URI.match(uri) is None:
        return uri
    scheme, user, place, query = _split(uri)
    hidden = of_path(place)
    if hidden is not None:
        place = f"{place[: hidden[0]]}{MASK}{place[hidden[1] :]}"
    return f"{scheme}{f'{MASK}@' if user else ''}{place}{_masked_query(query)}"


def _masked_query(query: str) -> str:
    pieces = []
    for piece in re.split(r"([?#&;])", query):
        name, separator, value = piece.partition("=")
        plain = unquote_plus(value)
        shown = _masked_value(unquote_plus(name), plain) if separator else piece
        pieces.append(piece if not separator or shown == plain else f"{name}={shown}")
    return "".join(pieces)


def _of_uri(uri: str) -> Iterator[str]:
    if _URI.match(uri) is None:
        return
    _, user, place, query = _split(uri)
    hidden = of_path(place)
    if hidden is not None:
        path = place[slice(*hidden)]
        # Whoever takes the path apart may show the part that nobody can guess.
        yield from {path, unquote(path), *(part for part in path.split("/") if len(part) >= 16)}
    if user:
        parts = {user, *re.split("[@/:]", user)}
        password = user.partition(":")[2]
        for one in parts | {password}:
            yield one
            yield unquote(one)
    for piece in re.split("[?#&;]", query):
        name, separator, value = piece.partition("=")
        if separator:
            found = list(_of_value(unquote_plus(name), unquote_plus(value)))
            yield from found
            if unquote_plus(value) in found:
                yield value


# Values of parameters, which may be URLs and connection strings themselves


def _masked_value(name: str, value: str) -> str:
    if not value:
        return value
    if is_secret_name(name) or TOKEN.fullmatch(value):
        return MASK
    if _URI.search(value):
        return masked(value)
    if name.lower() in _CONNECTION_STRINGS or _PAIR.search(value):
        return _PAIR.sub(_masked_pair, value)
    return value


def _masked_pair(pair: re.Match[str]) -> str:
    if not pair["value"] or not is_secret_name(pair["name"].strip()):
        return pair[0]
    return f"{pair[0][: pair.start('value') - pair.start()]}{MASK}"


def _of_value(name: str, value: str) -> Iterator[str]:
    if is_secret_name(name) or TOKEN.fullmatch(value):
        yield value
        return
    if _URI.search(value):
        yield from secrets_of(value)
        return
    for pair in _PAIR.finditer(value):
        if is_secret_name(pair["name"].strip()):
            yield pair["value"]
            yield pair["value"].strip("{}'\"")


def secrets_of_options(options: Mapping[str, object]) -> tuple[str, ...]:
    """The secrets among the options of a file system or an engine, nested mappings included."""
    found: set[str] = set()
    for name, value in options.items():
        if isinstance(value, Mapping):
            found.update(secrets_of_options(value))
        elif isinstance(value, str) and value:
            found.update(_of_value(str(name), value))
    return tuple(sorted(found - {""}, key=lambda one: (-len(one), one)))
