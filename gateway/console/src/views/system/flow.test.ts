import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { type By, type Sample, sampleOf, seriesOf, withSample } from "./flow";

type Part = Partial<Schemas["PartitionStatus"]> & { partition: number };

const status = (at: number, parts: Part[]): Schemas["Status"] => ({
  at,
  healthy: true,
  problems: [],
  watchers: 0,
  totals: {} as Schemas["Totals"],
  partitions: parts.map((one) => ({ position: 1, host: "host-0#1", ...one })) as never,
});

function looks(by: By, ...given: [number, Part[]][]): readonly Sample[] {
  return given.reduce<readonly Sample[]>(
    (samples, [at, parts]) => withSample(samples, sampleOf(status(at, parts), by)),
    [],
  );
}

test("a rate is what was applied between two looks, by their time", () => {
  const samples = looks(
    "partition",
    [10, [{ partition: 0, events: 100, lag_s: 0.004 }]],
    [12, [{ partition: 0, events: 300, lag_s: 0.006 }]],
  );

  expect(seriesOf(samples, 5)).toEqual({
    names: ["partition 0"],
    times: [10, 12],
    rates: [[null, 100]],
    lags: [[4, 6]],
  });
});

test("a host applies what its partitions do, and lags as the worst of them", () => {
  const samples = looks(
    "host",
    [
      10,
      [
        { partition: 0, events: 1, lag_s: 0.002 },
        { partition: 1, events: 1, lag_s: 0.009 },
      ],
    ],
    [
      11,
      [
        { partition: 0, events: 4, lag_s: 0.002 },
        { partition: 1, events: 6 },
      ],
    ],
  );
  const { names, rates, lags } = seriesOf(samples, 5);

  expect([names, rates, lags]).toEqual([["host-0"], [[null, 8]], [[9, 2]]]);
});

test("who gave a partition away has no rate then, and none that is below nothing", () => {
  const samples = looks(
    "host",
    [
      10,
      [
        { partition: 0, events: 50 },
        { partition: 1, events: 50 },
      ],
    ],
    [
      12,
      [
        { partition: 0, events: 60 },
        { partition: 1, events: 60, host: "host-1#1" },
      ],
    ],
    [
      14,
      [
        { partition: 0, events: 70 },
        { partition: 1, events: 64, host: "host-1#1" },
      ],
    ],
  );
  const { names, rates } = seriesOf(samples, 5);

  expect(names).toEqual(["host-0", "host-1"]);
  expect(rates).toEqual([
    [null, null, 5],
    [null, null, 2],
  ]);
});

test("what a host said nothing of is not counted as 0", () => {
  const [sample] = looks("partition", [10, [{ partition: 0, position: null }]]);

  expect(sample?.looks.size).toBe(0);
});

test("the same look again is none, and only the last minutes are kept", () => {
  const given = Array.from({ length: 400 }, (_, at): [number, Part[]] => [
    Math.floor(at / 2),
    [{ partition: 0, events: at }],
  ]);
  const samples = looks("partition", ...given);

  expect([samples.length, samples[0]?.at, samples.at(-1)?.at]).toEqual([150, 50, 199]);
});

test("of many, those of the most events are drawn, in order", () => {
  const parts = (factor: number) =>
    Array.from({ length: 12 }, (_, partition) => ({ partition, events: factor * partition }));
  const samples = looks("partition", [10, parts(1)], [12, parts(2)]);

  expect(seriesOf(samples, 3).names).toEqual(["partition 9", "partition 10", "partition 11"]);
});
