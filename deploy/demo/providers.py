"""Providers: the companies' own service, as a process with a database of its own."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

import httpx2
import msgspec
import psutil

from deploy.demo.inbox import HOST, listen
from deploy.demo.plot import HoldTruth, MoveTruth
from deploy.demo.truths import Booked
from deploy.errors import StartFailed
from load.providers.contract import Position
from load.providers.movement import distance_m
from load.providers.world import Fleet, RentalDepot, World

READY_S: Final = 30.0
STOP_S: Final = 5.0
PAGE: Final = 1000
MEANT_M: Final = 15_000.0
"""What drives so near to a place is meant for it: a forecast names cells of 11 km."""
_TAKEN: Final = (200, 201)
_FREE_NO_MORE: Final = 409


class Providers:
    """The providers' process: `async with Providers(…) as providers`.

    Args:
        folder: Where its database, its world, and its log lie.
        world: Who they are.
        port: Where to listen; another one where that is taken.
        streets: Folder of the maps on which vehicles drive; None: as the crow flies.
    """

    def __init__(
        self, folder: Path, world: World, port: int = 0, streets: Path | None = None
    ) -> None:
        self._folder = folder
        self._streets = streets
        self.world = world
        listener = listen(port)
        self.port: int = listener.getsockname()[1]
        listener.close()
        self._process: asyncio.subprocess.Process | None = None
        self._http = httpx2.AsyncClient(base_url=self.url, timeout=10.0, trust_env=False)

    @property
    def url(self) -> str:
        """Where they are."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Of the process."""
        return None if self._process is None else self._process.pid

    # -- the process -------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        folder = self._folder
        folder.mkdir(parents=True, exist_ok=True)
        database = folder / "providers.sqlite"
        _end_left_over(database)
        ready, world = folder / "providers.json", folder / "world.json"
        ready.unlink(missing_ok=True)
        world.write_text(self.world.model_dump_json(indent=2))
        with (folder / "providers.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "load.providers",
                "--database", str(database), "--world", str(world),
                "--port", str(self.port), "--ready-file", str(ready),
                *([] if self._streets is None else ["--streets", str(self._streets)]),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                # Ctrl-C ends the demo, and the demo ends this when nobody needs it any more.
                start_new_session=True,
            )  # fmt: skip
        try:
            async with asyncio.timeout(READY_S):
                await self._listens(ready)
        except TimeoutError:
            await self._end()
            raise StartFailed(
                f"the providers did not start within {READY_S:g} s; see {folder / 'providers.log'}"
            ) from None
        except BaseException:
            await self._end()
            raise
        return self

    async def _listens(self, ready: Path) -> None:
        assert self._process is not None
        while not await asyncio.to_thread(ready.exists):
            if self._process.returncode is not None:
                raise StartFailed(
                    f"the providers ended with {self._process.returncode}; see "
                    f"{self._folder / 'providers.log'}"
                )
            await asyncio.sleep(0.05)

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    async def _end(self) -> None:
        await self._http.aclose()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    # -- their truth -------------------------------------------------------------------------

    async def holds_of(self, arrangement_id: str) -> list[HoldTruth]:
        """All holds of an arrangement at all providers, by their journals."""
        found: list[HoldTruth] = []
        for provider in self.world.providers:
            holds: dict[str, HoldTruth] = {}
            async for change in self._journal(provider.provider_id):
                if change["arrangement_id"] != arrangement_id:
                    continue
                known = holds.get(change["hold_id"])
                holds[change["hold_id"]] = HoldTruth(
                    provider_id=provider.provider_id,
                    hold_id=change["hold_id"],
                    service=provider.sells,
                    state=change["to"],
                    confirmed=(known.confirmed if known else 0) + (change["to"] == "confirmed"),
                    item=change["item"] or "",
                )
            for hold in holds.values():
                held = await self.read(f"/providers/{provider.provider_id}/holds/{hold.hold_id}")
                found.append(msgspec.structs.replace(hold, eta_s=held["eta_s"]))
        return found

    async def bookings(self, provider_id: str) -> list[Booked]:
        """All that a company has given, to whom and when, by its own book."""
        found: list[Booked] = []
        while True:
            after = found[-1].hold_id if found else ""
            path = f"/providers/{provider_id}/bookings?limit={PAGE}&after={after}"
            page = (await self.read(path))["bookings"]
            found += [
                msgspec.convert({**each, "provider_id": provider_id}, Booked) for each in page
            ]
            if len(page) < PAGE:
                return found

    async def moves_to(self, place: Position, after: float, before: float) -> list[MoveTruth]:
        """What drove near to a place in a time without a job, by the companies' books.

        Args:
            place: To which the way is told that each would have had.
            after: Seconds since the epoch.
            before: The same.
        """
        found: list[MoveTruth] = []
        for provider in self.world.providers:
            if not isinstance(provider, Fleet | RentalDepot):
                continue
            answer = await self.read(f"/providers/{provider.provider_id}/moves")
            found += [
                MoveTruth(
                    provider_id=provider.provider_id, service=provider.sells, item=move["item"],
                    at=move["at"], origin=move["origin"], to=move["to"],
                    way_s=distance_m(move["origin"], place) / provider.speed_kmh * 3.6,
                )
                for move in answer["moves"]
                if after <= move["at"] < before and distance_m(move["to"], place) < MEANT_M
            ]  # fmt: skip
        return found

    async def read(self, path: str) -> Any:
        """What a page of theirs says."""
        answer = await self._http.get(path)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content)

    async def _journal(self, provider_id: str) -> AsyncIterator[dict[str, Any]]:
        after = 0
        while True:
            answer = await self._http.get(
                f"/providers/{provider_id}/journal", params={"after": after, "limit": PAGE}
            )
            answer.raise_for_status()
            changes = msgspec.json.decode(answer.content)["changes"]
            for change in changes:
                yield change
            if len(changes) < PAGE:
                return
            after = changes[-1]["sequence"]

    async def reposition(self, provider_id: str, near: Position, expected: float) -> None:
        """Let what is idle drive to where it will be needed."""
        body = {"places": [{"near": near, "expected": expected}]}
        answer = await self._http.post(f"/providers/{provider_id}/reposition", json=body)
        answer.raise_for_status()

    async def take(
        self, provider_id: str, offer_id: str, until: float, near: Position | None = None
    ) -> bool:
        """Let another customer have something; returns whether it was free."""
        now = time.time()
        body = {
            "offer_id": offer_id,
            "arrangement_id": f"other-{offer_id}",
            "customer_id": "somebody-else",
            "expires_at": until,
        }
        answer = await self._http.put(
            f"/providers/{provider_id}/holds/other.{offer_id}.{int(now)}",
            json=body if near is None else {**body, "near": near},
        )
        if answer.status_code not in (*_TAKEN, _FREE_NO_MORE):
            answer.raise_for_status()
        return answer.status_code in _TAKEN


def _end_left_over(database: Path) -> None:
    """End a providers' process that a killed demo left behind: it still has the database."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "load.providers" in command and str(database) in command:
            with suppress(psutil.Error):
                process.terminate()
                process.wait(STOP_S)
