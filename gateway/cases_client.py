"""The part of the client that is about cases: `Client(…).cases`."""

from typing import Any

from gateway.case_views import (
    CaseClosed,
    CaseDetail,
    CaseLies,
    Cases,
    KnownPerson,
    Written,
)
from gateway.rules_client import Calls


class CasesClient:
    """What persons have to decide. Methods raise as those of `Client` do."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def all(self, *, desk: str | None = None, closed: bool = False) -> Cases:
        """Those that are open, or that were closed last."""
        params = {"closed": "true"} if closed else {}
        return self._calls.get("/v1/cases", Cases, params | ({"desk": desk} if desk else {}))

    def one(self, case_id: str) -> CaseDetail:
        """One case, with its context."""
        return self._calls.get(f"/v1/cases/{case_id}", CaseDetail)

    def person(self, address: str, country: str | None = None) -> KnownPerson:
        """Whose an e-mail address or a telephone number is, and what of hers is open."""
        params = {"address": address} | ({"country": country} if country else {})
        return self._calls.get("/v1/people", KnownPerson, params)

    def take(self, case_id: str, by: str) -> CaseLies:
        """Take it in the name of the employee who has it."""
        return self._calls.post(f"/v1/cases/{case_id}/take", CaseLies, {"by": by})

    def note(self, case_id: str, by: str, text: str) -> CaseLies:
        """Add what others should know."""
        data = {"by": by, "text": text}
        return self._calls.post(f"/v1/cases/{case_id}/notes", CaseLies, data)

    def hand_over(
        self, case_id: str, by: str, employee: str | None = None, note: str = "",
        *, desk: str | None = None,
    ) -> CaseLies:  # fmt: skip
        """Give it to a colleague, to whoever comes next, or to another desk."""
        data = {"by": by, "employee": employee, "desk": desk, "note": note}
        return self._calls.post(f"/v1/cases/{case_id}/hand-over", CaseLies, data)

    def write(
        self, case_id: str, by: str, subject: str, text: str, urgency: str = "normal"
    ) -> Written:
        """Write to the customer whose case it is."""
        data = {"by": by, "subject": subject, "text": text, "urgency": urgency}
        return self._calls.post(f"/v1/cases/{case_id}/letters", Written, data)

    def close(
        self, case_id: str, by: str, verdict: str | None = None, note: str = "", **more: Any
    ) -> CaseClosed:
        """Close it, in the name of the employee who has it; `more` says what became of her."""
        data = {"by": by, "verdict": verdict, "note": note, **more}
        return self._calls.post(f"/v1/cases/{case_id}/close", CaseClosed, data)
