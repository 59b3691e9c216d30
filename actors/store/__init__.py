"""Stores: checkpoints, search and the history index, behind the interface in `base`."""
