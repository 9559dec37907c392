"""The engine of an Airflow connection of the type ``trino``, with or without the provider package of that name.

The parts of the connection mean what they mean to the hook of the provider: the schema is a schema, the catalog is in
the extra, and so is how the user shows who they are. The hook itself writes none of it into its URL.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL

from moltres.errors import ConfigurationError, MissingDependencyError, closest, refuse
from moltres.task import make_engine, name_queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Engine

    from moltres.task import Run

_KERBEROS: Final = {
    "config": "KRB5_CONFIG", "service_name": None, "mutual_authentication": None, "force_preemptive": None,
    "hostname_override": None, "sanitize_mutual_error_response": None, "principal": None, "delegate": None,
    "ca_bundle": None,
}  # fmt: skip
_KERBEROS_FLAGS: Final = {"mutual_authentication": False, "force_preemptive": False, "delegate": False,
                          "sanitize_mutual_error_response": True}  # fmt: skip
_DRIVER: Final = frozenset(
    {"client_tags", "extra_credential", "roles", "session_properties", "source", "timezone", "verify"}
)
_KNOWN: Final = frozenset({
    "auth", "catalog", "certs__client_cert_path", "certs__client_key_path", "connect_args", "impersonate_as_owner",
    "isolation_level", "jwt__file", "jwt__token", "protocol", *_DRIVER, *(f"kerberos__{name}" for name in _KERBEROS),
})  # fmt: skip
_METHODS: Final = ("certs", "jwt", "kerberos")
_CATALOG: Final = "hive"
"""What the hook takes where the extra names none."""


def engine_of_trino(connection: Any, conn_id: str, run: Run | None) -> Engine:
    """The engine of a connection.

    Args:
        connection: The connection of Airflow.
        conn_id: Its name, for messages.
        run: What the queries name as their run.

    Raises:
        ConfigurationError: If something in the connection cannot be honoured; all problems at once.
    """
    extra: Mapping[str, Any] = connection.extra_dejson
    refuse(_problems(connection, extra), f"The connection {conn_id!r} cannot be used", always_headed=True)
    given: dict[str, Any] = {name: extra[name] for name in _DRIVER if extra.get(name)}
    given |= {"verify": _flag(extra.get("verify", True)), "http_scheme": extra.get("protocol", "http")}
    given |= extra.get("connect_args") or {}
    if extra.get("auth"):
        given["auth"] = _authentication(extra)
    user = connection.login
    if _flag(extra.get("impersonate_as_owner", False)):
        user = os.environ.get("AIRFLOW_CTX_DAG_OWNER") or user
        if connection.password:
            given["auth"] = _driver().BasicAuthentication(connection.login, connection.password)
    catalog = extra.get("catalog", _CATALOG)
    place = f"{catalog}/{connection.schema}" if connection.schema else str(catalog)
    url = URL.create("trino", user, connection.password or None, connection.host, connection.port, place)
    if given["http_scheme"] == "https":
        url = url.update_query_dict({"http_scheme": "https"})  # so that lineage knows the port that is meant
    engine = make_engine(url, {"connect_args": given})
    name_queries(engine, run)
    return engine


def _driver() -> Any:
    try:
        return import_module("trino.auth")
    except ImportError as error:
        raise MissingDependencyError.extra("moltres-core", "trino", "A connection of the type trino") from error


def _problems(connection: Any, extra: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(set(extra) - _KNOWN):
        near = closest(name, _KNOWN)
        yield f"Its extra has {name!r}, which is not known." + (f" Did you mean {near!r}?" if near else "")
    yield from _of_user(connection, extra, extra.get("auth"))
    if str(extra.get("isolation_level", "AUTOCOMMIT")).upper() != "AUTOCOMMIT":
        yield "isolation_level in its extra has no use: each statement is a commit of its own."
    if extra.get("protocol", "http") not in ("http", "https"):
        yield f"protocol in its extra is {extra['protocol']!r}, and must be http or https."
    if not connection.host:
        yield "It names no host."


def _of_user(connection: Any, extra: Mapping[str, Any], method: Any) -> Iterator[str]:
    if method is not None and method not in _METHODS:
        yield f"auth in its extra is {method!r}, and must be one of {', '.join(_METHODS)}."
    elif method is not None and connection.password:
        yield f"It has a password, and auth {method!r} in its extra: give one of them."
    if connection.password and not connection.login:
        yield "It has a password without a login."
    if method == "jwt" and ("jwt__file" in extra) == ("jwt__token" in extra):
        yield "auth 'jwt' needs one of jwt__file and jwt__token in its extra."
    if method == "certs" and not {"certs__client_cert_path", "certs__client_key_path"} <= set(extra):
        yield "auth 'certs' needs certs__client_cert_path and certs__client_key_path in its extra."
    if extra.get("protocol", "http") == "http" and (method is not None or connection.password):
        yield "protocol in its extra must be https, because the user shows who they are."


def _authentication(extra: Mapping[str, Any]) -> Any:
    method = extra["auth"]
    if method == "certs":
        return _driver().CertificateAuthentication(extra["certs__client_cert_path"], extra["certs__client_key_path"])
    if method == "jwt":
        return _driver().JWTAuthentication(_token(extra))
    options = {name: extra.get(f"kerberos__{name}") for name in _KERBEROS}
    options |= {name: _flag(extra.get(f"kerberos__{name}", default)) for name, default in _KERBEROS_FLAGS.items()}
    options["config"] = options["config"] or os.environ.get("KRB5_CONFIG")
    return _driver().KerberosAuthentication(**options)


def _token(extra: Mapping[str, Any]) -> str:
    if "jwt__token" in extra:
        return str(extra["jwt__token"])
    try:
        return Path(extra["jwt__file"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"The file of jwt__file cannot be read: {error.strerror}.") from None


def _flag(value: Any) -> Any:
    """A flag that may be written as a string, as the hook reads it."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value
