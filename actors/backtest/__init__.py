"""Backtest: what other rules would have done with what really happened.

- `report`: what came of it, for people and programs
- `contest`, `side`, `tally`, `replay`: one partition's history applied with both rule sets; pure
- `base`: what a partition's twins were when its history begins
- `job`: reads the logs, beside a running node, with progress and an end
- `actor`: the job as a Ray actor
"""
