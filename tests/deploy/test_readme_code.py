"""The README's code: it runs as it stands there."""

import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.settings import load_settings
from twins.kind import KINDS

README = (Path(__file__).parents[2] / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """Every fenced block of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_kind_in_the_readme_works(tmp_path: Path) -> None:
    """The class is a kind, and what is asserted of it holds."""
    code = [block for block in blocks("python") if "import ray" not in block]
    path = tmp_path / "readme_kind.py"
    path.write_text("\n\n".join(code))
    spec = importlib.util.spec_from_file_location("readme_kind", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["readme_kind"] = importlib.util.module_from_spec(spec)

    spec.loader.exec_module(module)

    assert module.EspressoMachine is KINDS.pop("espresso_machine").cls
    del sys.modules["readme_kind"]


@pytest.mark.parametrize("text", blocks("toml"))
def test_the_settings_in_the_readme_exist(tmp_path: Path, text: str) -> None:
    """Whoever copies them gets no complaint."""
    path = tmp_path / "vigil.toml"
    path.write_text(text)

    settings = load_settings(path).model_dump()

    for section, given in tomllib.loads(text).items():
        assert given.keys() <= settings[section].keys()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)\)", README))))
def test_what_the_readme_links_to_is_there(path: str) -> None:
    """No link leads nowhere."""
    assert (Path(__file__).parents[2] / path).exists()
