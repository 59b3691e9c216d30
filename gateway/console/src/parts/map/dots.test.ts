import { expect, test } from "vitest";
import { moved, rgb } from "./dots";

test("places counted from an origin land where places counted from zero do", () => {
  const matrix = [7, 0, 0, 0, 0, -5, 0, 0, 0, 0, 1, 0, -3, 4, 0, 1];
  const [x, y] = [0.5686, 0.2894];
  const m = moved(matrix, [x, y]);

  const at = (of: ArrayLike<number>, px: number, py: number, row: number) =>
    (of[row] ?? 0) * px + (of[4 + row] ?? 0) * py + (of[12 + row] ?? 0);
  for (const row of [0, 1, 3]) {
    expect(at(m, 0.001, 0.002, row)).toBeCloseTo(at(matrix, x + 0.001, y + 0.002, row), 5);
  }
});

test("colours are read as browsers compute them", () => {
  expect(rgb("rgb(255, 0, 51)")).toEqual([1, 0, 0.2]);
  expect(() => rgb("red")).toThrow("red is no colour");
});
