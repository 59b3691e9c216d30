"""The part of the client that is about backtests: `Client(…).backtests`."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.backtest_views import Backtests, BacktestView
from gateway.rule_findings import RuleFile
from gateway.rules_client import Calls


class BacktestsClient:
    """Backtests. Every method raises as those of `Client` do."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def start(
        self,
        rules: Sequence[RuleFile],
        since: float,
        *,
        whole: Sequence[str] = (),
        **more: Any,
    ) -> BacktestView:
        """Begin one; it runs by itself.

        Args:
            rules: The candidates.
            since: From when on, seconds since the epoch.
            whole: Kinds of which these are all rules; else they are put over the published ones.
            more: `kind` (only rules of this one), `share` (of the twins, above 0 to 1),
                `examples` (firings told of each rule and sort).
        """
        given: Mapping[str, Any] = {"files": rules, "since": since, "whole": list(whole), **more}
        return self._calls.post("/v1/backtests", BacktestView, given)

    def list(self) -> Backtests:
        """The one under way, and the last ones."""
        return self._calls.get("/v1/backtests", Backtests)

    def get(self, backtest: str) -> BacktestView:
        """How far one is, or what came of it."""
        return self._calls.get(f"/v1/backtests/{backtest}", BacktestView)

    def cancel(self, backtest: str) -> BacktestView:
        """End one; one that has ended stays as it is."""
        return self._calls.post(f"/v1/backtests/{backtest}/cancel", BacktestView, None)
