"""Offline: rules checked and tested without a cluster, as the API does it with one."""

from collections.abc import Sequence
from pathlib import Path

from actors.kinds import gather_kinds, load_kinds
from deploy.settings import load_settings
from gateway import trials
from gateway.rule_findings import Checked, RuleFile, Tested
from twins.kind import kind_of
from twins.rulebook.pages import brought


class Offline:
    """The kinds that the settings name, with the rules that they bring.

    Args:
        config: A file of settings; none takes `vigil.toml`, where it is there.
    """

    def __init__(self, config: Path | None) -> None:
        load_kinds(gather_kinds(load_settings(config).node.kinds))

    def check(self, files: Sequence[RuleFile]) -> Checked:
        """See `RulesClient.check`."""
        read = trials.read_files(files)
        published = {
            kind: trials.Published(0, {name: p.document for name, p in brought(kind).items()})
            for kind in read.kinds
        }
        return trials.check(read, published)

    def test(self, tests: Sequence[RuleFile], rules: Sequence[RuleFile] = ()) -> Tested:
        """See `RulesClient.test`."""
        return trials.run(
            trials.tests_of(tests), trials.read_files(rules), lambda kind: kind_of(kind).ruleset
        )
