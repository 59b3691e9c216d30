"""`vigil rules pull | push`: a folder kept with Git."""

import pytest
from msgspec import json
from support.rule_shell import BROKEN, FAST, HOT, Shell


def test_pull_makes_the_folder_as_it_is_published(vigil: Shell) -> None:
    """One file a rule, as its author wrote it; what is published no more goes."""
    vigil.publish(HOT, FAST)
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    vigil("publish", "oven", vigil.json("draft", vigil.file("a.yaml", HOT), "--remove",
                                           "too.fast")["id"])  # fmt: skip
    pulled = vigil("pull", str(folder), "--kind", "oven")

    assert "oven, version 2: 0 written, 1 removed" in pulled.stdout
    assert ["oven/engine.hot.yaml", "versions.json"] == [
        str(path.relative_to(folder)) for path in sorted(folder.rglob("*.*"))
    ]
    assert HOT == (folder / "oven" / "engine.hot.yaml").read_text("utf-8")
    assert {"oven": 2} == json.decode((folder / "versions.json").read_bytes())


def test_what_was_not_written_as_text_is_written_as_yaml(vigil: Shell) -> None:
    """It reads back as the same document: `on` is a word, numbers stay numbers, texts texts."""
    data = {"x": "7", "y": 1.5, "z": "true", "n": 3}
    rule = {
        "rule": "a", "kind": "oven", "on": "telemetry", "when": 'power_w > 1 and name == "no"',
        "about": "12:30\nno", "priority": 7, "then": [{"signal": {"name": "a", "data": data}}],
    }  # fmt: skip
    vigil.publish(json.encode([rule]).decode())
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    text = (folder / "oven" / "a.yaml").read_text("utf-8")

    assert "\non: telemetry\n" in text
    assert [] == vigil.json("push", str(folder))[0].get("put", [])
    assert rule == vigil.json("show", "oven", "a")["document"]


def test_push_shows_the_difference_and_publishes_it(vigil: Shell) -> None:
    """Changed, new and removed files become one version; the folder knows it then."""
    vigil.publish(HOT, FAST)
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    hot = folder / "oven" / "engine.hot.yaml"
    hot.write_text(HOT.replace("110", "105"), "utf-8")
    (folder / "oven" / "too.fast.yaml").unlink()
    (folder / "oven" / "low.yaml").write_text("rule: low\non: telemetry\nwhen: power_w < 9\n")
    looked = vigil("push", str(folder), "--dry-run")
    pushed = vigil("push", str(folder), "-m", "cooler")
    again = vigil("push", str(folder))

    for text in ("-when: inside_c > 110", "+when: inside_c > 105", "+rule: low",
                 "-rule: too.fast"):  # fmt: skip
        assert text in looked.stdout
        assert text in pushed.stdout
    assert "version 2 is published" not in looked.stdout
    assert "oven: version 2 is published" in pushed.stdout
    assert "the same as version 2" in again.stdout
    assert {"oven": 2} == json.decode((folder / "versions.json").read_bytes())
    book = vigil.json("show", "oven")
    assert ["engine.hot", "low"] == [rule["name"] for rule in book["rules"]]
    assert "cooler" == book["editions"][0]["note"]


def test_push_from_a_new_folder(vigil: Shell) -> None:
    """Where nothing was ever published there is nothing to pull first."""
    vigil.file("rules/oven/engine.hot.yaml", HOT)
    (pushed,) = vigil.json("push", str(vigil.folder / "rules"))

    assert ({"kind": "oven", "base": 0, "published": 1, "put": ["engine.hot"]}) == pushed


def test_push_refuses_when_others_published_meanwhile(vigil: Shell) -> None:
    """It names them; forced, the folder is what counts."""
    vigil.publish(HOT)
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    vigil.publish(FAST, by="ben")
    (folder / "oven" / "engine.hot.yaml").write_text(HOT.replace("110", "105"), "utf-8")
    refused = vigil("push", str(folder))
    forced = vigil("push", str(folder), "--force")

    assert (2, True) == (refused.exit_code, "others were published: 2 by ben" in refused.stderr)
    assert "-rule: too.fast" in forced.stdout
    assert ["engine.hot"] == [rule["name"] for rule in vigil.json("show", "oven")["rules"]]


def test_pull_refuses_to_lose_what_was_changed_here(vigil: Shell) -> None:
    """Unless it is published anyway, or it is forced."""
    vigil.publish(HOT)
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    vigil.publish(FAST, by="ben")
    hot = folder / "oven" / "engine.hot.yaml"
    hot.write_text(HOT.replace("110", "105"), "utf-8")
    refused = vigil("pull", str(folder), "--kind", "oven")
    vigil.publish(HOT.replace("110", "105"))
    (folder / "oven" / "too.fast.yaml").write_text(FAST, "utf-8")
    same = vigil("pull", str(folder), "--kind", "oven")
    hot.write_text(HOT, "utf-8")
    forced = vigil("pull", str(folder), "--kind", "oven", "--force")

    assert (2, 0, 0) == (refused.exit_code, same.exit_code, forced.exit_code)
    assert "was changed since it was pulled (engine.hot)" in refused.stderr
    assert HOT.replace("110", "105") == hot.read_text("utf-8")


def test_push_leaves_a_draft_where_somebody_has_to_approve(strict: Shell) -> None:
    """Then a pull takes up what became of it."""
    strict.file("rules/oven/engine.hot.yaml", HOT)
    folder = strict.folder / "rules"
    (pushed,) = strict.json("push", str(folder))
    strict("approve", "oven", "d1", by="ben")
    strict("publish", "oven", "d1")
    pulled = strict("pull", str(folder), "--kind", "oven")

    assert ("d1", 0) == (pushed["draft"], pushed["published"])
    assert 0 == pulled.exit_code
    assert {"oven": 1} == json.decode((folder / "versions.json").read_bytes())


def test_push_of_what_cannot_run_fails_and_says_why(vigil: Shell) -> None:
    """The draft is left to be looked at; nothing is published."""
    vigil.file("rules/oven/engine.hot.yaml", BROKEN)
    (pushed,) = vigil.json("push", str(vigil.folder / "rules"), code=1)

    assert (f"{vigil.folder / 'rules/oven/engine.hot.yaml'}", 4) == (
        pushed["problems"][0]["file"], pushed["problems"][0]["line"],
    )  # fmt: skip
    assert 0 == vigil.json("show", "oven")["published"]


def test_a_large_folder_is_pushed_in_parts(vigil: Shell) -> None:
    """More than one call may carry is one draft and one version all the same."""
    for number in range(40):
        text = HOT.replace("engine.hot", f"r{number}") + f"about: {'x' * 1900}\n"
        vigil.file(f"rules/oven/r{number}.yaml", text)
    (pushed,) = vigil.json("push", str(vigil.folder / "rules"))

    assert (1, 40) == (pushed["published"], len(pushed["put"]))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rules/oven/a.yaml", HOT.replace("oven", "customer"), "in the folder of oven"),
        ("rules/oven/a.yaml", "rule: a\n  when: 3", "a.yaml:2"),
        ("rules/versions.json", "[", "versions.json cannot be read"),
    ],
)
def test_folders_that_are_none(vigil: Shell, name: str, text: str, said: str) -> None:
    """Called the wrong way: the file is named."""
    vigil.file("rules/oven/hot.yaml", HOT)
    vigil.file(name, text)
    result = vigil("push", str(vigil.folder / "rules"))

    assert (2, True) == (result.exit_code, said in result.stderr), result.stderr
    assert 2 == vigil("push", str(vigil.folder / "nowhere")).exit_code
