"""The command line, put together.

Exit codes: 0 done; 1 failed, the text says why and what to do; 2 called the wrong way; 3 no cluster
runs where it was looked for.

A module of commands has `register(app)`. It must import quickly: what takes time (Ray, the
settings' tree) is imported by the command that needs it.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from deploy.cli import (
    access,
    backtest,
    bench,
    bulk,
    cases,
    chaos,
    cluster,
    config,
    demo,
    engagement,
    finding,
    importing,
    kinds,
    new,
    openapi,
    operating,
    overriding,
    persons,
    policies,
    rules,
    streets,
    twins,
    watching,
    what_if,
)
from deploy.cli.connection import Target
from deploy.cli.output import FAILED, NOT_RUNNING, USAGE, complain
from deploy.cli.values import BadValue
from deploy.errors import BadSettings, DeployError, NotRunning
from gateway.client import ApiProblem, ApiUnreachable
from twins.errors import TwinError

MODULES: tuple[Any, ...] = (
    demo,
    twins,
    operating,
    bulk,
    finding,
    importing,
    watching,
    persons,
    rules,
    backtest,
    overriding,
    policies,
    cases,
    engagement,
    kinds,
    what_if,
    streets,
    new,
    openapi,
    access,
    cluster,
    config,
    bench,
    chaos,
)
"""All modules with commands, in the order of the help."""


class Commands(TyperGroup):
    """Turns the errors that commands raise on purpose into words and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; unexpected errors go on, with their traceback."""
        try:
            return super().invoke(ctx)
        except (BadValue, BadSettings, TwinError) as error:
            complain(ctx.obj, str(error))
            ctx.exit(USAGE)
        except NotRunning as error:
            complain(ctx.obj, str(error))
            ctx.exit(NOT_RUNNING)
        except ApiUnreachable as error:
            complain(ctx.obj, f"{error}; `vigil status` says whether the cluster runs")
            ctx.exit(NOT_RUNNING)
        except ApiProblem as error:
            complain(ctx.obj, error.problem.detail, error.problem)
            ctx.exit(FAILED)
        except DeployError as error:
            complain(ctx.obj, str(error))
            ctx.exit(FAILED)


def make_app() -> typer.Typer:
    """The application with all commands."""
    app = typer.Typer(
        name="vigil",
        cls=Commands,
        help="Live digital twins: watch them, ask them, and run the cluster that carries them.",
        epilog="Exit codes: 0 done, 1 failed, 2 called the wrong way, 3 no cluster is running.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for module in MODULES:
        module.register(app)
    return app


def _options(
    ctx: typer.Context,
    folder: Annotated[
        str | None,
        typer.Option(
            envvar="VIGIL_HOME",
            help="The node's data folder. Default: `node.folder` of vigil.toml, else .vigil",
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(envvar="VIGIL_URL", help="The API of a cluster elsewhere; needs --token."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="VIGIL_TOKEN", help="A token of that cluster; see `vigil token`."),
    ] = None,
) -> None:
    """Take what is the same for all commands."""
    ctx.obj = Target(folder, url, token)


def main() -> None:
    """Run the command that was typed."""
    make_app()()
