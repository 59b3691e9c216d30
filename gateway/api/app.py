"""The application: routes, edge and context, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from gateway.api import (
    activity,
    backtests,
    bulk,
    calendars,
    calling,
    case_words,
    cases,
    commands,
    console,
    dead_letters,
    engagement,
    events,
    hooks,
    incoming,
    links,
    needs,
    offer,
    openapi,
    operating,
    overriding,
    overview,
    page,
    parked,
    persons,
    policies,
    problems,
    provisioning,
    rule_reasons,
    rule_trials,
    rules,
    session,
    signals,
    single_sign_on,
    stream,
    streets,
    survey,
    traces,
    twins,
    unsubscribe,
    web,
    what_if,
)
from gateway.api.access import Keys
from gateway.api.callers import Admission
from gateway.api.context import Context, Limits
from gateway.api.edge import Edge
from gateway.api.recording import settled
from gateway.api.services import Services
from gateway.channels.settings import ChannelSettings
from gateway.settings import PeopleSettings, RuleSettings, StreetSettings

VERSION = "1"

ROUTERS = [
    module.router
    for module in (
        events,
        twins,
        operating,
        commands,
        links,
        bulk,
        provisioning,
        rule_trials,
        rule_reasons,
        rules,
        backtests,
        overriding,
        overview,
        stream,
        offer,
        survey,
        calendars,
        incoming,
        unsubscribe,
        web,
        what_if,
        hooks,
        page,
        policies,
        persons,
        engagement,
        cases,
        case_words,
        calling,
        streets,
        console,
        dead_letters,
        parked,
        signals,
        traces,
        session,
        single_sign_on,
        activity,
    )
]
"""All calls; whichever is first fits where two paths would."""


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """All calls as an application has them. They hold nothing of one, so all share them.

    FastAPI completes them when they are first called, which costs a second of processor.
    """
    frame = APIRouter(generate_unique_id_function=openapi.operation_id)
    for router in ROUTERS:
        frame.include_router(router)
    return tuple(frame.routes)


def create_app(
    services: Services,
    keys: Keys,
    limits: Limits | None = None,
    rule_settings: RuleSettings | None = None,
    channels: ChannelSettings | None = None,
    people: PeopleSettings | None = None,
    streets_settings: StreetSettings | None = None,
    admission: Admission | None = None,
) -> FastAPI:
    """Return the API.

    Args:
        services: What it needs of the cluster.
        keys: The secrets that it checks against.
        limits: Bounds of this process.
        rule_settings: How rules may be changed.
        channels: Who may bring in what people write back.
        people: Which pages may tell of their visitors.
        streets_settings: Where maps lie.
        admission: How people and programs sign in, beside the node's own tokens.
    """
    shared = Context(
        services,
        keys,
        limits or Limits(),
        rule_settings or RuleSettings(),
        channels or ChannelSettings(),
        people or PeopleSettings(),
        streets_settings or StreetSettings(),
        admission or Admission(),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        resuming = asyncio.create_task(shared.bulk.resume(), name="resume-bulk")
        yield
        resuming.cancel()
        await asyncio.gather(resuming, return_exceptions=True)
        await shared.bulk.close()
        await shared.backtests.close()
        await shared.hub.close()
        await settled()
        if shared.admission.oidc is not None:
            await shared.admission.oidc.close()

    app = FastAPI(
        title="Vigil",
        version=VERSION,
        summary="Live digital twins: read them, ask them, feed them, watch them.",
        lifespan=lifespan,
        # Their pages load scripts from elsewhere; /openapi.json is all that tools need.
        docs_url=None,
        redoc_url=None,
        # Answers are typed by `models`; a slash at the end is another path, not the same one.
        redirect_slashes=False,
        generate_unique_id_function=openapi.operation_id,
    )
    app.state.context = shared
    app.state.console = console.Build()
    app.router.routes.extend(_routes())
    problems.install(app)
    openapi.install(app)
    needs.install(app, ROUTERS)
    app.add_middleware(Edge)
    return app
