"""The part of the client that is about many twins at once: `Client(…).bulk`."""

from typing import Any

from gateway.bulk_views import BulkJobList, BulkPreview, BulkResults, BulkView
from gateway.rules_client import Calls


class BulkClient:
    """Bulk jobs. Methods raise as those of `Client` do.

    `operation` is what the API takes: one of `patch={…}`, `command=…`, `event=…`,
    `maintain="begin"`, `parked="resume"`, and with it `data`, `for_s`, `note`, `rate`, `expected`.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def preview(self, by: str, where: str, **operation: Any) -> BulkPreview:
        """To how many twins it would be done."""
        given = {"by": by, "where": where, **operation}
        return self._calls.post("/v1/bulk/preview", BulkPreview, given)

    def start(self, by: str, where: str, **operation: Any) -> BulkView:
        """Begin a job."""
        return self._calls.post("/v1/bulk", BulkView, {"by": by, "where": where, **operation})

    def all(self) -> BulkJobList:
        """The jobs, the last begun first."""
        return self._calls.get("/v1/bulk", BulkJobList)

    def one(self, job: str) -> BulkView:
        """How far a job has come."""
        return self._calls.get(f"/v1/bulk/{job}", BulkView)

    def results(self, job: str, page: int = 0) -> BulkResults:
        """What came of each twin of a page."""
        return self._calls.get(f"/v1/bulk/{job}/results", BulkResults, {"page": str(page)})

    def cancel(self, job: str) -> BulkView:
        """End a job after the page that is under way."""
        return self._calls.post(f"/v1/bulk/{job}/cancel", BulkView, None)
