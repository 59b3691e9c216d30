import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { flagsAt, timesOf, tracksOf, unknownWay } from "./tracks";

type Place = Schemas["WhatIfPlace"];

const place = (at: number, lat: number | null, eta: number | null, arrived = false): Place => ({
  at,
  leg: "tow",
  service: "tow_operator/t1",
  position: lat === null ? null : [lat, 24],
  eta_s: eta,
  arrived,
});

const view = (real: Place[], simulated: Place[]): Schemas["WhatIfView"] =>
  ({
    real: { began_at: 100, track: real },
    simulated_run: { began_at: 90, track: simulated },
  }) as unknown as Schemas["WhatIfView"];

const REAL = [place(110, 60, 120), place(170, 61, 60), place(230, 62, 0, true)];

test("each run has its way, the simulated one dashed", () => {
  const found = view(REAL, [place(100, 60, 60), place(160, 62, 0, true)]);

  expect(tracksOf(found).map(({ id, points, dashed }) => [id, points.length, dashed])).toEqual([
    ["real", 3, false],
    ["simulated", 2, true],
  ]);
  expect(timesOf(found)).toEqual({ began: 90, lastsS: 140 });
});

test("both vehicles stand where they were at one time", () => {
  const found = view(REAL, [place(100, 60, 60), place(160, 62, 0, true)]);
  const at = (time: number) => flagsAt(found, time).map(({ text, lat }) => [text, lat]);

  expect(at(95)).toEqual([]);
  expect(at(105)).toEqual([["simulated: tow in 55 s", 60]]);
  expect(at(180)).toEqual([
    ["as it was: tow in 50 s", 61],
    ["simulated: tow is there", 62],
  ]);
});

test("what nobody knows is said, and not drawn", () => {
  const found = view(REAL, [place(100, null, 60), place(160, null, 0, true)]);

  expect(tracksOf(found).map(({ id }) => id)).toEqual(["real"]);
  expect(unknownWay(found.simulated_run)).toContain("Nobody can say");
  expect(unknownWay(found.real)).toBeNull();
  expect(unknownWay(view([], []).real)).toBe("No vehicle was followed.");
});
