"""`vigil override`: a person changes an arrangement that goes on."""

from typing import Annotated

import typer
from rich.text import Text

from deploy.cli.connection import client
from deploy.cli.output import Json, clean, console, put_json
from deploy.cli.rule_show import By, who
from gateway.policy_views import OverriddenView

Supervisor = Annotated[str, typer.Argument(metavar="SUPERVISOR", help="Whose it is: roadside/v17.")]
ArrangementId = Annotated[str, typer.Argument(metavar="ARRANGEMENT")]
Leg = Annotated[str, typer.Argument(metavar="LEG", help="Of the arrangement: rental.")]


def leave_out(
    ctx: typer.Context, supervisor: Supervisor, arrangement_id: ArrangementId, leg: Leg,
    by: By = None, json: Json = False,
) -> None:  # fmt: skip
    """Give one thing back, or ask for it no more; all else goes on."""
    with client(ctx, json=json) as api:
        _show(api.policies.leave_out(supervisor, arrangement_id, who(by), leg), json=json)


def choose(
    ctx: typer.Context, supervisor: Supervisor, arrangement_id: ArrangementId, leg: Leg,
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="tow_operator/t2")],
    offer: Annotated[
        str | None, typer.Option("--offer", help="Which of the service's; default: the best.")
    ] = None,
    by: By = None, json: Json = False,
) -> None:  # fmt: skip
    """Hold another option instead; where the customer was offered it, she is offered it anew."""
    with client(ctx, json=json) as api:
        found = api.policies.choose(supervisor, arrangement_id, who(by), leg, service, offer)
        _show(found, json=json)


def take_over(
    ctx: typer.Context, supervisor: Supervisor, arrangement_id: ArrangementId,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why.")] = "",
    by: By = None, json: Json = False,
) -> None:  # fmt: skip
    """Let a person go on: what is held is given back, what is on its way still comes."""
    with client(ctx, json=json) as api:
        _show(api.policies.take_over(supervisor, arrangement_id, who(by), reason), json=json)


def _show(found: OverriddenView, *, json: bool) -> None:
    if json:
        put_json(found)
    else:
        console().print(Text(f"{clean(found.arrangement_id)}: {found.state.replace('_', ' ')}"))


def register(app: typer.Typer) -> None:
    """Add `override`."""
    group = typer.Typer(
        help="Change an arrangement that goes on: leave out, choose otherwise, take over.",
        no_args_is_help=True,
    )
    group.command("leave-out")(leave_out)
    group.command("choose")(choose)
    group.command("take-over")(take_over)
    app.add_typer(group, name="override")
