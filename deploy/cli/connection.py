"""Connection: which cluster a command is about, and a client for it."""

import os
import tomllib
from pathlib import Path

import typer

from deploy import running
from deploy.cli.values import BadValue
from gateway.client import Client

DEFAULT_FOLDER = ".vigil"
CONFIG = "vigil.toml"


class Target:
    """Where the cluster is: a node's data folder, or the address of an API.

    Args:
        folder: As given; None: what the settings say.
        url: Of an API elsewhere.
        token: A token of that cluster.
    """

    def __init__(self, folder: str | None, url: str | None, token: str | None) -> None:
        self.given = None if folder is None else Path(folder).expanduser()
        self._url = url
        self._token = token
        self.json = False
        """Whether the command answers a program."""

    @property
    def folder(self) -> Path:
        """The node's data folder."""
        return self.given or Path(_set_folder() or DEFAULT_FOLDER).expanduser()

    @property
    def local(self) -> bool:
        """Whether it is a node on this machine, found by its folder."""
        return self._url is None

    def running(self) -> running.Running:
        """Where the node of the folder is; raises `NotRunning`."""
        return running.read(self.folder)

    def privacy_client(self) -> Client:
        """A client that may export and erase persons; raises `NotRunning` or `BadValue`.

        With `--url`, `--token` is the privacy token.
        """
        if self._url is not None:
            return self.client()
        node = self.running()
        return Client(node.api_url, node.privacy_token)

    def client(self) -> Client:
        """A client of the API; raises `NotRunning` or `BadValue`."""
        if self._url is not None:
            if not self._token:
                raise BadValue("--url needs --token: a token of that cluster, see `vigil token`")
            return Client(self._url, self._token)
        node = self.running()
        return Client(node.api_url, node.operator_token)


def _set_folder() -> str | None:
    """`node.folder` as the settings have it, read without loading all of them."""
    variable = os.environ.get("VIGIL__NODE__FOLDER")
    if variable:
        return variable
    try:
        with Path(CONFIG).open("rb") as file:
            node = tomllib.load(file).get("node")
    except (OSError, ValueError):
        return None  # `vigil config show` and `vigil up` say what is wrong with the file
    folder = node.get("folder") if isinstance(node, dict) else None
    return folder if isinstance(folder, str) else None


def target(ctx: typer.Context, *, json: bool = False) -> Target:
    """What the command is about."""
    found = ctx.find_object(Target)
    assert found is not None, "the callback sets it"
    found.json = json
    return found


def client(ctx: typer.Context, *, json: bool = False) -> Client:
    """A client of the cluster that the command is about; use it in a `with`."""
    return target(ctx, json=json).client()
