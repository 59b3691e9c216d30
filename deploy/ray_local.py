"""A local Ray, quiet and small, on the loopback interface alone."""

import os
import signal
import threading
from typing import Any

import ray
from ray._private import ray_constants
from ray._private import worker as ray_worker

from deploy.errors import StartFailed
from deploy.settings import Settings

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_MEMORY_MONITOR": "1",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_enable_metrics_collection": "0",
    # Ray nices its workers by 15; here they are the service, not batch work.
    "RAY_worker_niceness": "0",
    # Ray takes 127.0.0.1 for the machine's outside address, and then all of its processes listen on
    # every interface; with this switch it believes us. The workers read it when they import Ray.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}

ATTEMPTS = 2


def start_ray(settings: Settings) -> None:
    """Start Ray on this machine; its processes end with this one."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    ray_constants.ENABLE_RAY_CLUSTER = False  # the same, where Ray was imported before
    for attempt in range(ATTEMPTS):
        try:
            _start(settings)
        except Exception as error:  # Ray raises a bare one when it is not up within its 30 s
            ray.shutdown()
            if attempt == ATTEMPTS - 1:
                raise StartFailed(
                    f"Ray does not start on this machine, tried {ATTEMPTS} times: {error}. "
                    "Is it very busy? Ray's own logs are in its session folder"
                ) from error
        else:
            return


def _start(settings: Settings) -> None:
    ray.init(
        num_cpus=settings.node.ray_cpus,
        include_dashboard=False,
        namespace="vigil",
        object_store_memory=int(settings.node.ray_object_store),
        log_to_driver=False,
        logging_level="error",
        configure_logging=False,
        _node_ip_address="127.0.0.1",
    )


_VITAL = (ray_constants.PROCESS_TYPE_RAYLET, ray_constants.PROCESS_TYPE_GCS_SERVER)
"""Without them there are no actors. Ray restarts neither, and tells nobody that they have ended."""


def dead() -> list[str]:
    """Which of Ray's own processes have ended, of those that it cannot do without."""
    node = ray_worker._global_node  # noqa: SLF001 - Ray has no other way to ask for what it started
    if node is None:
        return []
    return [name for name, _ in node.dead_processes() if name in _VITAL]


def take_back_signals() -> None:
    """Let SIGTERM do what this process had asked for before Ray started.

    Ray puts a handler of its own before Python's, which writes native stacks into the log whenever
    the process is told to end, as if it had crashed. Call it in the main thread; elsewhere it does
    nothing, for only there handlers can be set.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)
        # As asyncio has it: a call that is interrupted goes on.
        signal.siginterrupt(signal.SIGTERM, False)  # noqa: FBT003 - it takes no keyword


def actor(cls: Any) -> Any:
    """A class that `ray.remote` decorated; type checkers take it for the plain one."""
    return cls
