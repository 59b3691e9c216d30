"""Effects: what leaves the twins, delivered in order, by constant ids, until its outcome is known.

- `sink`: a host's way to the workers; `worker`: the Ray actor; `ledger`: what it holds durably
- `provider`, `device`, `compute`: where effects go (channels to persons come from the gateway)
"""
