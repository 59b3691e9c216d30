// Traces: what a waterfall shows of a trace, and how long things took, in words.

import type { Schemas } from "@/api/client";

export type Span = Schemas["SpanView"];

export interface Bar {
  span: Span;
  /** Where it begins and how wide it is, as shares of the whole, 0 to 1. */
  from: number;
  width: number;
}

/** What each stage is, for people. */
export const STAGES: Record<string, string> = {
  call: "A call of the API",
  take: "From the device to the gateway",
  append: "Until it is durable in the log",
  log: "In the log, until the host takes it",
  apply: "Applied to its twins",
  effect: "The effect, until the receiver answers",
};

/** The stages side by side on one scale; each is wide enough to be seen. */
export function bars(spans: readonly Span[], least = 0.004): Bar[] {
  const began = Math.min(...spans.map((one) => one.began));
  const whole = Math.max(...spans.map((one) => one.ended)) - began;
  return spans.map((span) => {
    const width = whole > 0 ? Math.max(least, (span.ended - span.began) / whole) : 1;
    const from = whole > 0 ? (span.began - began) / whole : 0;
    return { span, from: Math.min(from, 1 - Math.min(1, width)), width: Math.min(1, width) };
  });
}

/** A length of time: `850 µs`, `12.3 ms`, `1.25 s`. */
export function lasting(seconds: number): string {
  const micros = Math.max(0, seconds) * 1e6;
  if (micros < 999.5) return `${Math.round(micros)} µs`;
  if (micros < 999_500) return `${Number((micros / 1000).toPrecision(3))} ms`;
  return `${Number((micros / 1e6).toPrecision(3))} s`;
}

/** What a stage was about, in a line. */
export function about(span: Span): string {
  const given = span.attributes;
  const parts = [
    given.twin_id,
    given.type ?? given.effect ?? given.route,
    given.partition === undefined ? undefined : `partition ${given.partition}`,
    given.position === undefined ? undefined : `at ${given.position}`,
    typeof given.events === "number" && given.events > 1
      ? `with ${given.events - 1} others`
      : undefined,
  ];
  return parts.filter((one) => one !== undefined).join(", ");
}
