"""Where a node listens."""

from ipaddress import ip_address

import psutil
import pytest

from deploy.node import Node

pytestmark = [
    pytest.mark.cluster, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"),
]  # fmt: skip


async def test_nothing_listens_beyond_this_machine(node: Node) -> None:
    """Every socket of the node, Ray's and the log server's among them, is on the loopback."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = {
        (process.name(), connection.laddr.ip)
        for process in processes
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    outside = {
        (name, address)
        for name, address in listening
        if not (found := ip_address(address)).is_loopback
        and not (getattr(found, "ipv4_mapped", None) or found).is_loopback
    }

    assert node.server.alive
    assert len(listening) > 3
    assert set() == outside
