"""A cluster in memory for commands about rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.rule_shell import Shell, shell_of


@pytest.fixture
def vigil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """Anybody may publish."""
    yield from shell_of(tmp_path, monkeypatch)


@pytest.fixture
def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A second person has to approve."""
    yield from shell_of(tmp_path, monkeypatch, approval=True)
