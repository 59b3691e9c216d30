import { describe, expect, test } from "vitest";
import type { TwinState } from "@/live/types";
import { readData } from "./Commands";
import { layOut } from "./graph";
import { seriesOf, valueAt, withState } from "./series";
import { firingsOf, standingsOf } from "./standing";
import { type FieldView, fieldName, valuesOf, valueText } from "./values";

const field = (name: string, unit: string | null, measured = true, type = "number"): FieldView =>
  ({ name, unit, measured, type, optional: true, samples: [] }) as FieldView;

const FIELDS = [field("coolant_c", "°C"), field("lat", "°"), field("owner", null, false, "text")];

const twin = (state: Record<string, unknown>): TwinState =>
  ({ id: "vehicle/v1", kind: "vehicle", position: 9, now: 200, state }) as TwinState;

const item = (at: number, data: unknown) =>
  ({
    position: at,
    at,
    taken_at: at,
    type: "telemetry",
    origin: "device",
    data,
    id: null,
  }) as const;

describe("values", () => {
  test("each reading has its own age, and what is no reading has none", () => {
    const state = { owner: "customer/c1", coolant_c: 90, lat: 60, stamp: 100, older: { lat: 70 } };

    expect(valuesOf(twin(state), FIELDS).map((one) => [one.name, one.at])).toEqual([
      ["coolant_c", 100],
      ["lat", 70],
      ["owner", null],
    ]);
  });

  test("are written for people", () => {
    expect([valueText(90), valueText(0.12345), valueText(true), valueText(null)]).toEqual([
      "90",
      "0.1235",
      "yes",
      "–",
    ]);
    expect([fieldName("coolant_c", "°C"), fieldName("software_version", "")]).toEqual([
      "coolant",
      "software version",
    ]);
  });
});

describe("series", () => {
  const items = [
    item(10, { coolant_c: 80, lat: 60 }),
    item(30, [{ at: 25, coolant_c: 83 }, { at: 20, coolant_c: 82 }, null, { coolant_c: "hot" }]),
  ];

  test("are of measured numbers, by the readings' own times", () => {
    const [coolant, ...others] = seriesOf(items, FIELDS);

    expect(others).toEqual([]);
    expect([coolant?.times, coolant?.values]).toEqual([
      [10, 20, 25],
      [80, 82, 83],
    ]);
  });

  test("go on with a newer state alone, and leave behind what is too old", () => {
    const series = seriesOf(items, FIELDS);
    const newer = twin({ coolant_c: 90, stamp: 40 });
    const stale = twin({ coolant_c: 70, stamp: 25 });

    expect(withState(series, newer, 15)[0]?.times).toEqual([20, 25, 40]);
    expect(withState(series, stale, 0)[0]).toBe(series[0]);
  });

  test("have at a moment what was known then", () => {
    const [coolant] = seriesOf(items, FIELDS);
    if (coolant === undefined) throw new Error("no series");

    expect([9, 10, 24, 99].map((at) => valueAt(coolant, at))).toEqual([null, 80, 82, 83]);
  });
});

describe("standings", () => {
  test("say which rules are open, and how much they remember", () => {
    const windows = { "": [1, 0], hot: [7, [1, 5, 0], [[1, 2], [3]]], cold: [7, [0, 5, 0], null] };

    expect(standingsOf(twin({ windows }), ["cold", "never"])).toEqual([
      { rule: "cold", open: false, remembers: "" },
      { rule: "hot", open: true, remembers: "3 values" },
      { rule: "never", open: false, remembers: "" },
    ]);
  });

  test("the last firing comes first", () => {
    const firings = [
      { id: "a", rule: "hot", at: 1 },
      { id: "b", rule: "hot", at: 2 },
    ];

    expect(firingsOf(twin({ record: { firings } })).map((one) => one.id)).toEqual(["b", "a"]);
    expect(firingsOf(twin({}))).toEqual([]);
  });
});

describe("graph", () => {
  const links = [
    { source: "vehicle/v1", field: "owner", target: "customer/c1", depth: 1 },
    { source: "vehicle/v1", field: "payer", target: "customer/c1", depth: 1 },
    { source: "customer/c1", field: "devices.0", target: "vehicle/v2", depth: 2 },
    { source: "vehicle/v2", field: "owner", target: "customer/c1", depth: 2 },
  ];

  test("has each twin once, further out by each step, and one line for all fields of a pair", () => {
    const { nodes, edges } = layOut("vehicle/v1", links);
    const far = nodes.map((node) => [node.id, Math.round(Math.hypot(node.x, node.y) * 2)]);

    expect(far).toEqual([
      ["vehicle/v1", 0],
      ["customer/c1", 1],
      ["vehicle/v2", 2],
    ]);
    expect(edges.map((edge) => edge.fields)).toEqual([
      ["owner", "payer"],
      ["devices.0"],
      ["owner"],
    ]);
  });

  test("is the same for the same links in another order", () => {
    const ids = (given: typeof links) =>
      layOut("vehicle/v1", given)
        .nodes.map((node) => [node.id, node.x, node.y])
        .sort();

    expect(ids([...links].reverse())).toEqual(ids(links));
  });
});

test.each([
  ["", {}],
  ["  ", {}],
  ['{"a": 1}', { a: 1 }],
  ["[1]", null],
  ["3", null],
  ["{", null],
])("a command's data is an object: %s", (text, expected) => {
  expect(readData(text)).toEqual(expected);
});
