"""What a test server of Trino needs to ask who comes: a certificate, users with passwords, a key for tokens.

https://trino.io/docs/current/security/password-file.html and https://trino.io/docs/current/security/jwt.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Secured", "secured"]

_ROUNDS = 1000


@dataclass(frozen=True)
class Secured:
    """The port of a server that asks who comes; the one without TLS beside it asks nobody.

    Attributes:
        port: Where it listens.
        certificate: The file with its certificate, which nobody has signed.
        user: A user.
        password: Their password.
        key: Of the tokens.
    """

    port: int
    certificate: Path
    user: str
    password: str
    key: bytes

    def token(self, user: str | None = None) -> str:
        """A token of a user, as RFC 7519 has it."""
        said = [{"alg": "HS256", "typ": "JWT"}, {"sub": user or self.user}]
        head = b".".join(_base64(json.dumps(one).encode()) for one in said)
        return (head + b"." + _base64(hmac.digest(self.key, head, "sha256"))).decode()


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def secured(folder: Path, port: int) -> tuple[Secured, dict[str, object]]:
    """Make the files of a server.

    Args:
        folder: Where they are put.
        port: Where the server is to listen.

    Returns:
        What a client needs, and the properties of the server.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate, pair = folder / "certificate.pem", folder / "server.pem"
    key = folder / "key.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    kind = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    command = f"openssl req -x509 {kind} -days 2 -subj /CN=localhost -addext {names}"
    subprocess.run([*command.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    pair.write_text(key.read_text() + certificate.read_text())
    # With characters that a URL must quote.
    made = Secured(port, certificate, "reader", f"p@ss/{secrets.token_hex(8)}:%é", secrets.token_bytes(32))
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha1", made.password.encode(), salt, _ROUNDS)  # as the server computes it
    (folder / "passwords").write_text(f"{made.user}:{_ROUNDS}:{salt.hex()}:{digest.hex()}\n")
    (folder / "jwt.key").write_bytes(base64.b64encode(made.key))
    authenticator = folder / "password-authenticator.properties"
    authenticator.write_text(f"password-authenticator.name=file\nfile.password-file={folder / 'passwords'}\n")
    return made, {
        "http-server.https.enabled": "true",
        "http-server.https.port": port,
        "http-server.https.keystore.path": pair,
        "http-server.authentication.type": "PASSWORD,JWT",
        "http-server.authentication.allow-insecure-over-http": "true",
        "http-server.authentication.jwt.key-file": folder / "jwt.key",
        "password-authenticator.config-files": authenticator,
        "internal-communication.shared-secret": secrets.token_hex(32),
    }
