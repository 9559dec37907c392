"""A Trino server with an Iceberg catalog for a program that is no test: ``python -m support.serve_trino``.

Prints one line of JSON, the URL of an empty schema and a folder that server and program reach with what the
server calls it, and runs until its input
ends. Then nothing of it is left.
"""

from __future__ import annotations

import json
import sys

from support.postgresql import postgresql_server
from support.trino import trino_server


def main() -> None:
    with postgresql_server() as postgresql, postgresql.empty() as catalog, trino_server(catalog) as server:
        stage = server.folder / "stage"
        stage.mkdir()
        with server.schema("iceberg") as url:
            said = {
                "dsn": url.render_as_string(hide_password=False),
                "stage": str(stage),
                "location": f"local://{stage}",
            }
            print(json.dumps(said), flush=True)  # noqa: T201 - what it is for
            sys.stdin.read()


if __name__ == "__main__":
    main()
