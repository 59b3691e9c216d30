"""Ruled streets: rules of the cars set all in motion that may follow one, while hosts crash."""

from typing import TYPE_CHECKING

from simulation.streets import CARS, Streets

from actors.supervisors.campaign import Campaign
from actors.supervisors.invitation import Invitation, Stage
from actors.supervisors.supervisor import Supervisor
from twins.people.customer import Customer
from twins.people.desk import Desk
from twins.rulebook.messages import DraftRequest, Page, PublishRequest
from twins.rules.document import read_rules
from twins.twin import Twin

if TYPE_CHECKING:
    from simulation.senders import Numbered
    from simulation.world import World

BOOK = "rulebook/vehicle"
PER_DAY = 2
RULES = f"""
- rule: told
  template:
    en: {{subject: "$name", text: "${{coolant_c:number}} °C"}}
- rule: warm
  on: telemetry
  when: coolant_c > 80
  clear: coolant_c < 75
  then:
    - case: {{title: It is warm, skill: roadside, close_on_clear: true}}
    - {{message: told, to: owner, data: [coolant_c]}}
- rule: warmer
  on: telemetry
  when: coolant_c > 85
  then:
    - arrangement: {{name: visit, to: owner, steps: [slot, rental], skill: roadside}}
    - campaign: {{name: told, to: owner, message: told, per_day: {PER_DAY}, stop: {{after: 30d}}}}
      data: [coolant_c]
    - campaign:
        name: help
        to: owner
        arrangement: {{steps: [tow, ride], skill: roadside}}
        stop: {{at_most: 2}}
"""


class RuledStreets(Streets):
    """The city, with rules that let people be told and helped."""

    def enter(self, world: "World") -> "list[Numbered]":
        """Publish the rules; calls of one gateway come in order."""
        senders = super().enter(world)
        put = [Page(document=it.plain) for it in read_rules(RULES, "streets.yaml", "vehicle")]
        world.ask(BOOK, "rules.draft", DraftRequest(by="ann", put=put))
        world.ask(BOOK, "rules.publish", PublishRequest(draft="d1", by="ann", approval=False))
        return senders

    def check(self, twins: dict[str, Twin], where: str) -> None:
        """All has ended that ends by itself, and the counts add up."""
        super().check(twins, where)
        invitations: dict[str, list[Invitation]] = {}
        for twin_id, twin in twins.items():
            if isinstance(twin, Supervisor) and twin.arrangement is not None:
                assert twin.arrangement.ended, f"{where}, {twin_id}"
            if isinstance(twin, Customer):
                assert twin.sending is None, f"{where}, {twin_id}"
            if isinstance(twin, Invitation) and twin.invited is not None:
                invitations.setdefault(twin.invited.campaign, []).append(twin)
            if isinstance(twin, Desk):
                assert len({case.id for case in twin.cases.values()}) == len(twin.cases), where
        for name, those in invitations.items():
            self._check_campaign(twins.get(f"campaign/{name}"), those, where)

    def _check_campaign(self, campaign: Twin | None, those: list[Invitation], where: str) -> None:
        if campaign is None:
            return
        assert isinstance(campaign, Campaign), where
        stages = [it.stage for it in those]
        reached = [it for it in those if it.outcome not in (None, "unreached")]

        assert len(those) == campaign.joined <= len(CARS), where
        assert stages.count(Stage.WAITING) == campaign.waiting, where
        assert stages.count(Stage.TURNED_AWAY) == campaign.turned_away, where
        assert len(reached) == campaign.contacted, where
