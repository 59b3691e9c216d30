// Standing: what a twin's own state says of the rules that look at it.

import type { TwinState } from "@/live/types";

export interface Standing {
  rule: string;
  /** It has fired, and what it watches still holds. */
  open: boolean;
  /** How much it remembers: values in its windows, in words; empty: nothing. */
  remembers: string;
}

export interface Firing {
  id: string;
  rule: string;
  at: number;
  severity?: string;
  shadow?: boolean;
  why?: Record<string, unknown>;
}

/** In `windows` a rule has its digest, its state, and then a slot for each operator. */
const STATE = 1;
const SLOTS = 2;
/** A state begins with its phase. */
const OPEN = 1;

export function standingsOf(twin: TwinState, rules: readonly string[]): Standing[] {
  const windows = (twin.state.windows ?? {}) as Record<string, unknown[]>;
  const known = new Set([...rules, ...Object.keys(windows).filter((name) => name !== "")]);
  return [...known].sort().map((rule) => {
    const memory = windows[rule];
    const values = memory?.slice(SLOTS).reduce((sum: number, slot) => sum + count(slot), 0) ?? 0;
    const state = memory?.[STATE];
    return {
      rule,
      open: Array.isArray(state) && state[0] === OPEN,
      remembers: values === 0 ? "" : values === 1 ? "1 value" : `${values} values`,
    };
  });
}

function count(slot: unknown): number {
  if (Array.isArray(slot)) return slot.reduce((sum: number, one) => sum + count(one), 0);
  return slot === null || slot === undefined ? 0 : 1;
}

/** Its last firings, newest first. */
export function firingsOf(twin: TwinState): Firing[] {
  const record = twin.state.record as { firings?: Firing[] } | null | undefined;
  return (record?.firings ?? []).toReversed();
}
