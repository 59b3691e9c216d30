"""Settings: what is set counts, what is strongest wins, and mistakes are named where they stand."""

import inspect
import os
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

from deploy.errors import BadSettings
from deploy.settings import Settings, explain, load_settings
from deploy.sources import _paths


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no file of this machine counts."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("VIGIL__")]:
        monkeypatch.delenv(name)


def sources_of(*paths: str, overrides: dict[str, object] | None = None) -> dict[str, str]:
    """Path -> source, of the paths asked for."""
    return {each.path: each.source for each in explain(None, overrides) if each.path in paths}


def test_defaults_are_complete_and_agree() -> None:
    """Without any source everything has a value, and the values fit together."""
    settings = load_settings()

    assert Settings() == settings
    assert (8, 2.0, 20_000, 10_000) == (
        settings.log.partitions,
        settings.host.checkpoint_s,
        settings.host.checkpoint_twins,
        settings.host.outbox_limit,
    )


def test_each_source_overrides_the_one_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Defaults < file < environment < arguments, one setting at a time."""
    (tmp_path / "vigil.toml").write_text(
        "[host]\ncount = 2\ncheckpoint_s = 2.5\noutbox_limit = 7\n"
    )
    monkeypatch.setenv("VIGIL__HOST__COUNT", "3")
    monkeypatch.setenv("VIGIL__HOST__CHECKPOINT_S", "3.5")

    host = load_settings(overrides={"host.count": 4}).host

    assert (4, 3.5, 7, 20_000) == (
        host.count,
        host.checkpoint_s,
        host.outbox_limit,
        host.checkpoint_twins,
    )
    found = sources_of(
        "host.count", "host.checkpoint_s", "host.outbox_limit", "host.checkpoint_twins",
        overrides={"host": {"count": 4}},
    )  # fmt: skip
    expected = {
        "host.count": "argument",
        "host.checkpoint_s": "VIGIL__HOST__CHECKPOINT_S",
        "host.outbox_limit": "vigil.toml",
        "host.checkpoint_twins": "default",
    }
    assert expected == found


def test_every_setting_is_explained_once() -> None:
    """`vigil config show` leaves nothing out."""
    paths = [each.path for each in explain()]

    assert sorted(".".join(path) for path in _paths(Settings)) == sorted(paths)
    assert len(set(paths)) == len(paths)


def test_every_setting_says_what_it_is() -> None:
    """Each has a docstring below it in the source, so nobody has to guess a unit."""
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)
        source = inspect.getsource(kind)
        for setting in kind.model_fields:
            after = source.split(f"\n    {setting}: ", 1)[1]
            following = after.split("\n\n", 1)[0]
            assert '"""' in following, f"{name}.{setting} has no docstring"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[nats]\nprot = 1\n", "vigil.toml: nats.prot is not a setting; did you mean nats.port?"),
        ("[nat]\nport = 1\n", "vigil.toml: nat is not a setting; did you mean nats?"),
        ("partitions = 8\n", "vigil.toml: partitions is not .* mean log.partitions?"),
        ("xyzzy = 8\n", "vigil.toml: xyzzy is not a setting; known sections: node, nats, log"),
        ("[host]\ncount = 'two'\n", "vigil.toml: host.count: .* not 'two'"),
        ("host = 2\n", "vigil.toml: host: "),
        ("[log]\npartitions = 12\n", "vigil.toml: log: partitions must be a power of two, not 12"),
        ("[host]\nlease_s = 1\n", "vigil.toml: host: lease_s is 1, less than four heartbeats"),
        ("[log\n", "vigil.toml is not TOML: .*line 1"),
        ("[node]\nkinds = ['a', 3]\n", "vigil.toml: node.kinds: .* not 3"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    """The message names file and key, says what is wrong, and what was probably meant."""
    (tmp_path / "vigil.toml").write_text(text)

    with pytest.raises(BadSettings, match=message):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("VIGIL__NATS__PROT", "1", "VIGIL__NATS__PROT is not .* mean VIGIL__NATS__PORT?"),
        ("VIGIL__NATTS__PORT", "1", "VIGIL__NATTS__PORT is not .* mean VIGIL__NATS__PORT?"),
        ("VIGIL__PORT", "1", "VIGIL__PORT is not a setting; did you mean VIGIL__"),
        ("VIGIL__NATS__PORT", "high", "VIGIL__NATS__PORT: .* not 'high'"),
        ("VIGIL__NATS__PORT", "70000", "VIGIL__NATS__PORT: .* not '70000'"),
        ("VIGIL__NODE__KINDS", "a,b", "VIGIL__NODE__KINDS: .*list, not 'a,b'"),
        ("vigil__nats__port", "high", "vigil__nats__port: "),
    ],
)
def test_a_mistake_in_a_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    """The message names the variable as it is written."""
    monkeypatch.setenv(name, value)

    with pytest.raises(BadSettings, match=message):
        load_settings()


def test_all_mistakes_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start, one list; not one start a mistake."""
    monkeypatch.setenv("VIGIL__NATS__PROT", "1")

    with pytest.raises(BadSettings) as caught:
        load_settings(overrides={"host.cuont": 1, "api.prot": 2})

    assert 3 == len(str(caught.value).splitlines())
    assert "argument host.cuont is not a setting; did you mean host.count?" in str(caught.value)


def test_variables_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the prefix with two underscores is ours."""
    monkeypatch.setenv("VIGIL_DRIVES", "/somewhere")
    monkeypatch.setenv("VIGIL", "1")

    assert Settings() == load_settings()


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """As compose files leave it when nothing was given."""
    monkeypatch.setenv("VIGIL__NATS__PORT", "")

    assert Settings().nats.port == load_settings().nats.port
    assert {"nats.port": "default"} == sources_of("nats.port")


def test_lists_and_tables_come_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a variable, a list or a table is JSON."""
    monkeypatch.setenv("VIGIL__NODE__KINDS", '["my.kinds"]')
    monkeypatch.setenv("VIGIL__NODE__FUNCTIONS", '{"wear": "my.models:wear"}')

    node = load_settings().node

    assert ["my.kinds"] == node.kinds
    assert "my.models:wear" == node.functions["wear"]


def test_computations_of_our_kinds_are_on_every_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is given; under the same name the given one counts."""
    ours = {"remaining_useful_life": "twins.devices.wear:remaining_useful_life"}
    without = load_settings().node.functions
    monkeypatch.setenv("VIGIL__NODE__FUNCTIONS", '{"wear": "my.models:wear"}')
    beside = load_settings().node.functions
    monkeypatch.setenv("VIGIL__NODE__FUNCTIONS", '{"remaining_useful_life": "my.models:life"}')
    instead = load_settings().node.functions

    assert ours == without
    assert {**ours, "wear": "my.models:wear"} == beside
    assert {"remaining_useful_life": "my.models:life"} == instead


def test_computations_that_are_named_can_be_imported() -> None:
    """Each default leads to a function."""
    for path in load_settings().node.functions.values():
        module, name = path.split(":")

        assert callable(getattr(import_module(module), name))


def test_sizes_have_units(tmp_path: Path) -> None:
    """A size is a number of bytes, or says its unit."""
    (tmp_path / "vigil.toml").write_text(
        '[host]\nhot_bytes = "512MiB"\n[log]\nmax_bytes=16777216\n'
    )

    settings = load_settings()

    assert (512 * 1024**2, 16 * 1024**2) == (settings.host.hot_bytes, settings.log.max_bytes)


def test_none_means_no_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a file and in a variable, for a setting that may be without; for others it is wrong."""
    (tmp_path / "vigil.toml").write_text('[nats]\nmqtt_port = "none"\n')
    assert load_settings().nats.mqtt_port is None

    monkeypatch.setenv("VIGIL__NATS__MQTT_PORT", "1884")
    assert 1884 == load_settings().nats.mqtt_port

    monkeypatch.setenv("VIGIL__NATS__MQTT_PORT", "none")
    assert load_settings().nats.mqtt_port is None

    monkeypatch.setenv("VIGIL__HOST__COUNT", "none")
    with pytest.raises(BadSettings, match="VIGIL__HOST__COUNT"):
        load_settings()


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    """`--config` with a typing error does not start a node with defaults."""
    with pytest.raises(BadSettings, match=r"other\.toml: No such file"):
        load_settings(tmp_path / "other.toml")


def test_a_named_file_counts_instead_of_the_default_one(tmp_path: Path) -> None:
    """One file counts, never two."""
    (tmp_path / "vigil.toml").write_text("[host]\ncount = 2\noutbox_limit = 5\n")
    (tmp_path / "other.toml").write_text("[host]\ncount = 3\n")

    host = load_settings(tmp_path / "other.toml").host

    assert (3, 10_000) == (host.count, host.outbox_limit)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in what is explained, nor in a message about them, nor in a representation."""
    monkeypatch.setenv("VIGIL__API__OPERATOR_TOKEN", "correct-horse-battery")
    (token,) = [each for each in explain() if each.path == "api.operator_token"]

    assert ("**********", "VIGIL__API__OPERATOR_TOKEN") == (token.value, token.source)
    assert "correct-horse" not in repr(load_settings())

    monkeypatch.setenv("VIGIL__API__OPERATOR_TOKEN", "too-short")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert "VIGIL__API__OPERATOR_TOKEN" in str(caught.value)
    assert "too-short" not in str(caught.value)


def test_logs_that_cannot_fit_are_refused() -> None:
    """The NATS server would refuse the last of the streams, with a worse message."""
    with pytest.raises(BadSettings, match=r"more than nats\.max_store_bytes"):
        load_settings(overrides={"log.partitions": 256})


def test_settings_do_not_change_under_their_readers() -> None:
    """Whoever holds them may rely on them."""
    host = load_settings().host

    with pytest.raises(ValueError, match="frozen"):
        host.count = 5
