"""An erasure that was under way when a node ended: the next start brings it to its end."""

import asyncio
from pathlib import Path

import pytest
from conftest import settings_for

from actors.keyring import Keyring
from deploy.node import Node
from gateway.client import Client

pytestmark = [pytest.mark.cluster, pytest.mark.long, pytest.mark.timeout(300), pytest.mark.asyncio]

HER = "customer/c1"


async def test_a_node_goes_on_with_an_erasure_by_itself(tmp_path: Path) -> None:
    """It was noted, and the node was killed; nobody calls again."""
    settings = settings_for(tmp_path / "node")
    async with Node(settings) as node:
        with Client(node.api_url, node.operator_token) as api:
            sent = await asyncio.to_thread(api.send, HER, "configured", {"name": "Aurelia"})
            await asyncio.to_thread(api.state, HER, sent.position)
    keyring = Keyring(tmp_path / "node" / "keys")
    begun = keyring.begin_erasure(HER, "e1")
    keyring.close()

    async with Node(settings) as node:
        with Client(node.api_url, node.operator_token) as api, Client(
            node.api_url, node.running.privacy_token
        ) as officer:  # fmt: skip
            async with asyncio.timeout(120):
                while True:
                    (certificate,) = await asyncio.to_thread(officer.erasures, HER)
                    if certificate["done"] is not None:
                        break
                    await asyncio.sleep(0.2)
            state = (await asyncio.to_thread(api.state, HER)).state

    assert ("e1", begun.key_ids) == (certificate["id"], certificate["key_ids"])
    assert begun.key_ids
    assert [HER] == list(certificate["twins"])
    assert "name" not in state
