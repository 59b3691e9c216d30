import { expect, test } from "vitest";
import { age, span } from "./time";

test.each([
  [0.4, "0 s"],
  [59.4, "59 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [3600, "1 h 00"],
  [7500, "2 h 05"],
  [86_400 * 3, "3 d"],
])("a span of %d seconds is %s", (seconds, expected) => {
  expect(span(seconds)).toBe(expected);
});

test("what lies ahead by a clock's difference is now", () => {
  expect([age(105, 100), age(99, 100), age(90, 100)]).toEqual(["now", "now", "10 s ago"]);
});
