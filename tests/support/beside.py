"""Beside: an environment in which Vigil is installed, for packages that are installed beside it."""

import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import deploy

ROOT = Path(deploy.__file__).parents[1]

_SCRIPTS = {
    "vigil": "from deploy.cli import main; main()",
    "pytest": "import sys, pytest; sys.exit(pytest.main())",
}


class Beside:
    """A virtual environment with the libraries of this one, and what is installed besides.

    Args:
        folder: Where it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.python = folder / "bin" / "python"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        ours = sysconfig.get_path("purelib")
        path = folder / "lib" / version / "site-packages" / "vigil.pth"
        path.write_text(f"import site; site.addsitedir({ours!r})\n")
        for name, code in _SCRIPTS.items():
            script = self.folder / "bin" / name
            script.write_text(f"#!{self.python}\n{code}\n")
            script.chmod(0o755)

    def install(self, package: Path) -> None:
        """Install a package as its author does; nothing is downloaded."""
        words = ["--disable-pip-version-check", "--no-input", "-q", "install", "--no-index"]
        options = ["--no-build-isolation", "--no-deps", "--editable", str(package)]
        pip = [sys.executable, "-m", "pip", "--python", str(self.python)]
        self._check(subprocess.run([*pip, *words, *options], capture_output=True, text=True,
                                   check=False))  # fmt: skip

    def run(self, *words: str, folder: Path) -> str:
        """Run a command of the environment in a folder, and return what it prints."""
        return self.shell(shlex.join(words), folder)

    def shell(self, command: str, folder: Path, more: Mapping[str, str] | None = None) -> str:
        """Run a line as it is typed where the environment is active."""
        here = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL")}
        # This copy of Vigil, whichever one is installed.
        here |= {"PYTHONPATH": str(ROOT), "COLUMNS": "100", **(more or {})}
        here["PATH"] = f"{self.folder / 'bin'}{os.pathsep}{here['PATH']}"
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=folder, env=here, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        return self._check(done)

    @staticmethod
    def _check(done: subprocess.CompletedProcess[str]) -> str:
        assert 0 == done.returncode, f"{done.args}\n{done.stdout}\n{done.stderr}"

        return done.stdout
