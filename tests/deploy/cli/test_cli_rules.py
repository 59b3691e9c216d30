"""`vigil rules`: draft, approve, publish, go back, status."""

import pytest
from msgspec import json
from support.rule_shell import BROKEN, FAST, HOT, Shell
from support.world import START

from twins.devices.vehicle import Vehicle


def test_a_rule_from_its_file_to_being_live(vigil: Shell) -> None:
    """Each step says what the next one is."""
    drafted = vigil("draft", vigil.file("hot.yaml", HOT), "-m", "boiling")
    published = vigil("publish", "oven", "d1")
    status = vigil("status", "oven")
    shown = vigil("show", "oven")

    assert "draft d1 of oven, version 0: +engine.hot" in drafted.stdout
    assert "`vigil rules publish oven d1` makes it live" in drafted.stdout
    assert "version 1 of oven is published: 1 rules" in published.stdout
    assert (0, True) == (status.exit_code, "version 1, live everywhere" in status.stdout)
    assert HOT.strip() in shown.stdout
    assert "2 min ago" in shown.stdout
    assert "boiling" in shown.stdout


def test_rules_come_back_as_they_were_written(vigil: Shell) -> None:
    """Programs get the document and the author's text."""
    vigil.publish(HOT, FAST)
    rule = vigil.json("show", "oven", "engine.hot")

    assert (HOT, "inside_c > 110") == (rule["text"], rule["document"]["when"])
    assert 2 == vigil("show", "oven", "nothing").exit_code


def test_several_rules_of_one_file_and_json(vigil: Shell) -> None:
    """A list; and JSON is as good as YAML."""
    one = {"rule": "a", "kind": "oven", "on": "telemetry", "when": "power_w > 1"}
    path = vigil.file("rules.json", json.encode([one, {**one, "rule": "b"}]).decode())
    draft = vigil.json("draft", path)

    assert ["a", "b"] == [rule["name"] for rule in draft["put"]]


def test_a_draft_is_added_to_and_thrown_away(vigil: Shell) -> None:
    """`--into` goes on with one, `--remove` takes out, `--shadow` runs silently."""
    vigil.publish(HOT)
    vigil("draft", vigil.file("fast.yaml", FAST), "--shadow")
    draft = vigil.json(
        "draft", vigil.file("hot.yaml", HOT), "--into", "d2", "--remove", "too.fast", code=1
    )

    assert (["engine.hot"], ["too.fast"]) == (
        [rule["name"] for rule in draft["put"]], draft["remove"],
    )  # fmt: skip
    assert "too.fast: version 1 has no such rule to remove" == draft["problems"][0]["text"]
    assert "d2 is gone" in vigil("discard", "oven", "d2").stdout


def test_a_shadow_rule_is_marked_and_its_hits_are_shown(vigil: Shell) -> None:
    """With how often, when, and on which twins."""
    path = vigil.file("fast.yaml", FAST)
    draft = vigil.json("draft", path, "--shadow")["id"]
    vigil("publish", "oven", draft)
    vigil.services.saw(0, "too.fast", "oven/v7", START + 30.0)
    shown, status = vigil("show", "oven"), vigil("status", "oven")
    (oven,) = [book for book in vigil.json("list")["items"] if book["kind"] == "oven"]

    assert "shadow: true" in shown.stdout
    assert ["too.fast", "1", "1", "min", "ago", "oven/v7"] == status.stdout.splitlines()[-1].split()
    assert (1, 1) == (oven["rules"], oven["shadows"])
    assert 0 == vigil("list").exit_code


def test_kinds_that_bring_rules_are_listed_and_live(vigil: Shell) -> None:
    """Nobody has published anything: version 0 is live everywhere, and can be pulled."""
    listed, status = vigil("list"), vigil("status", "vehicle")
    vigil("pull", str(vigil.folder / "rules"), "--kind", "vehicle")

    assert "vehicle" in listed.stdout
    assert (0, True) == (status.exit_code, "version 0, live everywhere" in status.stdout)
    assert {f"{rule}.yaml" for rule in Vehicle.kind.ruleset.rules} <= {
        path.name for path in (vigil.folder / "rules" / "vehicle").iterdir()
    }


def test_a_partition_that_does_not_follow_fails_the_status(vigil: Shell) -> None:
    """Scripts can wait for it; people see which one."""
    vigil.services.deaf = {2}
    vigil.publish(HOT)
    status = vigil("status", "oven")

    assert (1, True) == (status.exit_code, "not live everywhere" in status.stdout)


def test_a_second_person_approves(strict: Shell) -> None:
    """The author cannot, and nobody publishes before."""
    drafted = strict("draft", strict.file("hot.yaml", HOT))
    alone = strict("publish", "oven", "d1")
    herself = strict("approve", "oven", "d1")
    approved = strict("approve", "oven", "d1", by="ben")

    assert "vigil rules approve oven d1 --by NAME" in drafted.stdout
    assert (1, 1, 0) == (alone.exit_code, herself.exit_code, approved.exit_code)
    assert "needs the approval of a second person" in alone.stderr
    assert 0 == strict("publish", "oven", "d1").exit_code
    assert "ben" == strict.json("show", "oven")["editions"][0]["approved_by"]


def test_going_back(vigil: Shell) -> None:
    """The earlier rules are the next version."""
    vigil.publish(HOT)
    vigil.publish(FAST)
    back = vigil("rollback", "oven", "1", "-m", "noise")

    assert "version 3 of oven is published, which is 1 again: 1 rules" in back.stdout
    assert "back to 1. noise" in vigil("show", "oven").stdout


def test_what_cannot_run_is_kept_as_a_draft_and_fails(vigil: Shell) -> None:
    """The exit code says so, and the text why and what to do."""
    path = vigil.file("broken.yaml", BROKEN)
    drafted = vigil("draft", path)

    assert 1 == drafted.exit_code
    assert f"{path}:4:5: engine.hot: on: " in drafted.stdout
    assert "takes no 'nothing'" in drafted.stdout
    assert "vigil rules draft FILE --into d1" in drafted.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: [", "1:8"),
        ("when: x > 1", "a rule has a name"),
        ("rule: a b\nkind: oven", "a rule has a name"),
        ("rule: a\nwhen: x > 1", "say whose rule it is"),
        ("- {rule: a, kind: oven}\n- {rule: a, kind: oven}", "a stands twice"),
        ("- {rule: a, kind: oven}\n- {rule: b, kind: customer}", "a draft is of one kind"),
    ],
)
def test_files_that_are_no_rules(vigil: Shell, text: str, said: str) -> None:
    """Called the wrong way: nothing is drafted, and file and line are named."""
    result = vigil("draft", vigil.file("it.yaml", text))

    assert 2 == result.exit_code
    assert said in result.stderr
    assert [] == vigil.json("show", "oven")["drafts"]


def test_a_file_that_is_not_there(vigil: Shell) -> None:
    """The path is named."""
    assert "nowhere.yaml cannot be read" in vigil("draft", "nowhere.yaml").stderr
