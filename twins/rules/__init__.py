"""Rules: conditions over events and time. `rule` holds what there is so far."""
