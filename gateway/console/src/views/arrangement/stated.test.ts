import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { answersOf, ruleNote, statedOf } from "./stated";

test("what is otherwise is said in words; what is not, is not", () => {
  expect(statedOf({})).toEqual([]);
  expect(
    statedOf({
      busy: ["tow_operator/t2"],
      later_s: { "tow_operator/t1": -600 },
      customer: { accept: false, after_s: 300 },
    }),
  ).toEqual([
    "tow_operator/t2 has nothing free",
    "tow_operator/t1 comes 10 min earlier",
    "the customer declines",
    "the customer answers after 5 min",
  ]);
});

test("what was answered is listed, by whom; what was never asked is not", () => {
  const step = (name: string, real: number | null, detail: string | null = null) => ({
    name,
    twin_id: "tow_operator/t2",
    real_at: real,
    simulated_at: 1,
    real_detail: detail,
    simulated_detail: null,
  });
  expect(
    answersOf([
      step("tow.asked", 1),
      step("tow.answered", 2),
      step("offer.answered", 3, "yes"),
      step("ride.answered", null),
    ]),
  ).toEqual(["tow answered, tow_operator/t2", "offer answered, tow_operator/t2: yes"]);
});

test("another rule's signal came earlier, later, then, or not at all", () => {
  const rule = (candidate: number | null, atLeast = false): Schemas["WhatIfRule"] => ({
    kind: "vehicle",
    rules: ["engine.overheating"],
    signal: "engine.overheating",
    real_at: 100,
    present_at: 100,
    candidate_at: candidate,
    since: 0,
    trimmed: false,
    until: 200,
    readings: 7,
    at_least: atLeast,
    others: atLeast ? 0 : 2,
  });
  expect(ruleNote(rule(95))).toContain("would have come 5 s earlier: 7 events");
  expect(ruleNote(rule(95))).toContain("come 2 times before, which is not played");
  expect(ruleNote(rule(40, true))).toContain("1 min earlier, or before what was replayed");
  expect(ruleNote(rule(100))).toContain("would have come when it came");
  expect(ruleNote(rule(null))).toContain("would not have come");
});
