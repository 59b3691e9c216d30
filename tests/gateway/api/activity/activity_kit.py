"""What tests of the activity log share: a cluster that changes, and what was entered."""

from typing import Any

import httpx2
from msgspec import json
from support.api_server import AS_OPERATOR, OFFER_KEY, PRIVACY
from support.arrangements import ENDS, ID, SUPERVISOR
from support.fake_services import START, FakeServices

import twins.devices
import twins.people
import twins.policies
from gateway.api.recording import settled
from gateway.api.services import Refusal
from gateway.channels.signing import SIGNATURE, Signer
from gateway.offers import sign_offer

assert twins.people, "importing them registers the kinds"
assert twins.devices, "the same"
assert twins.policies, "the same"

Client = httpx2.AsyncClient
AS_PRIVACY = {"Authorization": f"Bearer {PRIVACY}"}
HER_MAIL = {"channel": "email", "address": "lisa@example.org"}
OFFER = sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)


class Changing(FakeServices):
    """Asked or told, a twin's fields become what was said."""

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """Answer, and change."""
        answer = await super().ask(twin_id, name, data, event_id)
        self._become(twin_id, data)
        return answer

    async def send(self, twin_id: str, *more: Any) -> Any:
        """Take it, and change."""
        answer = await super().send(twin_id, *more)
        if self.sent and not isinstance(answer, Refusal):
            self._become(twin_id, self.sent[-1].message.data)
        return answer

    def _become(self, twin_id: str, data: Any) -> None:
        if twin_id in self.states and isinstance(data, dict):
            old = self.states[twin_id]
            self.add(twin_id, old.position + 1000, **{**old.state, **data})


async def entries(client: Client, **asked: str) -> list[dict[str, Any]]:
    """What the log tells, newest first."""
    await settled()
    answer = await client.get("/v1/activity", params=asked, headers=AS_OPERATOR)
    assert 200 == answer.status_code, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def signed(client: Client, path: str, body: Any) -> httpx2.Response:
    """What somebody sends who has the key."""
    content = json.encode(body)
    headers = {SIGNATURE: Signer(OFFER_KEY).signature(content, START)}
    return await client.post(path, content=content, headers=headers)


async def send_offer(client: Client) -> httpx2.Response:
    """A customer says yes."""
    return await client.post(f"/offers/{OFFER}", json={"accept": True})
