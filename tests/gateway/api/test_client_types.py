"""The client: types shared with the cluster, and nothing of the cluster's weight."""

import subprocess
import sys

import msgspec
from support.fake_services import FakeServices

from actors.state import TwinState
from gateway.api.access import Keys
from gateway.api.app import create_app


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
