import { expect, test } from "vitest";
import { after, arrangementPath, changeOf, UNCHANGED } from "./words";

test("an empty form changes nothing", () => {
  expect(changeOf(UNCHANGED)).toEqual({});
});

test("a form says only what is otherwise", () => {
  const form = {
    ...UNCHANGED,
    busy: "tow_operator/t2",
    later: "tow_operator/t1",
    laterMin: "10",
    noticedMin: "-5",
    answersMin: "5",
    customer: "decline" as const,
  };
  expect(changeOf(form)).toEqual({
    busy: ["tow_operator/t2"],
    later_s: { "tow_operator/t1": 600 },
    noticed_s: -300,
    customer: { after_s: 300, accept: false },
  });
});

test("what is no number is as if it were empty", () => {
  expect(changeOf({ ...UNCHANGED, noticedMin: "soon", later: "tow_operator/t1" })).toEqual({});
});

test.each([
  [12.5, "+12.5 s"],
  [185, "+3 min 05"],
  [-60, "−1 min 00"],
])("%d seconds after the beginning", (s, text) => {
  expect(after(1000 + s, 1000)).toBe(text);
});

test("what did not happen has no time", () => {
  expect(after(null, 1000)).toBe("");
});

test("an arrangement's page names its supervisor", () => {
  expect(arrangementPath("roadside/v1", "a1")).toBe("/arrangements/roadside/v1/a1");
});
