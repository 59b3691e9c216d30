"""A provider of sign-ins over HTTP, and Vigil that trusts it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr
from support.api_server import client_of
from support.fake_services import FakeServices
from support.oidc_server import AUDIENCE, CLIENT, SECRET, OidcServer, provided

from gateway.api.callers import Admission
from gateway.credentials import Credentials
from gateway.oidc import Oidc
from gateway.oidc_provider import Provider
from gateway.roles import Role
from gateway.settings import AccessSettings, OidcSettings


@pytest.fixture
def services() -> FakeServices:
    """A cluster in memory, whose clock all of it goes by."""
    return FakeServices()


@pytest.fixture
def provider(services: FakeServices) -> Iterator[OidcServer]:
    """The provider."""
    with provided(lambda: services.now) as server:
        yield server


@pytest.fixture
def oidc_settings(provider: OidcServer) -> OidcSettings:
    """How Vigil is told of it."""
    return OidcSettings(
        issuer=provider.issuer, client_id=CLIENT, client_secret=SecretStr(SECRET),
        audience=AUDIENCE, skew_s=30,
        roles={"vigil-operators": Role.OPERATOR, "vigil-auditors": Role.PRIVACY_OFFICER},
    )  # fmt: skip


@pytest.fixture
async def client(
    services: FakeServices, oidc_settings: OidcSettings, tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser, or a program, that calls Vigil."""
    credentials = Credentials(tmp_path, lambda: services.now)
    credentials.prepare()
    oidc = Oidc(oidc_settings, Provider(oidc_settings, lambda: services.now), lambda: services.now)
    admission = Admission(AccessSettings(oidc=oidc_settings), credentials, None, oidc)
    async with client_of(services, admission=admission) as client:
        yield client
    await oidc.close()
    credentials.close()
