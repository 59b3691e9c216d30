"""A cluster that changes, and the log of who changed what."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from activity_kit import Changing, Client
from pydantic import SecretStr
from support.api_server import client_of

from gateway.activity import ActivityLog
from gateway.api.callers import Admission
from gateway.api.recording import settled
from gateway.channels.settings import ChannelSettings, MessengerSettings, WeChatSettings
from gateway.credentials import Credentials
from gateway.settings import AccessSettings


@pytest.fixture
def services() -> Changing:
    """A cluster in memory."""
    return Changing()


@pytest.fixture
def admission(tmp_path: Path, services: Changing) -> Iterator[Admission]:
    """With tokens, sessions and an activity log in files."""
    credentials = Credentials(tmp_path, lambda: services.now)
    credentials.prepare()
    log = ActivityLog(tmp_path, clock=lambda: services.now)
    log.prepare()
    yield Admission(AccessSettings(), credentials, activity=log)
    log.close()
    credentials.close()


@pytest.fixture
async def client(services: Changing, admission: Admission) -> AsyncIterator[Client]:
    """Calls it."""
    channels = ChannelSettings(
        messenger=MessengerSettings(app_secret=SecretStr("app")),
        wechat=WeChatSettings(token=SecretStr("wechat")),
    )
    async with client_of(services, channels=channels, admission=admission) as client:
        yield client
        await settled()
