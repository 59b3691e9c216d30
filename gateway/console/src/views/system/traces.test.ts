import { expect, test } from "vitest";
import { about, bars, lasting, type Span } from "./traces";

const span = (name: string, began: number, ended: number, attributes = {}): Span => ({
  span_id: name,
  parent_id: null,
  name,
  process: "host-0",
  began,
  ended,
  attributes,
  error: null,
});

test("stages stand on one scale, from the first beginning to the last end", () => {
  const [take, apply] = bars([span("take", 10, 11), span("apply", 12, 14)]);

  expect([take?.from, take?.width]).toEqual([0, 0.25]);
  expect([apply?.from, apply?.width]).toEqual([0.5, 0.5]);
});

test("a short stage can still be seen, and none leaves the scale", () => {
  const [, last] = bars([span("take", 0, 100), span("apply", 100, 100)], 0.01);

  expect(last?.width).toBe(0.01);
  expect((last?.from ?? 0) + (last?.width ?? 0)).toBeLessThanOrEqual(1);
});

test("a trace of no length is one bar", () => {
  expect(bars([span("take", 5, 5)])).toMatchObject([{ from: 0, width: 1 }]);
});

test.each([
  [0.00085, "850 µs"],
  [0.01234, "12.3 ms"],
  [0.9999, "1 s"],
  [1.254, "1.25 s"],
  [-1, "0 µs"],
])("%s s reads %s", (seconds, text) => {
  expect(lasting(seconds)).toBe(text);
});

test("a stage says whose it was and what shared its block", () => {
  const given = { twin_id: "vehicle/v1", type: "telemetry", partition: 3, position: 17, events: 5 };

  expect(about(span("apply", 0, 1, given))).toBe(
    "vehicle/v1, telemetry, partition 3, at 17, with 4 others",
  );
  expect(about(span("call", 0, 1, { route: "/v1/events" }))).toBe("/v1/events");
});
