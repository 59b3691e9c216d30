"""Commands that find out about rules: check, test, fields, explain, why-not."""

from pathlib import Path
from typing import Any

from msgspec import json
from support.jdm import as_file, jdm
from support.rule_shell import BROKEN, FAST, HOT, Shell
from support.world import START
from typer.testing import CliRunner, Result

from deploy.cli.app import make_app
from twins.record import Firing, Record

TEST = """\
test: it gets hot
kind: oven
events: [{at: 10s, data: {inside_c: 300}}]
expect: [{signal: engine.hot, at: 10s}]
"""


def test_check_says_where_a_mistake_is(vigil: Shell) -> None:
    """File, line and word; it fails, and nothing is drafted."""
    good, bad = vigil.file("good.yaml", HOT), vigil.file("bad.yaml", BROKEN)
    passed = vigil("check", good)
    failed = vigil("check", good, bad)

    assert (0, 1) == (passed.exit_code, failed.exit_code)
    assert "oven: 1 rules could be published on 0" in passed.stdout
    assert f"{bad}:4:5: engine.hot: on: " in failed.stdout
    assert vigil.json("check", bad, code=1)["ok"] is False
    assert [] == vigil.json("show", "oven")["drafts"]


def test_tests_of_rules_pass_and_fail_by_exit_code(vigil: Shell) -> None:
    """With rules of a file, or the published ones; a failing one shows the difference."""
    test, rules = vigil.file("test.yaml", TEST), vigil.file("hot.yaml", HOT)
    given = vigil("test", test, "--rules", rules)
    before = vigil("test", test)
    vigil.publish(HOT)
    after = vigil.json("test", test)

    assert (0, 1, True) == (given.exit_code, before.exit_code, after["passed"])
    assert "ok      oven: it gets hot" in given.stdout
    assert "FAILED  oven: it gets hot" in before.stdout
    assert "-      10s  engine.hot" in before.stdout
    assert "1 tests, 1 failed" in before.stdout


def test_a_folder_is_checked_and_tested_as_a_whole(vigil: Shell) -> None:
    """Its files say by their folder whose rules they are."""
    vigil.file("rules/oven/engine.hot.yaml", HOT.replace("kind: oven\n", ""))
    vigil.file("rules/oven/too.fast.yaml", FAST)
    folder = str(vigil.folder / "rules")
    checked = vigil("check", folder)
    tested = vigil("test", vigil.file("test.yaml", TEST), "--rules", folder)

    assert "oven: 2 rules could be published on 0" in checked.stdout
    assert (0, 0) == (checked.exit_code, tested.exit_code)


def test_rules_are_tried_without_a_cluster(tmp_path: Path) -> None:
    """What a repository of rules runs before it lands: nothing is asked, nothing runs."""
    rule, test = tmp_path / "hot.yaml", tmp_path / "test.yaml"
    rule.write_text(HOT, "utf-8")
    test.write_text(TEST, "utf-8")

    def run(*words: str) -> Result:
        return CliRunner().invoke(make_app(), ["--folder", str(tmp_path), "rules", *words])

    checked = run("check", str(rule), "--offline")
    passed = run("test", str(test), "--rules", str(rule), "--offline", "--json")
    failed = run("test", str(test), "--offline")
    rule.write_text(BROKEN, "utf-8")
    broken = run("check", str(rule), "--offline")
    unknown = run("test", str(test), "--rules", str(rule), "--offline")

    assert "oven: 1 rules could be published on 0" in checked.stdout
    assert json.decode(passed.stdout)["passed"] is True
    assert [0, 0, 1, 1, 2] == [one.exit_code for one in (checked, passed, failed, broken, unknown)]
    assert f"{rule}:4:5" in broken.stdout
    assert f"{rule}:4:5" in unknown.stderr


def test_a_test_that_is_none_is_a_mistake_of_the_caller(vigil: Shell) -> None:
    """The place is named."""
    result = vigil("test", vigil.file("test.yaml", TEST.replace("events", "evnets")))

    assert (1, True) == (result.exit_code, "did you mean events" in result.stderr)


def test_fields_are_a_table(vigil: Shell) -> None:
    """Unit, range, and what there is now."""
    vigil.services.add("oven/o1", inside_c=180.0)
    vigil.services.add("oven/o2", inside_c=220.5)
    result = vigil.main("fields", "oven")
    line = next(line for line in result.stdout.splitlines() if line.startswith("inside_c"))

    assert ["inside_c", "number", "°C", "-40", "to", "600", "readings", "2", "of", "2", "180", "to",
            "220.5"] == line.split()  # fmt: skip
    assert "events: " in result.stdout
    assert "oven" == json.decode(vigil.main("fields", "oven", "--json").stdout)["kind"]


def test_explain_shows_what_a_rule_saw(vigil: Shell) -> None:
    """In words, with the inputs, and the rule itself."""
    vigil.publish(HOT)
    document = vigil.json("show", "oven", "engine.hot")["document"]
    firing = Firing(
        id="oven/o1~f1", rule="engine.hot", version=1, at=START, now=START, severity="critical",
        signals=["oven/o1~s1"],
        why={"words": "inside_c (300) > 110", "inputs": {"inside_c": 300.0}, "values": {}},
    )  # fmt: skip
    vigil.services.world.twin("oven/o1").record = Record(firings=[firing])
    result = vigil.main("explain", "oven/o1~s1")

    for text in ("engine.hot of oven/o1, critical", "inside_c (300) > 110", "version 1",
                 document["when"]):  # fmt: skip
        assert text in result.stdout
    assert "oven/o1" == json.decode(vigil.main("explain", "oven/o1~s1", "--json").stdout)["twin_id"]
    assert 1 == vigil.main("explain", "oven/o1~s2").exit_code


def test_explain_shows_how_a_table_decided(vigil: Shell) -> None:
    """Which row, by which values, and what it said; or why it said nothing."""
    vigil.publish(HOT)
    rows = [{"table": "offers", "row": 2, "inputs": {"km": 12, "tier": "gold"}, "outputs": {}}]
    decided: dict[str, Any] = {"rows": rows, "outputs": {"offer": "ride"}, "failure": None}
    decisions: dict[str, Any] = {
        "remedy": decided,
        "all": {**decided, "outputs": [{"offer": "ride"}]},
        "voucher": {"rows": [], "outputs": {}, "failure": None},
        "route": {"rows": [], "outputs": {}, "failure": "the input has 70000 bytes"},
    }
    firing = Firing(
        id="oven/o1~f1", rule="engine.hot", version=1, at=START, now=START,
        signals=["oven/o1~s1"], why={"words": "it is hot", "decisions": decisions},
    )  # fmt: skip
    vigil.services.world.twin("oven/o1").record = Record(firings=[firing])
    lines = [line.split() for line in vigil.main("explain", "oven/o1~s1").stdout.splitlines()]

    for line in (
        "remedy row 2 of offers, by km 12, tier gold", "remedy offer ride",
        'all [{"offer":"ride"}]', "voucher no row fits", "route the input has 70000 bytes",
    ):  # fmt: skip
        assert line.split() in lines


def test_a_decision_table_stands_beside_the_rules(vigil: Shell, tmp_path: Path) -> None:
    """Pushed as its editor writes it, and pulled as it was; a rule that asks it needs it."""
    table = as_file(jdm(["inside_c"], ["remedy"], [["> 150", '"stop"'], ["", '"wait"']]))
    asks = (
        HOT + "then:\n  - {decide: remedy, data: [inside_c]}\n  - {signal: x, data: {r: remedy}}\n"
    )
    folder, copy = tmp_path / "rules", tmp_path / "copy"
    vigil.file("rules/oven/engine.hot.yaml", asks)
    alone = vigil("push", str(folder))
    vigil.file("rules/oven/remedy.json", table)
    pushed = vigil("push", str(folder), "--force")
    pulled = vigil("pull", str(copy))

    assert (1, 0, 0) == (alone.exit_code, pushed.exit_code, pulled.exit_code), pushed.output
    assert "oven has no decision table 'remedy'; there are: none" in alone.output
    assert "oven: version 1 is published" in pushed.stdout
    assert table.strip() == (copy / "oven" / "remedy.json").read_text().strip()
    assert {"engine.hot", "remedy"} == {
        rule["name"] for rule in vigil.json("show", "oven")["rules"]
    }


def test_why_not_shows_the_part_that_is_false(vigil: Shell) -> None:
    """With its value; and unknown is something else than false."""
    vigil.publish(HOT.replace("inside_c > 110", "inside_c > 110 and load_pct > 50"))
    vigil.services.world.twin("oven/o1").inside_c = 300.0
    result = vigil.main("why-not", "engine.hot", "oven/o1")

    assert "engine.hot of oven/o1 is well, version 1" in result.stdout
    assert "load_pct is unknown" in result.stdout
    assert ["yes", "inside_c > 110"] == result.stdout.splitlines()[4].split(maxsplit=1)
    assert "no" == result.stdout.splitlines()[6].split()[0]
    assert (
        "well"
        == json.decode(vigil.main("why-not", "engine.hot", "oven/o1", "--json").stdout)["state"]
    )
    assert 1 == vigil.main("why-not", "nothing", "oven/o1").exit_code


def test_what_looks_odd_is_a_warning(vigil: Shell) -> None:
    """It can be published all the same."""
    path = vigil.file("odd.yaml", HOT.replace("> 110", "> 110 and inside_c < 100"))
    checked, drafted = vigil("check", path), vigil("draft", path)

    assert (0, 0) == (checked.exit_code, drafted.exit_code)
    assert f"warning: {path}:5:7: engine.hot: when: it can never hold" in checked.stdout
    assert "warning: engine.hot: when: it can never hold" in drafted.stdout
