import { expect, test } from "vitest";
import { after, arrangementPath } from "./arrangements";

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
