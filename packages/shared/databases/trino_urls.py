"""What the URL of a Trino says: whether TLS is used, the parameters of its driver, and which run its queries belong to.

The driver takes a parameter that it does not know for nothing, and some as JSON; here all are known or refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError

from ..masking import scrubbed, secrets_of
from ..problems import InvalidURLError
from ..wording import question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Engine

__all__ = ["Run", "connect_as_meant", "name_queries", "named_text", "port_of", "prepared", "shows_runs"]

_HTTP: Final = 8080
_HTTPS: Final = 443
_DEFAULT_SOURCE: Final = "trino-sqlalchemy"
"""What the driver's dialect says if the URL says nothing."""

_TEXTS: Final = frozenset({"access_token", "cert", "connect_timeout", "externalAuthentication", "key", "source"})
_SCHEMES: Final = ("http", "https")
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]*")
_TAG: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]+")


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_verify(value: object) -> bool:
    return isinstance(value, bool | str)


def _are_tags(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and _TAG.fullmatch(one) for one in value)


def _are_pairs(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) == 2 and all(isinstance(part, str) for part in one) for one in value
    )


#: Parameters in JSON: whether a value is one, and what it must be.
_JSON: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "allow_insecure_auth": (_is_flag, "true or false"),
    "client_tags": (_are_tags, 'a list of strings without blanks and commas, as ["nightly"]'),
    "extra_credential": (_are_pairs, 'a list of pairs, as [["name", "value"]]'),
    "http_headers": (_is_object, 'an object, as {"X-Name": "value"}'),
    "legacy_prepared_statements": (_is_flag, "true or false"),
    "legacy_primitive_types": (_is_flag, "true or false"),
    "roles": (_is_object, 'an object, as {"system": "analyst"}'),
    "session_properties": (_is_object, 'an object, as {"query_max_run_time": "1h"}'),
    "verify": (_is_verify, "true, false, or the path of a file with certificates"),
}
_KNOWN: Final = sorted({*_TEXTS, *_JSON, "http_scheme"})


def prepared(url: URL, options: Mapping[str, Any]) -> tuple[URL, dict[str, Any]]:
    """The URL as the driver's dialect reads it, and the options of the engine.

    TLS is used where the URL says so (``http_scheme=https``), where its port is 443, and where it has a password, a
    token or a certificate: they never travel unencrypted, unless ``http_scheme=http`` or ``allow_insecure_auth`` says
    so (https://trino.io/docs/current/security/authentication-types.html).

    Args:
        url: The URL.
        options: Arguments of ``create_engine``; what its ``connect_args`` say holds against the URL.

    Raises:
        InvalidURLError: If a parameter is not known or cannot be read; all problems at once, no value is repeated.
    """
    read: dict[str, Any] = {}
    problems = [*_problems(url, read)]
    if problems:
        raise InvalidURLError(
            f"The URL of Trino cannot be used: {' '.join(problems)}",
            suggestion=f"It takes {', '.join(_KNOWN)}.",
        )
    url = url.update_query_dict({name: json.dumps(value) for name, value in read.items()})
    given = dict(options.get("connect_args") or {})
    if "http_scheme" not in given:
        scheme = url.query.get("http_scheme")
        insecure = given.get("allow_insecure_auth", read.get("allow_insecure_auth", False))
        if scheme is None and _identifies(url, given) and not insecure:
            scheme = "https"
        if scheme is not None:
            given["http_scheme"] = scheme
    return url, {**options, "connect_args": given} if given else dict(options)


def shows_runs(of: URL | Engine) -> bool:
    """Whether the server that a URL or an engine names shows which run a query belongs to."""
    return (of.get_backend_name() if isinstance(of, URL) else of.dialect.name) == "trino"


def connect_as_meant(engine: Engine) -> None:
    """Let the connections of an engine do what its URL says, whatever the environment and the last failure.

    Only Trino's driver needs it.

    ``verify`` holds, where requests would take ``REQUESTS_CA_BUNDLE`` in place of a session's own. Values travel in the
    statement: the driver asks the server first whether it can, takes any failure for a no, and then sends whole
    statements as headers, for an hour (``legacy_prepared_statements``, which servers before Trino 418 need).

    Args:
        engine: The engine, which nobody has connected yet.
    """
    if not shows_runs(engine):
        return

    def connect(_dialect: object, _record: object, _given: list[Any], options: dict[str, Any]) -> None:
        options.setdefault("legacy_prepared_statements", False)
        verify = options.get("verify", True)
        if verify is not True and options.get("http_session") is None:
            options["http_session"] = _session(verify)

    event.listen(engine, "do_connect", connect)


def _session(verify: object) -> Any:
    session: Any = import_module("requests").Session()
    merged = session.merge_environment_settings

    def settings(url: Any, proxies: Any, stream: Any, given: Any, cert: Any) -> Any:
        return merged(url, proxies, stream, verify if given is None else given, cert)

    session.verify, session.merge_environment_settings = verify, settings
    return session


def _problems(url: URL, read: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a URL; what its parameters say in JSON is added to a dictionary."""
    for name, value in url.query.items():
        if name not in _KNOWN:
            yield f"{name} is no parameter of Trino.{question(name, _KNOWN)}"
        elif not isinstance(value, str):
            yield f"{name} is there several times."
        elif name in _JSON:
            read[name] = _read(name, value)
            yield from _problems_of(name, read[name])
        elif not _PRINTABLE.fullmatch(value):
            yield f"{name} must be printable ASCII."
        elif name == "http_scheme" and value not in _SCHEMES:
            yield "http_scheme must be http or https."
    if ("cert" in url.query) != ("key" in url.query):
        yield "cert and key go together."
    if url.password and not url.username:
        yield "A password needs a user."
    if not all(_is_latin(part) for part in (url.username, url.password)):
        yield "Its user and password must be characters of ISO 8859-1, which HTTP can send."


def _problems_of(name: str, value: Any) -> Iterator[str]:
    fits, expected = _JSON[name]
    if not fits(value):
        yield f"{name} must be JSON: {expected}."
    elif name == "verify" and isinstance(value, str) and not Path(value).exists():
        yield "verify names a file that does not exist."


def _is_latin(text: object) -> bool:
    try:
        str(text or "").encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _read(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        # A path is no JSON, and nobody would write it so.
        return value if name == "verify" and value.strip() else None


def _identifies(url: URL, given: Mapping[str, Any]) -> bool:
    """Whether the client shows who it is."""
    return bool(url.password) or given.get("auth") is not None or not {"access_token", "cert"}.isdisjoint(url.query)


def port_of(url: URL) -> int:
    """The port that a URL of Trino means."""
    if url.port is not None:
        return url.port
    scheme = url.query.get("http_scheme") or ("https" if _identifies(url, {}) else "http")
    return _HTTPS if scheme == "https" else _HTTP


@dataclass(frozen=True)
class Run:
    """A run of an orchestrator, as its queries are to name it.

    Attributes:
        orchestrator: ``airflow``, ``prefect`` or ``kestra``.
        parts: What it calls the run, from the outside in: the workflow, the task, the run.
    """

    orchestrator: str
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """What stands in the column ``source`` of ``system.runtime.queries``."""
        return "/".join(_plain(part) for part in (self.orchestrator, *self.parts.values()))

    @property
    def tags(self) -> list[str]:
        """Client tags, for resource groups and event listeners."""
        return [_plain(self.orchestrator), *(f"{name}={_plain(value)}" for name, value in self.parts.items())]


def named_text(url: str, run: Run | None) -> str:
    """The URL of a database, with the name of a run in it, where the server shows it; others as they are.

    A ``source`` of the URL's own stays; its client tags are kept beside those of the run. What is secret in the URL is
    not in the name. A URL that cannot be read is left as it is, and refused when it is used.

    Args:
        url: The URL.
        run: The run; None if there is none.
    """
    if run is None:
        return url
    try:
        parsed = make_url(url)
        if not shows_runs(parsed):
            return url
        tags = json.loads(str(parsed.query.get("client_tags", "[]")))
    except (ArgumentError, ValueError):
        return url
    options = _options({"source": parsed.query.get("source"), "client_tags": tags}, run, secrets_of(parsed))
    changed = {"source": options["source"], "client_tags": json.dumps(options["client_tags"])}
    return parsed.update_query_dict(changed).render_as_string(hide_password=False)


def name_queries(engine: Engine, run: Run | None) -> None:
    """Let the queries of an engine that nobody has connected yet name a run, where the server shows it.

    Args:
        engine: The engine.
        run: The run; None if there is none.
    """
    if run is None or not shows_runs(engine):
        return

    def connect(_dialect: object, _record: object, _given: list[Any], options: dict[str, Any]) -> None:
        options |= _options(options, run, secrets_of(engine.url))

    event.listen(engine, "do_connect", connect)


def _options(given: Mapping[str, Any], run: Run, secrets: tuple[str, ...]) -> dict[str, Any]:
    """The arguments ``source`` and ``client_tags`` of the driver, with the run among them."""
    tags = list(dict.fromkeys([*(given.get("client_tags") or ()), *(scrubbed(tag, secrets) for tag in run.tags)]))
    own = given.get("source") not in (None, _DEFAULT_SOURCE)
    return {"source": given["source"] if own else scrubbed(run.source, secrets), "client_tags": tags}


def _plain(text: str) -> str:
    """Text as a header of HTTP can have it, in one client tag."""
    return quote(text, safe="!#$&'()*+-./:;<=>?@[]^_`{|}~")
