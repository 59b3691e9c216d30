// Series: the readings of a twin over time, from its history and then from the feed.

import type { Schemas } from "@/api/client";
import type { TwinState } from "@/live/types";
import type { FieldView } from "./values";

type HistoryEvent = Schemas["HistoryEvent"];

export interface Series {
  field: FieldView;
  times: number[];
  values: number[];
}

/** Not drawn over time: a map shows them. */
const PLACES = new Set(["lat", "lon"]);

/** One series for each measured number, by the readings' own times; late ones in their places. */
export function seriesOf(items: readonly HistoryEvent[], fields: readonly FieldView[]): Series[] {
  const drawn = fields.filter(
    (field) => field.measured && field.type === "number" && !PLACES.has(field.name),
  );
  const points = new Map(drawn.map((field) => [field.name, [] as [number, number][]]));
  for (const item of items) {
    for (const reading of readings(item.data)) {
      const at = typeof reading.at === "number" ? reading.at : item.at;
      for (const [name, value] of Object.entries(reading)) {
        if (typeof value === "number") points.get(name)?.push([at, value]);
      }
    }
  }
  return drawn.flatMap((field) => {
    const found = (points.get(field.name) ?? []).sort((one, other) => one[0] - other[0]);
    if (found.length === 0) return [];
    return [{ field, times: found.map(([at]) => at), values: found.map(([, value]) => value) }];
  });
}

function readings(data: unknown): Record<string, unknown>[] {
  const list = Array.isArray(data) ? data : [data];
  return list.filter((one) => typeof one === "object" && one !== null);
}

/** The series with what a newer state says, and without what is before `from`. */
export function withState(series: readonly Series[], twin: TwinState, from: number): Series[] {
  const stamp = typeof twin.state.stamp === "number" ? twin.state.stamp : 0;
  const older = (twin.state.older ?? {}) as Record<string, number>;
  return series.map((one) => {
    const value = twin.state[one.field.name];
    const at = older[one.field.name] ?? stamp;
    const isNew = typeof value === "number" && at > (one.times.at(-1) ?? 0);
    const first = one.times.findIndex((time) => time >= from);
    if (!isNew && first === 0) return one;
    const keep = <T>(list: readonly T[]) => (first < 0 ? [] : list.slice(first));
    return {
      ...one,
      times: isNew ? [...keep(one.times), at] : keep(one.times),
      values: isNew ? [...keep(one.values), value] : keep(one.values),
    };
  });
}

/** The value at a moment: the last one that is not later; null before the first. */
export function valueAt(series: Series, at: number): number | null {
  let low = 0;
  let high = series.times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((series.times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : (series.values[low - 1] ?? null);
}
