"""Why a call is refused.

ProviderError
├── InvalidRequestError     422  the caller's message lacks or garbles something
├── ConflictingBodyError    422  the id was used before, with another body
├── UnknownProviderError    404  nobody of that id works here
├── UnknownHoldError        404  no hold of that id was ever placed or released
├── NoPositionError         404  what is held does not drive
├── NothingMovesError       404  the provider has nothing that could be elsewhere
├── UnavailableError        409  the item is taken, or not offered any more
├── HoldExpiredError        409  the hold lapsed
├── HoldReleasedError       409  the hold was released
├── HoldDoneError           409  the job is over: nothing left to release
├── NotConfirmedError       409  nothing drives before it is confirmed
└── RefusingError           503  the provider works no calls just now
UnansweredError                  the call was carried out, and its answer is withheld
"""

from typing import ClassVar

from load.providers.contract import Problem, Reason


class ProviderError(Exception):
    """A refusal, with the ids it is about; becomes a problem answer at the edge.

    Args:
        detail: Whose fault it is and what to do.
        provider_id: The provider that refuses.
        hold_id: The hold it is about, if there is one.
    """

    status: ClassVar[int] = 500
    reason: ClassVar[Reason] = "internal"
    title: ClassVar[str] = "The provider failed"

    def __init__(self, detail: str, *, provider_id: str, hold_id: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.provider_id = provider_id
        self.hold_id = hold_id

    def problem(self) -> Problem:
        """Return what the caller is told."""
        return Problem(
            type=f"urn:vigil:problem:{self.reason}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            reason=self.reason,
            provider_id=self.provider_id,
            hold_id=self.hold_id,
        )


class InvalidRequestError(ProviderError):
    """The caller's message lacks or garbles something that this service needs."""

    status = 422
    reason = "invalid"
    title = "The request is not valid"


class ConflictingBodyError(ProviderError):
    """The id was used before with another body: two different things under one id."""

    status = 422
    reason = "conflict"
    title = "The id was used before with another body"


class UnknownProviderError(ProviderError):
    """Nobody of that id works here."""

    status = 404
    reason = "unknown_provider"
    title = "There is no such provider"


class UnknownHoldError(ProviderError):
    """No hold of that id was ever placed or released."""

    status = 404
    reason = "unknown_hold"
    title = "There is no such hold"


class NoPositionError(ProviderError):
    """What is held does not drive."""

    status = 404
    reason = "no_position"
    title = "What is held does not drive"


class NothingMovesError(ProviderError):
    """The provider has nothing that could be elsewhere: it does not know the call."""

    status = 404
    reason = "unknown_path"
    title = "There is no such call here"


class UnavailableError(ProviderError):
    """The item is taken, or not offered any more. Ask for offers again."""

    status = 409
    reason = "unavailable"
    title = "The item is not available"


class HoldExpiredError(ProviderError):
    """The hold lapsed, or would lapse before it began."""

    status = 409
    reason = "expired"
    title = "The hold has expired"


class HoldReleasedError(ProviderError):
    """The hold was released, perhaps before it arrived."""

    status = 409
    reason = "released"
    title = "The hold was released"


class HoldDoneError(ProviderError):
    """The job is over: nothing is left to release."""

    status = 409
    reason = "done"
    title = "The job is done"


class NotConfirmedError(ProviderError):
    """Nothing drives before it is confirmed."""

    status = 409
    reason = "not_confirmed"
    title = "The hold is not confirmed"


class RefusingError(ProviderError):
    """The provider works no calls just now; nothing was done."""

    status = 503
    reason = "refusing"
    title = "The provider takes no calls now"


class UnansweredError(Exception):
    """The call was carried out, and its answer is withheld: the connection closes without one."""
