"""Calls about the commands of one twin: give, list, look, cancel."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.asking import asked
from gateway.api.context import Context, Key, Kind, within
from gateway.api.errors import Conflict, NotFound
from gateway.api.idempotency import IdempotencyKey
from gateway.api.models import Problem
from gateway.api.needs import Operates, Reads
from gateway.twin_views import Commands, CommandView
from twins.devices.commands import Command
from twins.kind import kind_of

OPEN = ("queued", "sent", "delivered")

router = APIRouter(
    prefix="/v1/twins/{kind}/{key}/commands",
    tags=["twins"],
    responses={status: {"model": Problem} for status in (401, 404, 409, 422, 503, 504)},
)

CommandId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]


class CommandGiven(BaseModel):
    """A command for a device."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"name": "open_trunk"}]},
    )  # fmt: skip

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    """One that the kind takes; `GET` says which."""
    data: dict[str, Any] = {}
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")] | None = None
    """Constant for one wish: given again, it is the same command. Default: a new one."""
    expires_at: Annotated[float, Field(ge=0, le=1e12)] | None = None
    """After this it is not sent any more. Default: as the kind says."""


class CancelGiven(BaseModel):
    """Why a command is taken back."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    reason: Annotated[str, Field(max_length=200)] = ""


@router.get("")
async def list_commands(kind: Kind, key: Key, shared: Reads) -> Commands:
    """List the commands that a twin remembers, newest first, with their state."""
    takes = _takes(kind)
    found = await _commands(shared, f"{kind}/{key}")
    views = [command_view(command) for command in reversed(found.values())]
    return Commands(twin_id=f"{kind}/{key}", items=views, takes=takes)


@router.get("/{command_id}")
async def get_command(kind: Kind, key: Key, command_id: CommandId, shared: Reads) -> CommandView:
    """Say how far a command has come."""
    _takes(kind)
    return await _one(shared, f"{kind}/{key}", command_id)


@router.post("", status_code=202)
async def give_command(
    kind: Kind, key: Key, given: CommandGiven, shared: Operates,
    idempotency_key: IdempotencyKey = None,
) -> CommandView:  # fmt: skip
    """Give a device a command; the twin keeps it until it is done, has failed, or expires."""
    takes, twin_id = _takes(kind), f"{kind}/{key}"
    if not takes:
        raise Conflict(f"a {kind} takes no commands", twin_id=twin_id)
    data = given.model_dump(exclude_none=True)
    answer = await asked(shared, twin_id, "command", data, idempotency_key)
    return await _one(shared, twin_id, answer["id"])


@router.post("/{command_id}/cancel")
async def cancel_command(
    kind: Kind, key: Key, command_id: CommandId, shared: Operates,
    given: CancelGiven | None = None, idempotency_key: IdempotencyKey = None,
) -> CommandView:  # fmt: skip
    """Send a command no more. One that has ended stays as it is.

    A device that has it already may still do it; what it then says it did is what the state says.
    """
    twin_id = f"{kind}/{key}"
    _takes(kind)
    await _one(shared, twin_id, command_id)
    data = {"id": command_id, "detail": (given.reason if given else "") or None}
    await asked(shared, twin_id, "command.cancel", data, idempotency_key)
    return await _one(shared, twin_id, command_id)


def command_view(command: Command) -> CommandView:
    """A command as the API shows it."""
    shown = {name: getattr(command, name) for name in command.__struct_fields__ if name != "ref"}
    return CommandView(**shown, open=command.state in OPEN)


def _takes(kind: str) -> list[str]:
    return sorted(getattr(kind_of(kind).cls, "takes", {}))


async def _commands(shared: Context, twin_id: str) -> dict[str, Command]:
    state = await within(
        shared.limits.read_s, shared.services.state(twin_id), "no answer in time; ask again"
    )
    return msgspec.convert(state.state.get("commands") or {}, dict[str, Command], strict=False)


async def _one(shared: Context, twin_id: str, command_id: str) -> CommandView:
    found = (await _commands(shared, twin_id)).get(command_id)
    if found is None:
        raise NotFound(f"{twin_id} remembers no command {command_id}", twin_id=twin_id)
    return command_view(found)
