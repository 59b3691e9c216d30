"""Rules for tests, as documents."""

from typing import Any


def document(name: str, when: str = "coolant_c > 100", **more: Any) -> dict[str, Any]:
    """A rule of vehicles."""
    return {"rule": name, "kind": "vehicle", "on": "telemetry", "when": when, **more}


def page(name: str, when: str = "coolant_c > 100", **more: Any) -> dict[str, Any]:
    """The same as a page of a rulebook."""
    return {"document": document(name, when, **more)}
