"""The registry of kinds as it was: what a test declares is gone for the next one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from twins.documents import DECLARED
from twins.kind import KINDS, LISTENERS


@contextmanager
def kinds_as_they_were(*packages: str) -> Iterator[None]:
    """Undo what is declared meanwhile.

    Args:
        packages: Whose modules are forgotten, too, so that importing them declares again.
    """
    kinds, declared, listeners = dict(KINDS), dict(DECLARED), dict(LISTENERS)
    try:
        yield
    finally:
        for registry, before in ((KINDS, kinds), (DECLARED, declared), (LISTENERS, listeners)):
            for name in registry.keys() - before.keys():
                del registry[name]  # type: ignore[attr-defined]  # each is a dict of its own sort
            registry.update(before)  # type: ignore[attr-defined]  # what is put back came out of that dict
        for name in list(sys.modules):
            if name.partition(".")[0] in packages:
                del sys.modules[name]
