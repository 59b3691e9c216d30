import { describe, expect, it } from "vitest";
import { alarms, type Case, fresh, neglected } from "@/parts/cases";
import { callerOf, type Detail, type Letter, letterState, rank, suggestion, whyOf } from "./queue";

const CASE: Case = {
  id: "c",
  desk: "desk/d",
  state: "assigned",
  urgency: "normal",
  subject: "vehicle/v1",
  reason: "no truck",
  skill: "roadside",
  opened_at: 0,
  employee: "employee/e1",
  take_by: 60,
  escalations: 0,
  customer_id: "customer/c1",
  value_cents: 100,
  arrangement_id: null,
  supervisor: null,
  proposes: false,
  verdict: null,
  note: null,
};

const DETAIL: Detail = {
  case: CASE,
  plan: [],
  notes: [],
  context: {},
  tried: [],
  letters: [],
  colleagues: [],
};

describe("the queue", () => {
  it("has the most urgent first, then the most valuable", () => {
    const rich = { ...CASE, id: "rich", value_cents: 9e9 };
    const hurt = { ...CASE, id: "hurt", urgency: "high", value_cents: null };
    const later = { ...CASE, id: "later", urgency: "low", value_cents: 9e12 };
    const ids = [later, CASE, rich, hurt].sort((a, b) => rank(b) - rank(a)).map((one) => one.id);

    expect(ids).toEqual(["hurt", "rich", "c", "later"]);
  });

  it("alarms for what is urgent and new, not for what was there at first", () => {
    const hurt = { ...CASE, id: "hurt", urgency: "high" };
    const ids = (before: string[] | null, open: Case[]) =>
      fresh(before && new Set(before), alarms(open)).map(({ one }) => one.id);

    expect(ids(null, [hurt])).toEqual([]);
    expect(ids([], [CASE, hurt])).toEqual(["hurt"]);
    expect(ids(["hurt urgent"], [hurt])).toEqual([]);
    expect(ids([], [CASE])).toEqual([]);
  });

  it("alarms once for what waits too long, also where it was urgent before", () => {
    const late = { ...CASE, urgency: "high", escalations: 1 };
    const both = alarms([late]);

    expect(fresh(new Set(), both).map(({ why }) => why)).toEqual(["Urgent"]);
    expect(fresh(new Set(["c urgent"]), both).map(({ why }) => why)).toEqual([
      "Waits too long, went on once",
    ]);
    expect(fresh(new Set(["c urgent", "c late"]), alarms([{ ...late, escalations: 2 }]))).toEqual(
      [],
    );
  });

  it("says what nobody looks after", () => {
    expect(neglected(CASE)).toBeNull();
    expect(neglected({ ...CASE, state: "waiting" })).toBe("nobody is there for it");
    expect(neglected({ ...CASE, escalations: 2 })).toBe("went on 2 times");
    expect(neglected({ ...CASE, escalations: 2, state: "taken" })).toBeNull();
  });
});

describe("a caller", () => {
  it("is read from the page's address, however it is put there", () => {
    expect(callerOf("?caller=+358401234567", "")).toBe("+358401234567");
    expect(callerOf("?caller=%2B358401234567", "")).toBe("+358401234567");
    expect(callerOf("", "#caller=%2B358401234567")).toBe("+358401234567");
    expect(callerOf("?email=a@example.com", "")).toBe("a@example.com");
    expect(callerOf("?caller=", "")).toBeNull();
    expect(callerOf("", "")).toBeNull();
  });
});

describe("what is suggested", () => {
  it("is the plan where there is one, and the note where it is closed", () => {
    const plan = [{ leg: "tow" }, { leg: "ride" }];

    expect(suggestion({ ...DETAIL, plan, case: { ...CASE, proposes: true } })).toContain(
      "tow, ride",
    );
    expect(suggestion(DETAIL)).toContain("Decide by yourself");
    expect(suggestion({ ...DETAIL, case: { ...CASE, state: "closed", note: "ann: ok" } })).toBe(
      "ann: ok",
    );
  });

  it("has the words of the rule that noticed it", () => {
    expect(whyOf({ why: { words: "ten in a row" } })).toBe("ten in a row");
    expect(whyOf({ signal: { data: { why: { words: "hot" } } } })).toBe("hot");
    expect(whyOf({ facts: {} })).toBeNull();
  });
});

describe("a letter", () => {
  const letter: Letter = {
    message_id: "m",
    subject: "Your car",
    by: "ann",
    at: 0,
    settled_at: null,
    channel: null,
    reason: null,
  };

  it("is told only when a channel has carried it", () => {
    expect(letterState(letter, {})).toEqual({ tone: "busy", text: "on its way" });
    expect(letterState({ ...letter, settled_at: 9, channel: "sms" }, {})).toEqual({
      tone: "good",
      text: "told by sms",
    });
    expect(letterState({ ...letter, settled_at: 9, reason: "no_consent" }, {})).toEqual({
      tone: "bad",
      text: "not told: she allows no such messages",
    });
    expect(letterState({ ...letter, settled_at: 9, reason: "not_there" }, {}).text).toBe(
      "not told: not there",
    );
  });

  it("waits as long as her own twin says", () => {
    const state = { sending: { m: { held_until: 9 } } };

    expect(letterState(letter, state).tone).toBe("warn");
    expect(letterState({ ...letter, message_id: "other" }, state).tone).toBe("busy");
  });
});
