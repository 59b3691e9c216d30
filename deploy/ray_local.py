"""A local Ray, quiet and small."""

import os
from typing import Any

import ray

from deploy.settings import Settings

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_MEMORY_MONITOR": "1",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_enable_metrics_collection": "0",
    # Ray nices its workers by 15; here they are the service, not batch work.
    "RAY_worker_niceness": "0",
}


def start_ray(settings: Settings) -> None:
    """Start Ray on this machine; its processes end with this one."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
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


def actor(cls: Any) -> Any:
    """A class that `ray.remote` decorated; type checkers take it for the plain one."""
    return cls
