"""Jinja templates: what may stand in one, what it shows, and that nothing gets out of the box."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import twins.devices
import twins.people
from twins.rules.document import read_rules
from twins.rules.errors import BadRule
from twins.rules.jinja import MAX_FILLED, MAX_ITEMS, check, fill, is_jinja
from twins.rules.ruleset import compile_rules
from twins.rules.template import fill as fill_any
from twins.rules.template import places

assert twins.devices, "importing it registers the kinds"
assert twins.people, "the same"


def show(value: Any, way: str) -> str:
    """As the test can see it."""
    return f"<{value}>" if not way else f"{way}({value})"


@pytest.mark.parametrize(
    ("text", "data", "filled"),
    [
        ("{{ name }}!", {"name": "Lisa"}, "Lisa!"),
        ("{{ x | number }} {{ y | money('SEK') }} {{ y | money }}", {"x": 1.5, "y": 200},
         "number(1.5) SEK(200) EUR(200)"),
        ("{% if x > 3 %}much{% else %}little{% endif %}", {"x": 5}, "much"),
        ("{{ x | duration if x is not none else 'soon' }}", {"x": None}, "soon"),
        ("{% for it in parts %}{{ loop.index }}. {{ it.what }}; {% endfor %}",
         {"parts": [{"what": "a"}, {"what": "b"}]}, "<1>. a; <2>. b; "),
        ("{{ who | upper }} {{ list | length }}", {"who": "me", "list": [1, 2]}, "ME <2>"),
        ("{{ x }} costs $5 or ${y}", {"x": "It"}, "It costs $5 or ${y}"),
    ],
)  # fmt: skip
def test_what_a_template_shows(text: str, data: dict[str, Any], filled: str) -> None:
    """Values are written by `show`, in whichever way was asked for."""
    assert is_jinja(text)
    assert filled == fill(text, data, show) == fill_any(text, data, show)


def test_its_places_are_what_has_to_be_given() -> None:
    """Not what a loop brings."""
    text = "{{ name }} {% for it in parts %}{{ it.what }} {{ loop.index }}{% endfor %}{{ x.y }}"

    assert {"name", "parts", "x"} == check(text) == places(text).keys()


def test_in_a_page_all_that_data_bring_is_escaped() -> None:
    """What the template's author wrote is not."""
    data = {"x": "<script>alert('x')</script>", "list": ["<b>"]}
    filled = fill("<p>{{ x }}</p>{% for it in list %}{{ it | upper }}{% endfor %}", data,
                  lambda value, _: str(value), html=True)  # fmt: skip

    assert "<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</p>&lt;B&gt;" == filled


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ x", "line 1: unexpected end of template"),
        ("\n{% if %}", "line 2: "),
        ("{{ x() }}", "nothing can be called"),
        ("{{ x.y() }}", "nothing can be called"),
        ("{{ 'a' * 1000000000 }}", "mul cannot stand in a template"),
        ("{{ 2 ** 99999 }}", "pow cannot stand"),
        ("{{ x ~ x }}", "concat cannot stand"),
        ("{{ x.__class__ }}", "'__class__' is nobody's business"),
        ("{{ x['__class__'] }}", "'__class__' is nobody's business"),
        ("{{ x | attr('y') }}", "there is no filter 'attr'"),
        ("{{ x | safe }}", "there is no filter 'safe'"),
        ("{{ x | map('upper') }}", "there is no filter 'map'"),
        ("{% include 'x' %}", "nothing can be included"),
        ("{% import 'x' as y %}", "nothing can be imported"),
        ("{% extends 'x' %}", "a template stands by itself"),
        ("{% macro m() %}{% endmacro %}", "there are no macros"),
        ("{% set x = 1 %}", "assign cannot stand"),
        ("{% for a in b %}{% for c in d %}{% endfor %}{% endfor %}", "loop cannot stand in a loop"),
        ("{{ x is divisibleby 3 }}", "there is no test 'divisibleby'"),
        ("{% if a %}" * 200 + "{% endif %}" * 200, "nested too deeply"),
        ("{{ " + "not " * 3000 + "x }}", "nested too deeply"),
    ],
)  # fmt: skip
def test_what_cannot_stand_in_one(text: str, said: str) -> None:
    """It is refused before anything is published, with the line."""
    with pytest.raises(ValueError, match=f"(?i){re.escape(said)}"):
        check(text)


@pytest.mark.parametrize(
    ("text", "data", "error"),
    [
        ("{{ x }}", {}, KeyError), ("{{ x.y }}", {"x": {}}, KeyError),
        ("{{ x[3] }}", {"x": [1]}, KeyError), ("{% if x > 1 %}{% endif %}", {"x": "a"}, ValueError),
        ("{% for a in x %}{% endfor %}", {"x": 3}, ValueError),
        ("{{ x }}{{ x }}", {"x": "a" * MAX_FILLED}, ValueError),
        ("{{ x | number }}", {"x": float("nan")}, ValueError),
    ],
)  # fmt: skip
def test_data_that_do_not_fit(text: str, data: dict[str, Any], error: type[Exception]) -> None:
    """Half a message is worse than none."""
    with pytest.raises(error):
        fill(text, data, show)


def test_a_long_list_is_cut() -> None:
    """So the cost is bounded by the template's size."""
    filled = fill("{% for it in x %}.{% endfor %}", {"x": list(range(10_000))}, show)

    assert "." * MAX_ITEMS == filled


@given(st.text(), st.text())
def test_data_are_never_read_as_a_template(name: str, what: str) -> None:
    """Whatever stands in them."""
    data = {"name": "{{ 7 * 7 }}" + name, "what": "{% for %}" + what}

    assert f"{data['name']}|{data['what']}" == fill("{{ name }}|{{ what }}", data, show)


@given(st.text(alphabet="{}%#x. |()'\"[]ifendor0123+*~\n", max_size=60))
def test_any_text_is_checked_or_refused(text: str) -> None:
    """With a `ValueError`, and nothing else."""
    try:
        check(text)
    except ValueError:
        return
    try:
        fill(text, {"x": 1, "i": [1], "f": "a"}, show)
    except (ValueError, KeyError):
        return


RULES = """
rule: hot
on: telemetry
when: coolant_c > 100
then: {message: hot.note, to: owner, data: {coolant_c: coolant_c}}
---
rule: hot.note
template:
  en:
    subject: "{{ name }}, it is hot"
    text: "{{ coolant_c | number }} °C{% if coolant_c > 110 %}: stop now{% endif %}."
    html: "<p><b>{{ coolant_c | number }} °C</b></p>"
  de: {subject: Heiß, text: "{{ coolant_c | number }} °C"}
"""


def test_templates_are_published_with_the_rules() -> None:
    """And from what lies in the log the same set is made again."""
    rules = compile_rules("vehicle", read_rules(RULES, "x", "vehicle"))

    assert rules.documents == compile_rules("vehicle", rules.documents).documents


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("| number }} °C{%", "| nmber }} °C{%"), "there is no filter 'nmber'"),
        (("<b>{{ coolant_c | number }}", "<b>{{ rpm }}"), "another language shows rpm"),
        (("<p><b>", "<p onclick=x()><b>"), "no scripts"),
        (("<p><b>", "<script>"), "no scripts"),
        ((", data: {coolant_c: coolant_c}", ""), "the template shows coolant_c"),
    ],
)
def test_a_mistake_is_pointed_to(change: tuple[str, str], said: str) -> None:
    """With file and line, before it is published."""
    assert change[0] in RULES
    with pytest.raises(BadRule) as caught:
        compile_rules("vehicle", read_rules(RULES.replace(*change), "test.yaml", "vehicle"))

    assert said in str(caught.value)
    assert "test.yaml:" in str(caught.value)
