import { describe, expect, it } from "vitest";
import { alarming, type Case } from "@/parts/cases";
import { callerOf, type Detail, neglected, rank, suggestion, whyOf } from "./queue";

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

    expect(alarming(null, [hurt])).toEqual([]);
    expect(alarming(new Set(["c"]), [CASE, hurt])).toEqual([hurt]);
    expect(alarming(new Set(["hurt"]), [hurt])).toEqual([]);
    expect(alarming(new Set(), [CASE])).toEqual([]);
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
