"""ApiActor: the Ray actor in which the API runs. All it does is in `app` and `cluster`."""

import asyncio
import socket
import time
from collections.abc import Callable

import ray
import structlog
import uvicorn
from msgspec import Struct

from actors.backtest.actor import BacktestPlan
from actors.connection import NatsAddress, connect
from actors.keyring import Keyring
from actors.kinds import KindSource, load_kinds
from actors.store.base import HistoryIndex, Store
from actors.telemetry import Telemetry, configure
from gateway.activity import ActivityLog
from gateway.api.access import Keys
from gateway.api.app import create_app
from gateway.api.callers import Admission
from gateway.api.cluster import ClusterServices
from gateway.channels.settings import ChannelSettings
from gateway.credentials import Credentials
from gateway.oidc import Oidc
from gateway.oidc_provider import Provider
from gateway.secrets import Secrets
from gateway.settings import AccessSettings, PeopleSettings, RuleSettings, StreetSettings

logger = structlog.get_logger(__name__)

HOST = "127.0.0.1"
GOODBYE_S = 2.0
"""How long open requests may take when it ends, in seconds; live streams never end alone."""

CONNECTIONS = 2048
"""Requests at once; more get 503 from the server itself."""

LOOK_S = 0.01


class ApiPlan(Struct):
    """What the API is told when it is made."""

    nats: NatsAddress
    partitions: int
    port: int
    operator_token: str
    secrets: Secrets
    kinds: list[KindSource]
    """What declares kinds."""
    make_store: Callable[[], Store]
    make_history: Callable[[], HistoryIndex]
    telemetry: Telemetry
    rules: RuleSettings
    channels: ChannelSettings
    people: PeopleSettings
    streets: StreetSettings = StreetSettings()
    access: AccessSettings = AccessSettings()
    make_credentials: Callable[[], Credentials] | None = None
    make_activity: Callable[[], ActivityLog] | None = None
    public_url: str | None = None
    """What people have in their browser's address; None: the API's own address."""
    make_keyring: Callable[[], Keyring] | None = None


def make_server(
    plan: ApiPlan,
    services: ClusterServices,
    credentials: Credentials | None = None,
    activity: ActivityLog | None = None,
) -> uvicorn.Server:
    """The HTTP server of a plan, not started."""
    secrets = plan.secrets
    keys = Keys(plan.operator_token, secrets.device_key, secrets.offer_key, secrets.privacy_token)
    config = uvicorn.Config(
        create_app(
            services,
            keys,
            rule_settings=plan.rules,
            channels=plan.channels,
            people=plan.people,
            streets_settings=plan.streets,
            admission=Admission(plan.access, credentials, plan.public_url, _oidc(plan), activity),
        ),
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        # Links and tokens stand in paths; they do not belong into logs.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=int(GOODBYE_S),
    )
    return uvicorn.Server(config)


def _oidc(plan: ApiPlan) -> Oidc | None:
    settings = plan.access.oidc
    if not settings.issuer:
        return None
    return Oidc(settings, Provider(settings, time.time), time.time)


@ray.remote(max_restarts=-1, max_task_retries=-1, num_cpus=0)
class ApiActor:
    """The API; its server runs on the actor's asyncio loop."""

    def __init__(self, plan: ApiPlan) -> None:
        configure(plan.telemetry, "api")
        self._plan = plan
        self._server: uvicorn.Server | None = None
        self._serving = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        plan = self._plan
        load_kinds(plan.kinds)
        client = await connect(plan.nats, "api")
        store, history = plan.make_store(), plan.make_history()
        keyring = None if plan.make_keyring is None else plan.make_keyring()
        credentials = None if plan.make_credentials is None else plan.make_credentials()
        activity = None if plan.make_activity is None else plan.make_activity()
        finishing: asyncio.Task[None] | None = None
        try:
            backtests = BacktestPlan(
                plan.nats, plan.partitions, plan.kinds, plan.make_store, plan.telemetry,
                plan.make_keyring,
            )  # fmt: skip
            services = ClusterServices(
                client, store, history, plan.partitions, backtests=backtests, keyring=keyring
            )
            await services.start()
            finishing = asyncio.create_task(services.finish_erasures(), name="finish-erasures")
            # Bound here, so that a port that is taken is an error with a name, not an exit.
            listener = socket.create_server((HOST, plan.port))
            self._server = make_server(plan, services, credentials, activity)
            await self._server.serve(sockets=[listener])
        finally:
            if finishing is not None:
                finishing.cancel()
                await asyncio.gather(finishing, return_exceptions=True)
            if credentials is not None:
                credentials.close()
            if activity is not None:
                activity.close()
            history.close()
            store.close()
            await client.close()

    async def ready(self) -> str:
        """Wait until it answers, and return its address; raises what kept it from starting."""
        while self._server is None or not self._server.started:
            if self._serving.done():
                self._serving.result()
                raise RuntimeError(
                    f"the API ended before it could listen on port {self._plan.port}"
                )
            await asyncio.sleep(LOOK_S)
        return f"http://{HOST}:{self._plan.port}"

    async def drain(self) -> None:
        """Answer what is open, and end."""
        if self._server is not None:
            self._server.should_exit = True
        await asyncio.gather(self._serving, return_exceptions=True)
