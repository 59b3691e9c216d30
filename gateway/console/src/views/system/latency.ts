// Latency: how long each stage took lately, read from the metrics of all processes. Their
// histograms count into fixed bounds, so a quantile is known as far as the bounds around it.

/** Bound -> how many took no longer, of all processes and partitions together. */
export type Buckets = Map<number, number>;

const LINE = /^(\w+)_bucket\{([^}]*)\}\s+([0-9.eE+]+)$/;
const BOUND = /(?:^|,)le="([^"]+)"/;

/** The histograms of a page in Prometheus' text format, by name; labels beside `le` are summed up. */
export function histograms(page: string): Map<string, Buckets> {
  const found = new Map<string, Buckets>();
  for (const line of page.split("\n")) {
    const [, name, labels, count] = LINE.exec(line) ?? [];
    if (name === undefined || labels === undefined || count === undefined) continue;
    const text = BOUND.exec(labels)?.[1];
    if (text === undefined) continue;
    const bound = text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text);
    const buckets = found.get(name) ?? new Map<number, number>();
    buckets.set(bound, (buckets.get(bound) ?? 0) + Number(count));
    found.set(name, buckets);
  }
  return found;
}

/** What was counted between two looks; all of it where a process began anew in between. */
export function between(before: Buckets | undefined, now: Buckets): Buckets {
  if (before === undefined) return now;
  const lately: Buckets = new Map();
  for (const [bound, count] of now) {
    const difference = count - (before.get(bound) ?? 0);
    if (difference < 0) return now;
    lately.set(bound, difference);
  }
  return lately;
}

export const total = (buckets: Buckets): number => buckets.get(Number.POSITIVE_INFINITY) ?? 0;

/** The bound that a share of all stayed within; null where there were none. */
export function within(buckets: Buckets, share: number): number | null {
  const all = total(buckets);
  if (all === 0) return null;
  const bounds = [...buckets].sort(([one], [other]) => one - other);
  return bounds.find(([, count]) => count >= all * share)?.[0] ?? null;
}

/** A bound in words: `≤ 3 ms`. */
export function boundText(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds === Number.POSITIVE_INFINITY) return "longer";
  if (seconds >= 1) return `≤ ${seconds} s`;
  return `≤ ${Number((seconds * 1000).toPrecision(3))} ms`;
}
