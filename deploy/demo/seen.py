"""Seen: what both sides say, for whoever compares them: Vigil's twins, and the world."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.demo.api import Api
from deploy.demo.inbox import Message
from deploy.demo.providers import Providers


class Seen:
    """Both sides of a claim.

    Args:
        api: Vigil's side: its twins.
        providers: The companies.
        heard: Customer id -> all messages that have reached her.
    """

    def __init__(
        self, api: Api, providers: Providers, heard: Mapping[str, Sequence[Message]]
    ) -> None:
        self._api = api
        self._heard = heard
        self.providers = providers

    async def state(self, twin_id: str) -> dict[str, Any]:
        """What a twin believes; defaults are left out."""
        state: dict[str, Any] = (await self._api.state(twin_id)).state
        return state

    def heard(self, customer: str) -> Sequence[Message]:
        """What has reached her."""
        return self._heard.get(customer, ())
