"""OpenAPI: what the API says of itself; clients in other languages are made from it.

    python -m gateway.api.openapi > openapi.json     without a cluster; `vigil openapi` is the same

A call's `operationId` is the name of its function, in camel case (`get_twin`: `getTwin`). It is a
promise, as paths are: clients are called by it. Every refusal is `Problem`, as problem details.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, cast

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute

from gateway.api.models import Problem
from gateway.api.problems import PROBLEM_TYPE

METHODS = frozenset({"get", "put", "post", "patch", "delete"})

PAGES = ("/offers/", "/surveys/", "/unsubscribe/")
"""What a customer's link leads to."""

_UNUSED = ("HTTPValidationError", "ValidationError")
"""What FastAPI would answer to what is not valid; ours is `Problem`."""

TAGS = {
    "twins": "One twin: its state now and at any time, its history, links and commands.",
    "search": "All twins: by their state.",
    "arrangements": "What is arranged, and what would have been had something been otherwise.",
    "bulk": "Many twins at once: one operation, or a table of them.",
    "live": "What changes, as it changes.",
    "cluster": "How the cluster is.",
    "devices": "What devices send.",
    "rules": "Rules: look, try, publish.",
    "policies": "How far supervisors may act, and what that changed.",
    "cases": "What persons have to decide.",
    "persons": "Export and erasure.",
    "access": "Who is signed in, and what lets others in.",
    "engagement": "What was learned of how persons are told best.",
    "customers": "What customers, their calendars and their browsers reach.",
    "channels": "What people write back.",
    "streets": "Streets of a town, and ways over them.",
}
"""Tag -> what its calls are about, in the order of the document."""


def operation_id(route: APIRoute) -> str:
    """The name of a route's function, in camel case."""
    first, *more = route.name.split("_")
    return first + "".join(word.title() for word in more)


def install(app: FastAPI) -> None:
    """Let the document say what FastAPI does not know of."""
    generate: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(generate())
        assert app.openapi_schema is not None, "generating it stores it"
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # an instance's, as FastAPI's guide for extending OpenAPI does it


def _complete(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas.setdefault("Problem", Problem.model_json_schema())
    for name in _UNUSED:
        schemas.pop(name, None)
    for name, path in document["paths"].items():
        for method, operation in path.items():
            if method in METHODS:
                _complete_streams(operation["responses"])
                _complete_refusals(operation["responses"], page=name.startswith(PAGES))
    used = {tag for path in document["paths"].values() for it in path.values() for tag in _tags(it)}
    document["tags"] = [
        {"name": name, "description": text} for name, text in TAGS.items() if name in used
    ]


def _tags(operation: Any) -> list[str]:
    return operation.get("tags", []) if isinstance(operation, dict) else []


def _complete_streams(responses: dict[str, Any]) -> None:
    """Say of streams what 3.1 has words for: `itemSchema` came with 3.2.

    A stream is text; what one event of it holds is the schema of its contents.
    """
    for response in responses.values():
        for media, content in response.get("content", {}).items():
            if content.pop("itemSchema", None) is not None:
                text = {"type": "string", "contentMediaType": media}
                event = content.get("schema")
                content["schema"] = text | ({"contentSchema": event} if event else {})


def _complete_refusals(responses: dict[str, Any], *, page: bool) -> None:
    """Every refusal is problem details; and one that is not named may come, too.

    A customer's page says it in words.
    """
    content: dict[str, Any] = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if page:
        content["text/html"] = {"schema": {"type": "string"}}
    for status, response in responses.items():
        if status[0] in "45":
            response["content"] = content
    responses["default"] = {"description": "Any other refusal", "content": content}


def document() -> dict[str, Any]:
    """The document of an API that serves nothing: it is the same for all."""
    from gateway.api.access import Keys  # noqa: PLC0415 - the application imports this module
    from gateway.api.app import create_app  # noqa: PLC0415 - it imports this module

    class Nothing:
        """A cluster that is never asked."""

        clock = staticmethod(time.time)

    return create_app(cast("Any", Nothing()), Keys("", b"", b"")).openapi()


def text() -> str:
    """The document as JSON, the same bytes for the same API."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
