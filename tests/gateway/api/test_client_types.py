"""The client: types shared with the cluster, and nothing of the cluster's weight."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import msgspec
from support.fake_services import FakeServices

from actors.state import TwinState
from gateway.api.access import Keys
from gateway.api.app import create_app

ROOT = Path(__file__).parents[3]
HTTP = {"httpx", "httpx2", "requests", "urllib", "urllib3", "aiohttp", "http", "socket"}

BY_ITSELF = {
    "api/client.ts": "the client",
    "api/session.ts": "who signs in has no client yet",
    "live/LiveProvider.tsx": "a stream, whose events are typed",
    "live/feed.ts": "the same",
    "parts/map/useStreets.ts": "a large GeoJSON, which the map reads",
    "views/system/Latency.tsx": "Prometheus' text",
}
"""Files of the console that call by themselves -> why."""


def test_the_client_needs_no_ray() -> None:
    """The command line starts at once: the client brings none of the heavy libraries in."""
    heavy = "{'ray', 'pydantic', 'fastapi', 'nats'}"
    script = f"import sys, gateway.client; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout

    assert "[]\n" == said


def test_the_api_describes_every_field_of_a_state() -> None:
    """What a host answers, a handle gives and the client reads is what OpenAPI says."""
    app = create_app(FakeServices(), Keys("t" * 32, b"d" * 32, b"o" * 32))
    schema = app.openapi()["components"]["schemas"]["TwinState"]
    fields = msgspec.inspect.type_info(TwinState).fields

    assert [field.name for field in fields] == list(schema["properties"])
    assert [field.name for field in fields if field.required] == schema["required"]
    assert "Epoch of the owner that answered." == schema["properties"]["epoch"]["description"]


def test_the_command_line_calls_through_the_client_alone() -> None:
    """Whatever it can do, a program in Python can do by `gateway.client`."""
    imports = {
        path.name: {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            for name in _imported(node)
        }
        for path in (ROOT / "deploy" / "cli").glob("*.py")
    }

    assert len(imports) > 10
    assert {} == {name: found & HTTP for name, found in imports.items() if found & HTTP}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_the_console_calls_through_the_generated_client() -> None:
    """But for what that can't read: a stream, and pieces of the map; and what signs in."""
    calls = re.compile(r"""\bfetch\(|["'`]/v1/""")
    typed = re.compile(r"""\bapi\.(GET|POST|PUT|PATCH|DELETE)\(\s*["']/v1/""")
    source = ROOT / "gateway" / "console" / "src"
    found = set()
    for path in [*source.rglob("*.ts"), *source.rglob("*.tsx")]:
        if ".test." in path.name or path.name == "schema.d.ts":
            continue
        if calls.search(typed.sub("", path.read_text("utf-8"))):
            found.add(path.relative_to(source).as_posix())

    assert BY_ITSELF.keys() == found
