import { expect, test } from "vitest";
import type { ArrangementView } from "@/live/types";
import { around, grid } from "@/parts/map/grid";
import { lagText } from "./Figures";
import { flagsOf } from "./onTheWay";

const track = {
  leg: "tow",
  service: "tow/t1",
  position: [60, 24],
  eta_s: 130,
  arrived: false,
  at: 1,
};

const arrangement = (change: object): ArrangementView =>
  ({
    id: "a1",
    twin_id: "vehicle/v1",
    ended: false,
    position: [61, 25],
    track,
    ...change,
  }) as unknown as ArrangementView;

test("a truck has a flag with its time of arrival, and a way to whom it helps", () => {
  expect(flagsOf([arrangement({})], new Map(), 2)).toEqual([
    {
      id: "a1",
      lat: 60,
      lon: 24,
      text: "tow in 2 min",
      title: "tow/t1, on the way to vehicle/v1",
      to: { lat: 61, lon: 25 },
    },
  ]);
});

test.each([
  ["ended", { ended: true }],
  ["nobody on the way", { track: null }],
  ["nobody knows where", { track: { ...track, position: null } }],
])("no flag: %s", (_, change) => {
  expect(flagsOf([arrangement(change)], new Map(), 2)).toEqual([]);
});

test("who is there is on no way any more", () => {
  const [flag] = flagsOf([arrangement({ track: { ...track, arrived: true } })], new Map(), 2);

  expect([flag?.text, flag?.to]).toEqual(["tow is there", null]);
});

test("who came is shown to be there for a while, though all is done", () => {
  const done = arrangement({ ended: true, track: { ...track, arrived: true } });

  expect(flagsOf([done], new Map(), 100).length).toBe(1);
  expect(flagsOf([done], new Map(), 200)).toEqual([]);
});

test("the grid has round degrees, and never too many lines", () => {
  for (const across of [0.003, 0.2, 7, 360]) {
    const lines = grid({ west: 24, south: 60, east: 24 + across, north: 60.1 }).features;

    expect(lines.length, String(across)).toBeLessThan(90);
  }
});

test("the box around places", () => {
  expect(around([])).toBe(null);
  expect(
    around([
      { lat: 1, lon: 5 },
      { lat: 3, lon: 4 },
    ]),
  ).toEqual({
    west: 4,
    south: 1,
    east: 5,
    north: 3,
  });
});

test.each([
  [0.0041, "4 ms"],
  [1.26, "1.3 s"],
  [-0.5, "0 ms"],
])("how far behind the log: %d s", (seconds, expected) => {
  expect(lagText(seconds)).toBe(expected);
});
