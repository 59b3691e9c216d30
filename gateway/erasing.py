"""Erasing: one person, everywhere. Each step may be repeated, so after a crash it is begun again.

1. The erasure is noted in the keyring, with the keys that will be thrown away.
2. Every twin that is sealed with them gets `vigil.erase` through the log. All partitions apply what
   they have, hand on what it caused, and checkpoint; then it is looked again, until two looks in a
   row find nothing new and nothing of hers is on its way.
3. The keys are retired: what comes for her from now on begins a new life under a new key. Once all
   processes have heard of it, her own twin is written anew.
4. Dead letters of her twins are deleted, and all partitions checkpoint: no replay begins before.
5. The keys are thrown away. What is left is the certificate.

Decision 016 says why a replay, whenever it begins, comes to the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Protocol
from uuid import uuid4

import structlog

from actors.erased import Erase
from actors.errors import Unavailable
from actors.keyring import REFRESH_S, Erasure, Keyring
from actors.shelf import KIND as SHELF
from actors.store.base import Found, Store
from actors.store.sealing import sealed_parts
from twins.event import encode_message
from twins.ids import partition_of
from twins.kind import KINDS

logger = structlog.get_logger(__name__)

QUIET = 2
"""Looks in a row that must find nothing new. What her events cause goes from twin to twin, and each
look lets it go on by one."""

MOST_LOOKS = 50

AGAIN_S = 15.0
"""How long after it failed an erasure that was left unfinished is tried again, in seconds."""

UNTOLD = 0
"""Position of a twin that did not hear of it yet."""
LISTED = 1000


class Cluster(Protocol):
    """What erasing needs of the cluster."""

    async def tell(self, twin_id: str, body: bytes) -> int:
        """Bring `vigil.erase` into the log; returns its position once it is durable."""

    async def settle(self) -> dict[int, int]:
        """Let all partitions settle; returns the positions of their checkpoints."""

    async def bury(self, twin_ids: Iterable[str]) -> int:
        """Delete the dead letters of these twins; returns how many."""


class Eraser:
    """Erases one person at a time.

    Args:
        keyring: Of the node.
        store: With the same keyring.
        cluster: See `Cluster`.
        partitions: How many there are.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        keyring: Keyring,
        store: Store,
        cluster: Cluster,
        partitions: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._keyring = keyring
        self._store = store
        self._cluster = cluster
        self._partitions = partitions
        self._sleep = sleep
        self._one = asyncio.Lock()

    async def erase(self, person: str) -> Erasure:
        """Erase her; returns the certificate.

        Raises:
            Unavailable: A partition did not settle, or it does not get quiet around her. Nothing
                is half done: call it again, it goes on where it was.
        """
        async with self._one:
            return await self._erase(person)

    async def resume(self) -> None:
        """Go on with every erasure that was left unfinished, until all are done.

        Whoever asked for it may be gone; that it was begun is noted in the keyring.
        """
        while True:
            try:
                left = await asyncio.to_thread(self._unfinished)
            except Exception:
                logger.exception("the keyring does not say which erasures are unfinished")
            else:
                if not left:
                    return
                done = [await self._resume(person) for person in left]
                if all(done):
                    continue
            await self._sleep(AGAIN_S)

    async def _resume(self, person: str) -> bool:
        """Go on with one; whether it is done."""
        async with self._one:
            try:
                # Somebody may have called meanwhile; then it is done, and must not begin anew.
                if person in await asyncio.to_thread(self._unfinished):
                    await self._erase(person)
            except Unavailable as error:
                logger.warning("an erasure waits for the cluster", person=person, error=str(error))
                return False
            except Exception:
                logger.exception("an erasure does not go on; trying again", person=person)
                return False
            return True

    def _unfinished(self) -> list[str]:
        return [one.person for one in self._keyring.erasures() if one.done is None]

    async def _erase(self, person: str) -> Erasure:
        erasure = await asyncio.to_thread(self._begin, person)
        logger.info("erasing", erasure=erasure.id, person=person)
        await self._reach_all(erasure)
        await asyncio.to_thread(self._keyring.retire, erasure)
        await self._sleep(2 * REFRESH_S)
        await self._tell(erasure, person, "again")
        erasure.letters += await self._cluster.bury(erasure.twins)
        erasure.heads = await self._settle()
        done = await asyncio.to_thread(self._keyring.throw, erasure)
        logger.info("erased", erasure=done.id, person=person, keys=done.key_ids)
        return done

    def _begin(self, person: str) -> Erasure:
        # She may have none: then nothing is sealed yet, and what is plain goes all the same.
        self._keyring.of(person)
        return self._keyring.begin_erasure(person, uuid4().hex)

    async def _reach_all(self, erasure: Erasure) -> None:
        """Let every twin of hers hear of it, and all that is on its way arrive."""
        quiet = 0
        await self._settle()
        for _ in range(MOST_LOOKS):
            new = await asyncio.to_thread(self._untold, erasure)
            # Noted first: whoever goes on after a crash tells them, and the certificate names them.
            for twin_id in new:
                erasure.twins[twin_id] = [partition_of(twin_id, self._partitions), UNTOLD]
            await asyncio.to_thread(self._keyring.note_erasure, erasure)
            for twin_id in new:
                await self._tell(erasure, twin_id)
            await asyncio.to_thread(self._keyring.note_erasure, erasure)
            await self._settle()
            quiet = 0 if new else quiet + 1
            if quiet >= QUIET:
                return
        raise Unavailable(
            f"{erasure.person}: after {MOST_LOOKS} looks there still are new twins of hers; end "
            "what makes them, and erase her again"
        )

    async def _tell(self, erasure: Erasure, twin_id: str, once_more: str = "") -> None:
        word = Erase(erasure.person, erasure.key_ids[0])
        body = encode_message(word, id=f"{erasure.id}{once_more}")
        position = await self._cluster.tell(twin_id, body)
        erasure.twins[twin_id] = [partition_of(twin_id, self._partitions), position]

    def _untold(self, erasure: Erasure) -> list[str]:
        """Twins that have to hear of it."""
        told = {twin_id for twin_id, (_, position) in erasure.twins.items() if position != UNTOLD}
        # A desk may get a further case of hers; what is there after it was told is new.
        shared = sharing(self._store, erasure.key_ids)
        return sorted(({*self._hers(erasure), *erasure.twins} - told) | set(shared))

    def _hers(self, erasure: Erasure) -> list[str]:
        """Her twins: herself, what is sealed with her keys, and what names her."""
        found = {erasure.person}
        for partition in range(self._partitions):
            found.update(self._store.sealed(partition, erasure.key_ids))
        found.update(named(self._store, erasure.person))
        return sorted(twin for twin in found if not twin.startswith(f"{SHELF}/"))

    async def _settle(self) -> dict[int, int]:
        heads = await self._cluster.settle()
        missing = [number for number in range(self._partitions) if number not in heads]
        if missing:
            raise Unavailable(f"partitions {missing} do not settle; `vigil status` says why")
        return heads


def sharing(store: Store, key_ids: Iterable[int]) -> list[str]:
    """Twins that are nobody's, and hold records sealed with one of these keys."""
    wanted = set(key_ids)
    return [
        one.id
        for kind in KINDS.values()
        if kind.cls.parts
        for one in _all(store, f"kind = {kind.name}")
        if sealed_parts(kind, one.state) & wanted
    ]


def _all(store: Store, where: str) -> Iterator[Found]:
    cursor = None
    while True:
        page = store.search(where, limit=LISTED, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def named(store: Store, person: str) -> list[str]:
    """Twins whose link says that they are hers, also those that were never sealed."""
    found = []
    for kind in KINDS.values():
        attribute = kind.personal
        if attribute in (None, "id") or attribute not in kind.cls.__struct_fields__:
            continue
        where = f'kind = {kind.name} and {attribute} = "{person}"'
        found += [one.id for one in _all(store, where)]
    return found
