"""Handles and the router, without Ray's processes: who is asked, how often, and what is raised."""

import asyncio
from typing import Any

import pytest
import ray
from msgspec import json, msgpack
from nats.aio.client import Client
from nats.aio.msg import Msg

import actors.log
import actors.router
from actors.connection import NatsAddress
from actors.errors import AskFailed, AskUnknown, LogError, NotOwner, Unavailable
from actors.handle import router_name, twin
from actors.router import Router
from actors.state import TwinState
from actors.store.base import Ownership
from actors.telemetry import Telemetry
from gateway.server import NatsServer
from twins.errors import BadTwinId, UnknownKind

PlainRouter: Any = Router.__ray_metadata__.modified_class  # type: ignore[attr-defined]  # the class that Ray wraps

SNAPSHOT = TwinState("probe/p1", "probe", 2, 4, 1000.0, 3, 77, exists=True, state={})


class Host:
    """A host whose answers are known beforehand; the last one is given for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Any, ...]] = []

    async def _call(self, *call: Any) -> Any:
        self.asked.append(call)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def __getattr__(self, name: str) -> Any:
        """Any method, called as Ray's are: `host.state.remote(…)`."""
        call = self._call

        class Method:
            @staticmethod
            async def remote(*args: Any) -> Any:
                return await call(name, *args)

        return Method


class Cluster:
    """What Ray would find: the hosts by their names, and the coordinator's table."""

    def __init__(self) -> None:
        self.hosts: dict[str, Host] = {}
        self.owners = [Ownership(0, 1, "g0#a", "h0#a")]
        self.looked = self.found = 0

    def get_actor(self, name: str, namespace: str) -> Host:
        """`ValueError` where there is none, as Ray has it."""
        assert "vigil" == namespace
        self.found += 1
        if name not in self.hosts:
            raise ValueError(f"no actor {name!r}")
        return self.hosts[name]

    def coordinator(self) -> Any:
        """The coordinator's handle."""
        cluster = self

        class Owners:
            @staticmethod
            async def remote() -> list[Ownership]:
                cluster.looked += 1
                return cluster.owners

        class Coordinator:
            owners = Owners

        return Coordinator


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Hosts that a test makes; nothing waits between two tries."""
    cluster = Cluster()
    monkeypatch.setattr(actors.router.ray, "get_actor", cluster.get_actor)
    monkeypatch.setattr(actors.router, "coordinator", cluster.coordinator)
    monkeypatch.setattr(actors.router, "AGAIN_S", 0.0)
    return cluster


def router(address: NatsAddress | None = None) -> Any:
    """A router of one partition."""
    nowhere = NatsAddress("nats://127.0.0.1:9", "", "")
    return PlainRouter("router-1", address or nowhere, 1, Telemetry(metrics=False))


@pytest.mark.parametrize("twin_id", ["", "probe", "probe/", "probe/a b", "a/b/c", "probe/p.1"])
def test_a_handle_needs_an_id(twin_id: str) -> None:
    """The mistake shows where the handle is made, not at the first call."""
    with pytest.raises(BadTwinId):
        twin(twin_id)


def test_a_handle_says_what_it_is_of() -> None:
    """Making one starts nothing, and its text is how it was made."""
    handle = twin("probe/p1")

    assert ("probe/p1", "twin('probe/p1')") == (handle.id, repr(handle))


def test_routers_of_nodes_have_names_of_their_own() -> None:
    """The first twelve digits of a node's id tell its router from others."""
    assert "router-0123456789ab" == router_name("0123456789abcdef")


async def test_asks_the_owner(cluster: Cluster) -> None:
    """The owner's name is looked up once, and what it answers comes back."""
    host = cluster.hosts["h0"] = Host(SNAPSHOT)
    asking = router()
    answers = [await asking.state("probe/p1"), await asking.state("probe/p2", 9)]

    assert [SNAPSHOT, SNAPSHOT] == answers
    assert [("state", "probe/p1", None), ("state", "probe/p2", 9)] == host.asked
    assert (1, 1) == (cluster.looked, cluster.found)


async def test_asks_again_while_ownership_moves(cluster: Cluster) -> None:
    """A host that is not the owner, or dies, is no answer: the table is read again."""
    first = cluster.hosts["h0"] = Host(NotOwner("moved"), ValueError("gone"))
    second = cluster.hosts["h1"] = Host(SNAPSHOT)
    asking = router()

    async def move(*_: Any) -> None:
        while not first.asked:
            await asyncio.sleep(0)
        cluster.owners = [Ownership(0, 2, "g0#a", "h1#a")]

    moving = asyncio.create_task(move())

    assert SNAPSHOT == await asyncio.wait_for(asking.state("probe/p1"), 10)
    assert 1 == len(second.asked)

    await moving


async def test_waits_for_an_owner(cluster: Cluster) -> None:
    """A partition without an owner gets one in a while; so does a name without an actor."""
    cluster.owners = [Ownership(0)]
    asking = router()
    waiting = asyncio.create_task(asking.state("probe/p1"))
    while cluster.looked < 3:
        await asyncio.sleep(0)
    cluster.owners = [Ownership(0, 1, "g0#a", "h0#a")]
    while cluster.found < 3:
        await asyncio.sleep(0)
    cluster.hosts["h0"] = Host(SNAPSHOT)

    assert SNAPSHOT == await asyncio.wait_for(waiting, 10)


async def test_a_host_that_was_made_anew_is_found(cluster: Cluster) -> None:
    """Under the same name stands another actor; the old one's handle is not asked for ever."""
    dead = cluster.hosts["h0"] = Host(SNAPSHOT, OSError("unused"))
    asking = router()
    await asking.state("probe/p1")
    dead.answers = [Unavailable("the actor is dead")]
    cluster.hosts["h0"] = Host(SNAPSHOT)

    assert SNAPSHOT == await asyncio.wait_for(asking.state("probe/p1"), 10)


@pytest.mark.parametrize(
    "error",
    [AskFailed("it refused"), AskUnknown("no longer kept"), UnknownKind("no kind 'probe'")],
)
@pytest.mark.parametrize("way", ["as it is", "from a task", "as Ray disguises it"])
async def test_an_answer_that_is_an_error_is_not_asked_for_again(
    cluster: Cluster, error: Exception, way: str
) -> None:
    """What the twin, or its absence, says is final: it is raised at once, as what it is."""
    raised = error
    if way != "as it is":
        raised = ray.exceptions.RayTaskError("reply", "traceback", error)
    if way == "as Ray disguises it":
        raised = raised.as_instanceof_cause()
    host = cluster.hosts["h0"] = Host(raised)
    with pytest.raises(type(error), match=str(error)):
        await router()._call(0, "reply", 0, "e1", 5)

    assert 1 == len(host.asked)


async def test_patience_ends(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers for too long, the error says what the last one said."""
    monkeypatch.setattr(actors.router, "PATIENCE_S", 0.05)
    cluster.hosts["h0"] = Host(NotOwner("h0 does not own it"))
    with pytest.raises(Unavailable, match="h0 does not own it"):
        await router().state("probe/p1")


async def test_a_bad_id_is_refused_before_anybody_is_asked(cluster: Cluster) -> None:
    """The caller's mistake costs no lookup."""
    with pytest.raises(BadTwinId):
        await router().state("probe")

    assert 0 == cluster.looked


class Gate:
    """A gateway: it answers what is sent to it with what a test wants."""

    def __init__(self, client: Client, *answers: dict[str, Any]) -> None:
        self._client = client
        self._answers = list(answers)
        self.taken: list[tuple[str, Any]] = []

    async def open(self) -> "Gate":
        """Listen, as the gateway of all partitions."""
        await self._client.subscribe("inside.>", cb=self._take)
        await self._client.flush()
        return self

    async def _take(self, message: Msg) -> None:
        self.taken.append((message.subject, msgpack.decode(message.data)))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        await self._client.publish(message.reply, json.encode(answer))


def refusal(code: int, description: str) -> dict[str, Any]:
    """A JetStream error."""
    return {"error": {"code": code, "err_code": 20000 + code, "description": description}}


@pytest.mark.cluster
async def test_an_event_goes_to_its_gateway(
    client: Client, server: NatsServer, cluster: Cluster
) -> None:
    """Kind, key and type stand in the subject, the caller's id in the message."""
    del cluster
    gate = await Gate(client, {"stream": "LOG_0", "seq": 17}).open()
    asking = router(server.address)

    assert 17 == await asking.send("probe/p1", "ask.sum", {"left": 1}, "e1")
    assert [("inside.0.probe.p1.ask.sum", {"data": {"left": 1}, "id": "e1"})] == gate.taken

    await asking._client.close()


@pytest.mark.cluster
async def test_a_call_returns_what_its_owner_applied(
    client: Client, server: NatsServer, cluster: Cluster
) -> None:
    """The call goes through the log; its answer is asked for by the same id and its position."""
    gate = await Gate(client, {"stream": "LOG_0", "seq": 17}).open()
    host = cluster.hosts["h0"] = Host({"sum": 3})
    asking = router(server.address)

    assert {"sum": 3} == await asking.ask("probe/p1", "sum", {"left": 1, "right": 2}, "e1")
    assert [("reply", 0, "e1", 17)] == host.asked
    assert ["e1"] == [message["id"] for _, message in gate.taken]

    ids = set()
    for _ in range(2):
        await asking.ask("probe/p1", "sum")
        ids.add(gate.taken[-1][1]["id"])

    assert 2 == len(ids), "calls without an id get one each"

    await asking._client.close()


@pytest.mark.cluster
async def test_what_a_gateway_refuses_for_now_is_sent_again(
    client: Client, server: NatsServer, cluster: Cluster
) -> None:
    """Overload and moves pass; the same id goes out each time, so that it counts once."""
    del cluster
    gate = await Gate(
        client, refusal(429, "overloaded"), refusal(503, "moved"), {"stream": "LOG_0", "seq": 4}
    ).open()
    asking = router(server.address)

    assert 4 == await asyncio.wait_for(asking.send("probe/p1", "word", None, "e1"), 10)
    assert ["e1"] * 3 == [message["id"] for _, message in gate.taken]

    await asking._client.close()


@pytest.mark.cluster
async def test_what_a_gateway_refuses_for_good_is_raised(
    client: Client, server: NatsServer, cluster: Cluster
) -> None:
    """A refusal of the event itself names the twin and the reason."""
    del cluster
    gate = await Gate(client, refusal(404, "no handler for 'ask.nonsense'")).open()
    asking = router(server.address)
    with pytest.raises(AskFailed, match="probe/p1: no handler"):
        await asking.send("probe/p1", "ask.nonsense", None, "e1")

    assert 1 == len(gate.taken)

    await asking._client.close()


@pytest.mark.cluster
@pytest.mark.usefixtures("client")
async def test_nobody_takes_events(
    server: NatsServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no gateway listens for too long, the caller hears which event nobody took."""
    del cluster
    monkeypatch.setattr(actors.router, "PATIENCE_S", 0.05)
    asking = router(server.address)
    with pytest.raises(Unavailable, match="probe/p1: no gateway took word") as caught:
        await asking.send("probe/p1", "word", None, "e1")

    assert isinstance(caught.value.__cause__, LogError)

    await asking._client.close()


@pytest.mark.cluster
@pytest.mark.usefixtures("client")
async def test_calls_share_one_connection(server: NatsServer) -> None:
    """Many calls at the same time make it once."""
    asking = router(server.address)
    first, *others = await asyncio.gather(*(asking._connected() for _ in range(5)))

    assert [first] * 4 == others

    await first.close()
