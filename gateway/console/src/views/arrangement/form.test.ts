import { expect, test } from "vitest";
import { changeOf, UNCHANGED } from "./form";

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

test("with another rule, it says when the signal came", () => {
  expect(changeOf({ ...UNCHANGED, rule: "rule: x", noticedMin: "5" })).toEqual({
    rule: { text: "rule: x", name: "the other rule" },
  });
});

test("what is no number is as if it were empty", () => {
  expect(changeOf({ ...UNCHANGED, noticedMin: "soon", later: "tow_operator/t1" })).toEqual({});
});
