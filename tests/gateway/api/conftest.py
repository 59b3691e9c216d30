"""A cluster in memory in which rules really live, and an operator who calls its API."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from support.api_server import AS_OPERATOR, client_of
from support.rule_services import RuleServices


@pytest.fixture
def services() -> RuleServices:
    """A new cluster."""
    return RuleServices()


@pytest.fixture
async def client(services: RuleServices) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator's."""
    async with client_of(services) as client:
        client.headers.update(AS_OPERATOR)
        yield client
