import { expect, test } from "vitest";
import { matching, searchOf } from "./finding";

test.each([
  ["v", null],
  ["  ", null],
  ["v17", 'key ~ "v17*" or name ~ "*v17*"'],
  ["vehicle/", "kind = vehicle"],
  ["vehicle/v1", 'kind = vehicle and key ~ "v1*"'],
  ["a/b/c", null],
  ['x" or kind = customer', null],
  ["ve hicle/v1", null],
])("what was written is a filter, or none: %s", (text, expected) => {
  expect(searchOf(text)).toBe(expected);
});

test("all words must stand in the name", () => {
  const choices = [{ name: "Light colours" }, { name: "Dark colours" }];

  expect(matching("col da", choices)).toEqual([{ name: "Dark colours" }]);
  expect(matching("", choices)).toEqual(choices);
});
