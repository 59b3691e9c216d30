import { expect, test } from "vitest";
import {
  differenceOf,
  type Estimate,
  evenSpanOf,
  figureOf,
  type Measure,
  placeOf,
  said,
  spanOf,
  verdictOf,
} from "./estimates";

const estimate = (value: number | null, interval: [number, number] | null = null): Estimate => ({
  n: 10,
  value,
  interval,
});

const measure = (name: string, difference: Estimate): Measure => ({
  name,
  unit: "of 5",
  treated: estimate(null),
  held_out: estimate(null),
  difference,
});

test.each([
  ["share", 0.1234, "12.3 %"],
  ["cents EUR", 12_345, "€123.45"],
  ["min", 12.5, "12.5 min"],
  ["of 5", 3.777, "3.78 of 5"],
])("a figure in its unit: %s", (unit, value, text) => {
  expect(figureOf(unit, value)).toBe(text);
});

test.each([
  ["share", -0.25, "−25 points"],
  ["cents EUR", 500, "+€5.00"],
  ["min", -3, "−3 min"],
  ["of 5", 0.6501, "+0.65"],
  ["min", 0, "0 min"],
])("a difference carries its sign: %s", (unit, value, text) => {
  expect(differenceOf(unit, value)).toBe(text);
});

test("a figure says how sure it is, or that it is not", () => {
  expect(said("min", estimate(5, [4, 6]))).toBe("5 min, between 4 min and 6 min");
  expect(said("min", estimate(5))).toBe("5 min, too few to say how sure");
  expect(said("min", estimate(null))).toBe("not known");
});

test.each([
  ["had to call", estimate(-0.5, [-0.7, -0.3]), "better"],
  ["had to call", estimate(0.5, [0.3, 0.7]), "worse"],
  ["satisfaction", estimate(0.5, [0.3, 0.7]), "better"],
  ["satisfaction", estimate(-0.5, [-0.7, -0.3]), "worse"],
  ["cost", estimate(-1, [-3, 1]), "may be chance"],
  ["cost", estimate(-1, [-2, 0]), "may be chance"],
  ["cost", estimate(-1), "too few"],
  ["cost", estimate(null), "nothing to compare"],
])("a difference is a verdict only where zero lies outside: %s, %o", (name, one, text) => {
  expect(verdictOf(measure(name, one)).text).toBe(text);
});

test("an axis has room for all, and for zero", () => {
  expect(spanOf([estimate(5, [4, 7]), estimate(2)])).toEqual({ low: 0, high: 7 });
  expect(spanOf([estimate(null)])).toEqual({ low: 0, high: 1 });
  expect(evenSpanOf(estimate(-2, [-5, 1]))).toEqual({ low: -5, high: 5 });
});

test("the ends of an axis leave room for a dot", () => {
  const span = { low: -5, high: 5 };

  expect([-5, 0, 5].map((value) => placeOf(value, span, 210, 5))).toEqual([5, 105, 205]);
});
