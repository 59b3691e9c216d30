"""Benchmarks: what an event costs, and how many a machine sustains, measured from outside.

- `generator`: an open-loop sender in a process of its own
- `measure`: CPU by process, and applied events counted by reading the twins back
- `run`: one run on a node of its own; `curve`: runs over numbers of partitions
- `naive`: the same input on one Ray actor a twin; `report`: the JSON that all of them write
- `history`: one twin's day among a million twins, read as `vigil history` reads it
- `dispatch`: what another way to dispatch trucks would save, in simulated time
"""
