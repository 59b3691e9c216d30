import { expect, test } from "vitest";
import { distance } from "./numbers";

test.each([
  [4, "0 m"],
  [846, "850 m"],
  [994, "990 m"],
  [995, "1.0 km"],
  [9949, "9.9 km"],
  [9950, "10 km"],
  [34_400, "34 km"],
])("%d metres are %s", (metres, text) => {
  expect(distance(metres)).toBe(text);
});
