"""People: customers who answer their messages, and employees who take their cases. Simulated.

A customer leaves a person at the screen some time to tap her link; then she taps it herself, over
HTTP, as her browser would. An employee lets a case escalate first, so that one sees that it does.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
import structlog
from msgspec import Struct

from deploy.demo.api import Api
from deploy.demo.inbox import Message
from deploy.demo.plot import Plot
from gateway.client import ApiProblem, ApiUnreachable

logger = structlog.get_logger(__name__)

LOOK_S: Final = 1.0
"""How often people look, in seconds."""

SCORE: Final = 9
SCORE_FAILED: Final = 3
"""How satisfied customers are, from 0 to 10; the second where their story does not go well."""

TAPS: Final = 5
"""How often a customer tries a link that does not answer."""

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_TOOK: Final = (200, 202, 303)
_OVER: Final = (404, 410)

Sleep = Callable[[float], Awaitable[None]]


class Waiting(Struct):
    """A message whose offer is not answered yet."""

    message: Message
    until: float
    """When the simulated customer taps it; seconds since the epoch."""


class Customers:
    """Answers offers.

    Args:
        api: To see whether a person has answered already.
        http: Taps links; as a browser it must not follow the answer's redirect by itself.
        patience_s: How long a person at the screen has, in seconds.
        plots: Customer id -> what she says to an offer.
        clock: Seconds since the epoch.
        sleep: Waits.
    """

    def __init__(
        self,
        api: Api,
        http: httpx2.AsyncClient,
        patience_s: float,
        plots: Mapping[str, Plot],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._api = api
        self._http = http
        self._patience_s = patience_s
        self._plots = plots
        self._clock = clock
        self._sleep = sleep
        self.waiting: dict[str, Waiting] = {}
        """By message id."""
        self.received: dict[str, int] = {}
        """Arrangement id -> messages with its offer."""
        self.tapped: dict[str, str] = {}
        """Arrangement id -> who answered: `a person` or `simulated`."""
        self.heard: dict[str, list[Message]] = {}
        """Customer id -> all messages that have reached her, in order."""
        self.scores: dict[str, int] = {}
        """Customer id -> how satisfied she said that she is."""

    async def read(self, message: Message) -> None:
        """Read a message and, after a while, answer its offer, or how satisfied she is."""
        self.heard.setdefault(message.to, []).append(message)
        offer = message.offer
        if message.survey is not None and message.link is not None:
            await self._sleep(self._patience_s)
            plot = self._plots.get(message.to)
            score = SCORE_FAILED if plot is not None and plot.fails else SCORE
            await self._tap(message.link, urlencode({"score": score}))
            self.scores[message.to] = score
            return
        if offer is None or message.link is None:
            return
        self.received[offer.arrangement_id] = self.received.get(offer.arrangement_id, 0) + 1
        until = self._clock() + self._patience_s
        self.waiting[message.id] = Waiting(message, until)
        try:
            while self._clock() < until:
                await self._sleep(min(LOOK_S, max(0.0, until - self._clock())))
                if await self._answered(offer.supervisor, offer.arrangement_id):
                    self.tapped[offer.arrangement_id] = "a person"
                    return
            await self._tap(message.link, form(message, self._plots.get(message.to)))
            self.tapped[offer.arrangement_id] = "simulated"
        finally:
            self.waiting.pop(message.id, None)

    async def _answered(self, supervisor: str, arrangement_id: str) -> bool:
        """Whether somebody has answered, or the offer is over."""
        try:
            state = await self._api.state(supervisor)
        except (ApiProblem, ApiUnreachable) as error:
            logger.debug("cannot look", supervisor=supervisor, error=str(error))
            return False
        arr = state.state.get("arrangement") or {}
        return arr.get("id") != arrangement_id or arr.get("state") != "offered"

    async def _tap(self, link: str, body: str) -> None:
        for attempt in range(1, TAPS + 1):
            try:
                answer = await self._http.post(link, content=body, headers=FORM)
            except httpx2.HTTPError as error:
                logger.debug("link does not answer", attempt=attempt, error=repr(error))
            else:
                if answer.status_code in _TOOK:
                    return
                logger.warning("link refused", status=answer.status_code)
                if answer.status_code in _OVER:
                    return
            await self._sleep(LOOK_S)


def form(message: Message, plot: Plot | None) -> str:
    """The form that a browser sends when she accepts all but what she does not want."""
    assert message.offer is not None
    declined = frozenset[str]() if plot is None else plot.declines
    chooses = None if plot is None else plot.chooses
    kept = [line.leg for line in message.offer.lines if line.declinable]
    answer = "accept" if chooses is None else f"accept:{chooses}"
    return urlencode([("answer", answer), *(("keep", leg) for leg in kept if leg not in declined)])


class Employees:
    """Takes cases.

    Args:
        api: Reads desks and asks employees' twins.
        desks: Their twin ids.
        escalations: How often a case has to go on before somebody takes it; a lead takes it anyway.
        started_at: Cases from before are closed first (seconds since the epoch).
        sleep: Waits.
    """

    def __init__(
        self,
        api: Api,
        desks: Sequence[str],
        *,
        escalations: int = 1,
        started_at: float = 0.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._api = api
        self._desks = desks
        self._escalations = escalations
        self._started_at = started_at
        self._sleep = sleep
        self.holders: dict[str, str] = {}
        """Case id -> employee who took it."""

    async def work(self) -> None:
        """Look after the desks until cancelled."""
        while True:
            for desk in self._desks:
                try:
                    await self.look(desk)
                except (ApiProblem, ApiUnreachable) as error:
                    logger.debug("cannot work", desk=desk, error=str(error))
            await self._sleep(LOOK_S)

    async def look(self, desk: str) -> None:
        """Take what is to be taken at one desk, and close what is left from earlier."""
        state = (await self._api.state(desk)).state
        cards = state.get("employees", {})
        for case in state.get("cases", {}).values():
            employee = case.get("employee")
            if employee is None:
                continue
            # A state shows no defaults.
            at = case.get("state", "waiting")
            old = case["opened_at"] < self._started_at
            lead = cards.get(employee, {}).get("lead", False)
            if at == "assigned":
                if old or lead or case.get("escalations", 0) >= self._escalations:
                    await self._ask(employee, "take", case)
                    self.holders[case["id"]] = employee
            elif at == "taken" and old:
                await self._ask(employee, "close", case, note="settled by telephone")

    async def _ask(self, employee: str, name: str, case: dict[str, Any], **data: str) -> None:
        event_id = f"{name}.{case['id']}.{employee.partition('/')[2]}"
        await self._api.ask(employee, name, {"case_id": case["id"], **data}, event_id)
