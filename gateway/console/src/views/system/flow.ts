// Flow: how many events a second each partition or host applies, and how long after the log took
// them, as the status says it every few seconds.

import type { Schemas } from "@/api/client";

type Status = Schemas["Status"];
export type By = "host" | "partition";

/** What one look at the status says of one owner. */
interface Look {
  /** Applied since the cluster was made. */
  events: number;
  lagS: number | null;
}

export interface Sample {
  at: number;
  looks: ReadonlyMap<string, Look>;
}

export interface Series {
  names: string[];
  times: number[];
  /** For each name, events a second between two looks; null where they cannot be known. */
  rates: (number | null)[][];
  /** For each name, milliseconds. */
  lags: (number | null)[][];
}

/** About five minutes, by a look every 2 s. */
const MOST = 150;

/** One look, by host or partition: a host applies what its partitions do, and lags as its worst. */
export function sampleOf(status: Status, by: By): Sample {
  const looks = new Map<string, Look>();
  for (const one of status.partitions) {
    // Whose host said nothing about it is no count of 0.
    if (one.position === null || one.position === undefined) continue;
    const name = by === "partition" ? `partition ${one.partition}` : (one.host ?? "").split("#")[0];
    if (!name) continue;
    const before = looks.get(name);
    const lag = typeof one.lag_s === "number" ? one.lag_s : null;
    looks.set(name, {
      events: (before?.events ?? 0) + (one.events ?? 0),
      lagS: lag === null ? (before?.lagS ?? null) : Math.max(before?.lagS ?? lag, lag),
    });
  }
  return { at: status.at, looks };
}

/** The samples with one more; the same look again is none. */
export function withSample(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && next.at <= last.at) return samples;
  return [...samples.slice(1 - MOST), next];
}

/** Lines for a chart: those of the most events, `most` at the highest, in order of their names. */
export function seriesOf(samples: readonly Sample[], most: number): Series {
  const last = samples.at(-1);
  const weight = (name: string) => {
    const first = samples.find((one) => one.looks.has(name))?.looks.get(name)?.events ?? 0;
    return (last?.looks.get(name)?.events ?? 0) - first;
  };
  const names = [...(last?.looks.keys() ?? [])]
    .sort((one, other) => weight(other) - weight(one) || compare(one, other))
    .slice(0, most)
    .sort(compare);
  return {
    names,
    times: samples.map((one) => one.at),
    rates: names.map((name) => samples.map((one, at) => rate(samples[at - 1], one, name))),
    lags: names.map((name) =>
      samples.map((one) => {
        const lag = one.looks.get(name)?.lagS ?? null;
        return lag === null ? null : lag * 1000;
      }),
    ),
  };
}

function rate(before: Sample | undefined, now: Sample, name: string): number | null {
  const was = before?.looks.get(name);
  const is = now.looks.get(name);
  if (before === undefined || was === undefined || is === undefined) return null;
  // Fewer than before: a host gave a partition away, and the next look is the first one to count.
  const events = is.events - was.events;
  return events < 0 ? null : events / (now.at - before.at);
}

const compare = (one: string, other: string): number =>
  one.localeCompare(other, "en", { numeric: true });
