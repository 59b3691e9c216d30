import { expect, test } from "vitest";
import { limitsOf, meaningOf, type Policy, questionOf, standingOf } from "./switches";

const POLICY: Policy = {
  name: "roadside",
  exists: true,
  level: "act",
  stopped: null,
  breaker: null,
  precision: { right: 0, n: 0, low: 0, high: 1 },
  under_way: 0,
  begun: 3,
  given: {},
  used_today: {},
  settings: {
    per_hour: 500,
    day_cents: {},
    customer_day_cents: {},
    holdout: 0.125,
    ceiling: "act",
    pinned: false,
  },
  changes: [],
  members: [],
};

const texts = (one: Policy) => limitsOf(one).map(({ name, text }) => `${name}: ${text}`);

test("without limits of money, none is claimed", () => {
  expect(texts(POLICY)).toEqual([
    "within an hour: 3 of 500 begun",
    "of this day: no limit, nothing spent",
    "of a customer's day: no limit",
    "held out: 12.5 %",
    "rises at most to: act",
  ]);
});

test("where one currency has a limit, another has nothing to spend", () => {
  const settings = { ...POLICY.settings, day_cents: { EUR: 100_000 }, pinned: true };

  expect(texts({ ...POLICY, used_today: { USD: 500, EUR: 2500 }, settings })).toEqual([
    "within an hour: 3 of 500 begun",
    "of this day, EUR: €25.00 of €1,000.00",
    "of this day, USD: $5.00 of $0.00",
    "of a customer's day: no limit",
    "held out: 12.5 %",
    "rises at most to: act, by a person's word only",
  ]);
});

test("a stop is said before an open breaker", () => {
  const breaker = { at: 1, case_id: "b1", desk: "desk/north", turned_away: 4 };

  expect(standingOf(POLICY).text).toBe("running");
  expect(standingOf({ ...POLICY, breaker }).why).toContain("4 turned away since, case b1");
  expect(standingOf({ ...POLICY, breaker, stopped: "stopped by ann" })).toEqual({
    tone: "bad",
    text: "stopped",
    why: "stopped by ann",
  });
});

test("a level of all is the one at which others begin", () => {
  const what = { does: "level", level: "propose" } as const;

  expect(questionOf("all", what).title).toBe("Let policies begin at propose?");
  expect(questionOf("roadside", what).title).toBe("Set roadside to propose?");
  expect(meaningOf("all", what)).toContain("for which nobody has set a level");
  expect(meaningOf("roadside", what)).not.toContain("nobody");
});
