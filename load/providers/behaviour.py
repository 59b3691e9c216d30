"""How a provider behaves, and misbehaves: set in its configuration, or at run time."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field

from load.providers.contract import Message
from load.providers.errors import ProviderError, RefusingError, UnansweredError

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds of the clock. `asyncio.sleep`, or a test's own."""

Outcome = TypeVar("Outcome")

SILENCE_S: Final = 30.0


class Behaviour(Message):
    """What a provider does with the calls that it receives."""

    mode: Literal["well", "silent", "slow", "refusing", "twice"] = "well"
    """well: carries a call out and answers.

    silent: carries it out, and closes the connection after `delay_s` without an answer.
    slow: carries it out at once, and answers after `delay_s`.
    refusing: answers 503 and does nothing.
    twice: carries it out a second time after the first, and answers the first.
    """
    delay_s: Annotated[float, Field(strict=True, ge=0, le=3600, allow_inf_nan=False)] = 0.0
    """Seconds of the clock. For silent, 0 stands for 30."""
    calls: Annotated[int, Field(strict=True, ge=1)] | None = None
    """For that many calls, and well afterwards; null: until told otherwise."""


class Conduct:
    """The behaviour of one provider at run time. It begins anew when the service starts.

    Args:
        provider_id: Whose behaviour it is.
        behaviour: How to begin.
        sleep: How to wait.
    """

    def __init__(self, provider_id: str, behaviour: Behaviour, sleep: Sleep) -> None:
        self._provider_id = provider_id
        self._sleep = sleep
        self.behaviour = behaviour
        """How the next call is treated; `calls` counts down."""

    def _take(self) -> Behaviour:
        """Return the behaviour for this call, and count it."""
        taken = self.behaviour
        if taken.calls is not None:
            left = taken.calls - 1
            self.behaviour = taken.model_copy(update={"calls": left}) if left else Behaviour()
        return taken

    async def carry_out(
        self, perform: Callable[[], Awaitable[Outcome]], hold_id: str | None = None
    ) -> Outcome:
        """Treat one call: perform it (or not), and wait as the behaviour says.

        Args:
            perform: Does what the call asks, in one transaction.
            hold_id: The hold it is about, for the refusal.

        Returns:
            What `perform` returned, the first time.

        Raises:
            ProviderError: `perform` refused, or the behaviour is refusing.
            UnansweredError: the behaviour is silent.
        """
        behaviour = self._take()
        if behaviour.mode == "refusing":
            raise RefusingError(
                f"Provider {self._provider_id} takes no calls now and did nothing: ask later.",
                provider_id=self._provider_id,
                hold_id=hold_id,
            )
        outcome = await _outcome(perform)
        if behaviour.mode == "twice":
            await _outcome(perform)
        elif behaviour.mode == "slow":
            await self._sleep(behaviour.delay_s)
        elif behaviour.mode == "silent":
            await self._sleep(behaviour.delay_s or SILENCE_S)
            raise UnansweredError
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome


async def _outcome(perform: Callable[[], Awaitable[Outcome]]) -> Outcome | ProviderError:
    """Return what was answered, or the refusal: a late refusal has to come late, too."""
    try:
        return await perform()
    except ProviderError as refusal:
        return refusal
