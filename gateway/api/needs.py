"""Needs: what each call demands of its caller, declared where the call is.

A route declares its need by the type of the parameter through which it gets the context:

    @router.post("/twins/{kind}/{key}/maintenance")
    async def maintain(kind: Kind, key: Key, shared: Operates) -> Sent: ...

One that wants no context declares it beside its path: `dependencies=needs(Need.ANYBODY)`. The
application does not start with a route that declares none, and `/openapi.json` names each one's
need and the roles that meet it (`x-need`, `x-roles`). A new need is a line in `gateway.roles`.

| parameter | for | |
|---|---|---|
| `Reads` | people | looks, changes nothing |
| `Serves` | people | works for a customer: cases, undo |
| `Authors` | people | rules: draft, try, approve, publish |
| `Operates` | people | commands, changes of twins, policies |
| `Audits` | people | who did what |
| `Administers` | people | gives and takes access |
| `Privacy` | people | exports and erases persons |
| `Open` | anybody | tells what everybody may know |
| `ByDevice` | devices | the route checks the device's token (`access.device_of`) |
| `ByLink` | customers | the route checks the link |
| `BySignature` | channels, shops | the route checks the signature |
| `ByVisitor` | web pages | the route checks origin and consent |
| `BySignIn` | whoever signs in or out | the route checks the token or the session |

A route that writes to a twin of any kind asks `reached` first.

Of an unsafe method everything that is done by `shared.services` is entered in the activity log;
what changes something else says so with `shared.note`.

`shared.caller` is who calls, and `shared.sign(given.by)` the name that stands under what is done.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute

from gateway.activity_views import Entry
from gateway.api.access import Caller, check
from gateway.api.callers import SAFE
from gateway.api.context import Context, context
from gateway.api.edge import ACTIVITY
from gateway.api.openapi import METHODS, operation_id
from gateway.api.problems import PROBLEM_TYPE
from gateway.api.recording import Activity
from gateway.roles import KINDS, MET_BY, Need, roles_with

UNDECLARED: Final = (
    "{method} {path} declares no need; give its context a type of gateway.api.needs, or "
    "dependencies=needs(…)"
)

SCHEMES: Final[dict[str, dict[str, Any]]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "Of a person or a program."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "vigil",
        "description": "Of a browser; all but GET carry `X-CSRF-Token`, too.",
    },
    "device": {"type": "http", "scheme": "basic", "description": "A device's id and token."},
}


THEMSELVES: Final = frozenset({Need.DEVICE, Need.VISITOR})
"""Needs of calls that are no one's doing at Vigil: what devices and visitors' browsers send is
itself the record, in their twins' history, with sender and id."""

SECRET: Final = frozenset({"token", "link"})
"""Parameters of paths that open something by themselves."""

MET_BY_WHOM: Final = {
    Need.ANYBODY: "anybody", Need.LINK: "a customer", Need.SIGNATURE: "a signed call",
    Need.SIGNED_IN: "nobody yet",
}  # fmt: skip
"""Whose an entry is where the route finds out no more."""

_REFUSAL: Final = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


class Needs:
    """A dependency: gives the context to callers that meet a need, and refuses all others."""

    def __init__(self, need: Need) -> None:
        self.need = need

    async def __call__(self, request: Request) -> Context:
        """The context of this call; raises `Unauthenticated` or `Forbidden`."""
        shared = context(request)
        people = self.need not in MET_BY
        caller = await shared.callers.of(request) if people else None
        mine = shared.called_by(caller)
        log = shared.admission.activity
        if log is not None and self._changes(request):
            entry = _entry(request, self.need, caller, shared.services.clock())
            activity = Activity(log, shared.services, entry)
            # Whoever gives the answer completes the entry.
            request.scope[ACTIVITY] = activity
            mine.record(activity)
            if caller is not None:
                await activity.begin()
        if people:
            check(caller, self.need)
        return mine

    def _changes(self, request: Request) -> bool:
        """Whether the call may change something that has no better record."""
        if self.need in THEMSELVES:
            return False
        return request.method not in SAFE or self.need is Need.SIGNED_IN


def _entry(request: Request, need: Need, caller: Caller | None, now: float) -> Entry:
    route = request.scope.get("route")
    what = operation_id(route) if isinstance(route, APIRoute) else request.method
    return Entry(
        at=now,
        who=MET_BY_WHOM.get(need, "nobody") if caller is None else caller.name,
        via=str(need) if caller is None else caller.via,
        credential="" if caller is None else caller.id,
        roles=[] if caller is None else sorted(caller.roles),
        what=what,
        where={name: str(text)[:200] for name, text in request.path_params.items()
               if name not in SECRET},
        origin=request.client.host if request.client is not None else "",
        agent=request.headers.get("user-agent", "")[:100],
        request=request.scope.get("vigil.request_id", ""),
    )  # fmt: skip


def reached(shared: Context, kind: str, data: Any) -> Any:
    """What a general call may say to a twin of this kind: whoever may write to any twin, writes.

    Where a kind has calls of its own (`gateway.roles.KINDS`), it takes their need, and what is said
    is signed as there: so nobody publishes rules past `author`, or in somebody else's name.

    Returns:
        The data, signed. Raises `Forbidden`.
    """
    need = KINDS.get(kind)
    if need is None or shared.caller is None:
        return data
    check(shared.caller, need)
    if isinstance(data, dict) and isinstance(data.get("by"), str):
        return data | {"by": shared.sign(data["by"])}
    return data


def needs(need: Need) -> Sequence[Dependency]:
    """For routes that want no context: `dependencies=needs(Need.ANYBODY)`."""
    return [Depends(Needs(need))]


Reads = Annotated[Context, Depends(Needs(Need.READ))]
Serves = Annotated[Context, Depends(Needs(Need.SERVE))]
Authors = Annotated[Context, Depends(Needs(Need.AUTHOR))]
Operates = Annotated[Context, Depends(Needs(Need.OPERATE))]
Audits = Annotated[Context, Depends(Needs(Need.AUDIT))]
Administers = Annotated[Context, Depends(Needs(Need.ADMINISTER))]
Privacy = Annotated[Context, Depends(Needs(Need.PRIVACY))]
Open = Annotated[Context, Depends(Needs(Need.ANYBODY))]
ByDevice = Annotated[Context, Depends(Needs(Need.DEVICE))]
ByLink = Annotated[Context, Depends(Needs(Need.LINK))]
BySignature = Annotated[Context, Depends(Needs(Need.SIGNATURE))]
ByVisitor = Annotated[Context, Depends(Needs(Need.VISITOR))]
BySignIn = Annotated[Context, Depends(Needs(Need.SIGNED_IN))]


def declared(routers: Iterable[APIRouter]) -> dict[tuple[str, str], Need]:
    """(path, method) -> need, of every route; raises `ValueError` where one declares none."""
    found: dict[tuple[str, str], Need] = {}
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                continue  # files
            stated = set(_needs_of(route.dependant))
            for method in route.methods or ():
                if len(stated) != 1:
                    raise ValueError(
                        UNDECLARED.format(method=method, path=route.path) + _several(stated)
                    )
                found[route.path, method] = next(iter(stated))
    return found


def _several(stated: set[Need]) -> str:
    return f" (it declares {', '.join(sorted(stated))}: one counts)" if stated else ""


def _needs_of(dependant: Dependant) -> list[Need]:
    own = [dependant.call.need] if isinstance(dependant.call, Needs) else []
    return own + [need for one in dependant.dependencies for need in _needs_of(one)]


def install(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Check that every route declares its need, and publish it; after all routes are there.

    The routers' own routes are looked at: those that the application makes of them cost a second,
    and are made when they are first called.
    """
    found = declared(routers)
    generate: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        made = app.openapi_schema is not None
        schema = generate()
        if not made:
            schema.setdefault("components", {})["securitySchemes"] = SCHEMES
            for path, operations in schema["paths"].items():
                for method in METHODS & operations.keys():
                    _publish(operations[method], found[path, method.upper()])
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # an instance's, as FastAPI's guide for extending OpenAPI does it


def _publish(operation: dict[str, Any], need: Need) -> None:
    roles = [str(role) for role in roles_with(need)]
    operation["x-need"] = str(need)
    operation["x-roles"] = roles
    if need is Need.DEVICE:
        operation["security"] = [{"device": []}]
    elif need not in MET_BY:
        operation["security"] = [{"token": roles}, {"session": roles}]
        for status, text in (
            ("401", "Nobody is proven"), ("403", f"None of the caller's roles has `{need}`"),
        ):  # fmt: skip
            refusal = {"description": text, "content": _REFUSAL}
            operation["responses"].setdefault(status, refusal)
    else:
        operation["security"] = []
