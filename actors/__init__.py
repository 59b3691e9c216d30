"""Actors: what runs twins. Ray lives here; `partition` and `supervisors` are pure."""
