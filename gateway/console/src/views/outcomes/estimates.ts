// Estimates: how what a policy changed is said, and where it is drawn.

import type { Schemas } from "@/api/client";
import type { Tone } from "@/parts/Mark";
import { money } from "@/parts/numbers";

export type Estimate = Schemas["EstimateView"];
export type Measure = Schemas["MeasureView"];

/** Of all others, less is better. */
const MORE_IS_BETTER: ReadonlySet<string> = new Set(["satisfaction"]);

const ONE_DIGIT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const TWO_DIGITS = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const STARS = "of 5";

/** One figure of a measure; money comes in cents, shares as parts of one. */
export function figureOf(unit: string, value: number): string {
  if (unit === "share") return `${ONE_DIGIT.format(value * 100)} %`;
  const currency = /^cents ([A-Z]{3})$/.exec(unit)?.[1];
  if (currency !== undefined) return money(value, currency);
  return `${(unit === STARS ? TWO_DIGITS : ONE_DIGIT).format(value)} ${unit}`;
}

/** A difference carries its sign; that of two shares is in points. */
export function differenceOf(unit: string, value: number): string {
  const sign = value > 0 ? "+" : value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (unit === "share") return `${sign}${ONE_DIGIT.format(size * 100)} points`;
  // Half a point less of satisfaction is none "of 5".
  return sign + (unit === STARS ? TWO_DIGITS.format(size) : figureOf(unit, size));
}

export interface Span {
  low: number;
  high: number;
}

/** Between what a figure lies with a confidence of 95 %; null where that cannot be said. */
export function endsOf(one: Estimate): Span | null {
  const [low, high] = one.interval ?? [];
  return low === undefined || high === undefined ? null : { low, high };
}

/** A figure and between what it lies, in words. */
export function said(
  unit: string,
  one: Estimate,
  words: (unit: string, value: number) => string = figureOf,
): string {
  if (one.value === null) return "not known";
  const text = words(unit, one.value);
  const ends = endsOf(one);
  if (ends === null) return `${text}, too few to say how sure`;
  return `${text}, between ${words(unit, ends.low)} and ${words(unit, ends.high)}`;
}

export interface Verdict {
  tone: Tone;
  text: string;
}

/** What a difference says: only what lies on one side of zero as a whole says anything. */
export function verdictOf(measure: Measure): Verdict {
  const ends = endsOf(measure.difference);
  if (measure.difference.value === null) return { tone: "plain", text: "nothing to compare" };
  if (ends === null) return { tone: "plain", text: "too few" };
  if (ends.low <= 0 && ends.high >= 0) return { tone: "plain", text: "may be chance" };
  const better = MORE_IS_BETTER.has(measure.name) ? ends.low > 0 : ends.high < 0;
  return better ? { tone: "good", text: "better" } : { tone: "bad", text: "worse" };
}

/** What an axis has to span so that all of these, and zero, lie on it. */
export function spanOf(estimates: readonly Estimate[]): Span {
  const ends = estimates.flatMap((one) => [one.value ?? 0, ...(one.interval ?? [])]);
  const low = Math.min(0, ...ends);
  const high = Math.max(0, ...ends);
  return low === high ? { low: 0, high: 1 } : { low, high };
}

/** The same to both sides of zero, which lies in the middle. */
export function evenSpanOf(one: Estimate): Span {
  const { low, high } = spanOf([one]);
  const reach = Math.max(-low, high);
  return { low: -reach, high: reach };
}

/** Where a value lies on an axis so many pixels wide, with room for a dot at both ends. */
export function placeOf(value: number, span: Span, width: number, room: number): number {
  return room + ((value - span.low) / (span.high - span.low)) * (width - 2 * room);
}
