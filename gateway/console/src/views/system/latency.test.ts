import { expect, test } from "vitest";
import { between, boundText, histograms, total, within } from "./latency";

const PAGE = `# TYPE vigil_apply_duration_seconds histogram
vigil_apply_duration_seconds_bucket{partition="0",process="host-0",le="0.001"} 90.0
vigil_apply_duration_seconds_bucket{partition="0",process="host-0",le="0.003"} 99.0
vigil_apply_duration_seconds_bucket{partition="0",process="host-0",le="+Inf"} 100.0
vigil_apply_duration_seconds_bucket{le="0.001",partition="1",process="host-0"} 10.0
vigil_apply_duration_seconds_bucket{le="0.003",partition="1",process="host-0"} 100.0
vigil_apply_duration_seconds_bucket{le="+Inf",partition="1",process="host-0"} 1e2
vigil_apply_duration_seconds_count{partition="0"} 100.0
not a line
`;

const read = (page: string) => histograms(page).get("vigil_apply_duration_seconds") ?? new Map();

test("partitions and processes are summed up", () => {
  expect([...read(PAGE)]).toEqual([
    [0.001, 100],
    [0.003, 199],
    [Number.POSITIVE_INFINITY, 200],
  ]);
});

test("a share stays within a bound", () => {
  const buckets = read(PAGE);

  expect([0.5, 0.99, 1].map((share) => within(buckets, share))).toEqual([
    0.001,
    0.003,
    Number.POSITIVE_INFINITY,
  ]);
  expect(within(new Map([[Number.POSITIVE_INFINITY, 0]]), 0.5)).toBe(null);
});

test("between two looks counts what came; a process that began anew counts from its start", () => {
  const before = new Map([
    [0.001, 40],
    [Number.POSITIVE_INFINITY, 60],
  ]);
  const now = new Map([
    [0.001, 50],
    [Number.POSITIVE_INFINITY, 80],
  ]);

  expect(total(between(before, now))).toBe(20);
  expect(between(now, before)).toBe(before);
  expect(between(undefined, now)).toBe(now);
});

test.each([
  [0.0003, "≤ 0.3 ms"],
  [0.03, "≤ 30 ms"],
  [3, "≤ 3 s"],
  [Number.POSITIVE_INFINITY, "longer"],
  [null, "–"],
])("a bound in words: %s", (seconds, text) => {
  expect(boundText(seconds)).toBe(text);
});
