// Values: what is in a twin's state, as people read it.

import type { Schemas } from "@/api/client";
import type { TwinState } from "@/live/types";
import { measured } from "@/parts/numbers";

export type FieldView = Schemas["FieldView"];

export interface Value {
  name: string;
  value: unknown;
  unit: string;
  /** Whether a reading brings it. */
  measured: boolean;
  /** When it was measured, seconds since the epoch; null: it is no reading. */
  at: number | null;
}

/** Fields that twins have for the runtime's sake; other panels show what is in them. */
const OWN = new Set([
  "key",
  "stamp",
  "older",
  "windows",
  "record",
  "mirror",
  "watched",
  "erased",
  "commands",
  "waiting",
  "desired",
  "maintenance",
]);

/** The fields of a state, what is measured first; with the age of each. */
export function valuesOf(twin: TwinState, fields: readonly FieldView[]): Value[] {
  const known = new Map(fields.map((field) => [field.name, field]));
  const stamp = typeof twin.state.stamp === "number" ? twin.state.stamp : 0;
  const older = (twin.state.older ?? {}) as Record<string, number>;
  return Object.entries(twin.state)
    .filter(([name, value]) => !OWN.has(name) && value !== null)
    .map(([name, value]) => {
      const field = known.get(name);
      const isMeasured = field?.measured ?? false;
      return {
        name,
        value,
        unit: field?.unit ?? "",
        measured: isMeasured,
        at: isMeasured && stamp > 0 ? (older[name] ?? stamp) : null,
      };
    })
    .sort((one, other) => Number(other.measured) - Number(one.measured));
}

/** In one line. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return measured(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

/** A field's name without its unit: `coolant_c` is `coolant`. */
export function fieldName(name: string, unit: string): string {
  const words = name.split("_");
  if (unit !== "" && words.length > 1) words.pop();
  return words.join(" ");
}
