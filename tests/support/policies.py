"""Policies by themselves: what is said to one, and what it answers."""

from itertools import count
from typing import Any

import msgspec

from twins.event import encode_message
from twins.outputs import Tell
from twins.policies import Leave, Policy
from twins.policies.messages import ALL
from twins.testing import START, play


class Asked:
    """A policy that may go on as far as all may, what was said to it, and what it answered."""

    def __init__(self, **settings: Any) -> None:
        self.policy: Policy = Policy.new("p")
        self.log: list[tuple[float, str, bytes]] = []
        self.now = START
        self._ids = count()
        self.say("policy.switched", {}, source=ALL)
        self.say("configured", settings)

    def say(self, event_type: str, data: Any, source: str = "roadside/x") -> list[Tell]:
        """Tell it something, and return what it tells."""
        return self._play(event_type, data, source)[0]

    def call(self, name: str, data: Any) -> Any:
        """Call it, and return its answer."""
        return self._play(f"ask.{name}", data, None)[1]

    def _play(self, event_type: str, data: Any, source: str | None) -> tuple[list[Tell], Any]:
        payload = encode_message(data, id=f"e{next(self._ids)}", source=source)
        if event_type.startswith("due."):
            payload = msgspec.msgpack.encode(self.now)
        self.log.append((self.now, event_type, payload))
        turn, answer = play(self.policy, self.now, event_type, payload)
        return turn.tells, answer

    def request(self, id_: str, customer: str | None = None, **more: Any) -> list[Tell]:
        """Ask for leave."""
        data = {
            "asker": f"roadside/{id_}",
            "arrangement_id": id_,
            "subject": "vehicle/v1",
            "customer": customer,
            "desk": "desk/north",
            "noticed_at": self.now,
        }
        return self.say("leave.requested", {**data, **more})

    def leave(self, id_: str, customer: str | None = None, **more: Any) -> Leave:
        """Ask for leave, and return what may be done."""
        told = self.request(id_, customer, **more)
        (answer,) = [tell.data for tell in told if tell.type == "leave.answered"]
        leave: Leave = answer.leave
        return leave

    def judge(self, rights: str) -> None:
        """Let people say of so many decisions whether they were right (`+`) or wrong (`-`)."""
        for right in rights:
            id_ = f"judged-{len(self.log)}"
            data = {"arrangement_id": id_, "state": "offered", "right": right == "+"}
            self.say("policy.reported", data)

    def again(self) -> Policy:
        """The same said to another twin, that is stored and restored after each event."""
        policy: Any = Policy.new("p")
        for now, event_type, payload in self.log:
            play(policy, now, event_type, payload)
            policy = policy.kind.restore(msgspec.json.encode(policy), policy.kind.schema)
        return policy  # type: ignore[no-any-return]  # what a kind restores is Any
