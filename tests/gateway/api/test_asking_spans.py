"""Who is asked for the spans that processes keep, and what is said of those who do not answer."""

from typing import Any
from unittest.mock import MagicMock

import pytest
from msgspec import msgpack

from actors.errors import Unavailable
from actors.telemetry import KeptSpan
from gateway.api import asking_spans


class Member:
    """A process that keeps one span; or that is there and says nothing."""

    def __init__(self, name: str, trouble: Exception | None = None) -> None:
        self.spans = self
        self._name = name
        self._trouble = trouble

    async def remote(self, trace_id: str | None) -> bytes:
        """As its actor answers."""
        if self._trouble is not None:
            raise self._trouble
        kept = KeptSpan(trace_id or "1" * 32, "2" * 16, None, "apply", self._name, 1.0, 2.0, {})
        return msgpack.encode([kept])


@pytest.mark.parametrize("coordinated", [True, False])
async def test_who_does_not_say_its_spans_is_named(
    monkeypatch: pytest.MonkeyPatch, *, coordinated: bool
) -> None:
    """One that hangs, one that is gone and should be there; nobody is left out in silence."""
    actors = {
        "host-0": Member("host-0"),
        "gateway-0": Member("gateway-0", TimeoutError("it hangs")),
        "coordinator": Member("coordinator"),
    }

    def found(name: str, namespace: str) -> Member:
        assert namespace
        if name not in actors:
            raise ValueError(f"no actor {name}")
        return actors[name]

    async def members(_call: Any) -> list[dict[str, Any]]:
        if not coordinated:
            raise Unavailable("no coordinator")
        return [{"owner": "host-0#7"}, {"owner": "host-1#3"}]

    monkeypatch.setattr(asking_spans.ray.util, "list_named_actors", lambda: list(actors))
    monkeypatch.setattr(asking_spans.ray, "get_actor", found)
    monkeypatch.setattr(asking_spans, "coordinator", MagicMock())
    monkeypatch.setattr(asking_spans, "called", members)
    spans, silent = await asking_spans.kept_everywhere("3" * 32)

    assert [("host-0", "3" * 32)] == [(one.process, one.trace_id) for one in spans]
    assert (["gateway-0", "host-1"] if coordinated else ["coordinator", "gateway-0"]) == silent
