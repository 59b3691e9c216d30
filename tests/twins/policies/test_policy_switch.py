"""The switch: one policy, or all of them; what is under way hears of it."""

import pytest
from support.policies import Asked

from twins.event import Event
from twins.policies import Leave, Level, Policy
from twins.policies.messages import ALL, Joined, StopRequest


def test_nothing_begins_before_it_is_known_whether_all_are_stopped() -> None:
    """The first one who asks waits for one answer of `policy/all`; then all who waited are told."""
    asked = Asked()
    asked.policy, asked.log = Policy.new("p"), []
    first, second = asked.request("a1"), asked.request("a2")
    told = asked.say("policy.switched", {"stopped": "every policy was stopped by her"}, source=ALL)

    assert [("policy/all", "policy.joined")] == [(tell.to, tell.type) for tell in first]
    assert [] == second
    assert [Leave.STOPPED] * 2 == [tell.data.leave for tell in told]


def test_only_policy_all_speaks_for_all() -> None:
    """Another twin that says that all may go on is not believed."""
    asked = Asked()
    asked.say("policy.switched", {"stopped": "for tests"}, source=ALL)
    asked.say("policy.switched", {}, source="customer/c1")

    assert Leave.STOPPED is asked.leave("a1")


def test_a_stop_reaches_what_is_under_way() -> None:
    """Each arrangement that has leave and has not ended is told; those that have ended are not."""
    asked = Asked()
    for id_ in ("a1", "a2", "a3"):
        asked.leave(id_)
    asked.say("policy.reported", {"arrangement_id": "a2", "state": "closed", "ended": True})
    asked.call("policy.stop", {"by": "her", "reason": "a bad rule"})
    _, _, payload = asked.log[-1]
    told = asked.say("policy.switched", {"stopped": "all"}, source=ALL)
    names = [(tell.to, tell.type) for tell in told]

    assert payload
    assert [("roadside/a1", "leave.withdrawn"), ("roadside/a3", "leave.withdrawn")] == names
    assert Leave.STOPPED is asked.leave("a4")


def test_all_are_told_by_policy_all() -> None:
    """Every policy that has joined, also of the level at which those begin that nobody has set."""
    everything = Policy.new("all")
    for name in ("a", "b", "a"):
        joined = Joined(policy=f"policy/{name}")
        everything.receive(Event(name, "policy.joined", ALL, 1.0, f"policy/{name}", joined))
    stop = StopRequest(by="her", reason="fire")
    told = everything.receive(Event("s", "ask.policy.stop", ALL, 2.0, "operator", stop)).tells

    assert ["policy/a", "policy/b"] == [tell.to for tell in told]
    assert {"every policy was stopped by her: fire"} == {tell.data.stopped for tell in told}


def test_the_level_of_all_counts_where_nobody_has_set_one() -> None:
    """A person's word about one policy counts more."""
    asked = Asked()
    asked.say("policy.switched", {"level": "propose"}, source=ALL)
    before = asked.leave("a1")
    asked.call("policy.set", {"by": "her", "level": "act"})

    assert [Leave.PROPOSE, Leave.ACT] == [before, asked.leave("a2")]
    assert Level.ACT is asked.policy.at_level


def test_what_is_not_stopped_is_not_resumed() -> None:
    """It says who has to be resumed instead."""
    asked = Asked()
    asked.say("policy.switched", {"stopped": "every policy was stopped by her"}, source=ALL)
    with pytest.raises(Exception, match="so resume all"):
        asked.call("policy.resume", {"by": "her"})
