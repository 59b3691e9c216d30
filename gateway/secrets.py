"""Secrets: what a cluster's parts know one another by. Made once, kept in one file of mode 0600.

Whoever has the file is the operator. Device tokens are derived from `device_key`, so no list of
devices has to be kept: `gateway.auth.device_token`.
"""

import hmac
import os
import secrets as chance
import stat
from pathlib import Path
from typing import Annotated, Self

import msgspec
import nkeys
from msgspec import Meta, Struct

from gateway.errors import BadSecrets

FILE = "secrets.json"
PRIVATE = 0o600

_Text = Annotated[str, Meta(min_length=16)]
_Key = Annotated[bytes, Meta(min_length=32)]


class Secrets(Struct, frozen=True, kw_only=True):
    """All secrets of one cluster."""

    issuer_seed: _Text
    """Seed of the account key that signs what devices may do (an nkey, `SA…`)."""
    internal_password: _Text
    """With it Vigil's own parts sign in to NATS."""
    device_key: _Key
    """Device tokens are made of it."""
    offer_key: _Key
    """Offer links are signed with it."""
    operator_token: _Text
    """With it operators sign in to the API."""
    internal_user: str = "vigil"

    def __repr__(self) -> str:
        # A secret in a log line is none.
        return "Secrets(…)"

    @property
    def privacy_token(self) -> str:
        """With it persons are exported and erased; who has only the operator token has it not."""
        return hmac.new(self.device_key, b"privacy", "sha256").hexdigest()

    @classmethod
    def make(cls) -> Self:
        """New ones, by the system's source of chance."""
        seed = nkeys.encode_seed(chance.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)
        return cls(
            issuer_seed=seed.decode(),
            internal_password=chance.token_urlsafe(32),
            device_key=chance.token_bytes(32),
            offer_key=chance.token_bytes(32),
            operator_token=chance.token_urlsafe(32),
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Those of a data folder; made when there are none yet.

        Raises `BadSecrets` when the file is damaged, or others may read it.
        """
        path = folder / FILE
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            cls._write(path, cls.make())
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise BadSecrets(
                f"{path} has mode {mode:o}: other users can read it. Make new device tokens if "
                f"they may have, and run: chmod 600 {path}"
            )
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadSecrets(
                f"{path} is damaged: {error}. Restore it from a backup; without it devices "
                "cannot sign in"
            ) from error

    @staticmethod
    def _write(path: Path, secrets: "Secrets") -> None:
        # Written aside and linked, so that of two starters one wins whole and nobody reads half.
        aside = path.with_name(f"{FILE}.{os.getpid()}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(secrets))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(aside)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
