"""Renewal: kinds that are new or changed are taken over while the node runs.

The node's own process has imported the kinds that it started with. So whether the new ones are
sound is found out in a process that has not, exactly as the renewed hosts and gateways will load
them; only then are these replaced, one role after the other.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from actors.kinds import KindSource, load_kinds
from deploy.errors import BadKinds, DeployError
from deploy.kept_kinds import keep_kinds
from twins.errors import TwinError


async def prove(kinds: list[KindSource], folder: Path) -> None:
    """Load kinds in a new process, and keep their documents as those by which twins are stored.

    Raises `BadKinds` with what is wrong with them; then nothing has changed.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        problem = await asyncio.get_running_loop().run_in_executor(pool, _load, kinds, folder)
    if problem is not None:
        raise BadKinds(problem)


def _load(kinds: list[KindSource], folder: Path) -> str | None:
    try:
        load_kinds(kinds)
        keep_kinds(folder)
    except (TwinError, DeployError) as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a module that somebody else wrote may raise anything
        return f"{type(error).__name__}: {error}"
    return None
