"""The part of the client that is about cases: `Client(…).cases`."""

from typing import Any

from gateway.case_views import CaseClosed, CaseDetail, Cases
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

    def close(
        self, case_id: str, by: str, verdict: str | None = None, note: str = "", **more: Any
    ) -> CaseClosed:
        """Close it, in the name of the employee who has it; `more` says what became of her."""
        data = {"by": by, "verdict": verdict, "note": note, **more}
        return self._calls.post(f"/v1/cases/{case_id}/close", CaseClosed, data)
