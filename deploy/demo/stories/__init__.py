"""Stories that the demo can tell, each one file here with a class `Told`. See docs/stories.md."""

from importlib import import_module
from pkgutil import iter_modules

from deploy.demo.story import Story
from deploy.errors import DeployError

DEFAULT = "roadside"


def names() -> list[str]:
    """Of all stories there are."""
    return sorted(module.name for module in iter_modules(__path__))


def find(name: str) -> type[Story]:
    """The story of this name.

    Raises:
        DeployError: There is none; the text says which there are.
    """
    if name not in names():
        raise DeployError(f"there is no story {name!r}; there are: {', '.join(names())}")
    told: type[Story] = import_module(f"{__name__}.{name}").Told
    return told
