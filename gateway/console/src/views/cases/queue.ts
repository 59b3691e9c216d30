// Queue: how cases are said and sorted, and what is known of each.

import type { Schemas } from "@/api/client";
import type { Case } from "@/parts/cases";
import type { Tone } from "@/parts/Mark";

export type Detail = Schemas["CaseDetail"];

export const LOOK_MS = 2000;

export function urgencyTone(urgency: string): Tone {
  return urgency === "high" ? "bad" : urgency === "low" ? "plain" : "busy";
}

export function stateTone(state: string): Tone {
  if (state === "waiting") return "warn";
  return state === "taken" ? "good" : state === "assigned" ? "busy" : "plain";
}

const HURRY = ["high", "normal", "low"];

/** A number by which the most urgent sort first, and of these the most valuable customer's. */
export function rank(one: Case): number {
  const urgent = HURRY.length - HURRY.indexOf(one.urgency);
  return urgent * 1e15 + Math.min(one.value_cents ?? 0, 1e14);
}

/** Those whom nobody took in time, or who wait for somebody to be there. */
export function neglected(one: Case): string | null {
  if (one.state === "waiting") return "nobody is there for it";
  if (one.escalations > 0 && one.state === "assigned") {
    return one.escalations === 1 ? "went on once" : `went on ${one.escalations} times`;
  }
  return null;
}

/** The number or address that a telephone or a mail program has put into the page's address. */
export function callerOf(search: string, hash: string): string | null {
  for (const part of [search, hash.replace(/^#/, "")]) {
    const given = new URLSearchParams(part.replaceAll("+", "%2B"));
    const caller = given.get("caller") ?? given.get("email");
    if (caller !== null && caller.trim() !== "") return caller.trim();
  }
  return null;
}

/** What is suggested, in words: of a plan its legs; else what was tried in vain. */
export function suggestion(one: Detail): string {
  if (one.case.state === "closed") return one.case.note ?? one.case.verdict ?? "It is closed.";
  if (one.case.proposes) {
    const legs = one.plan.map((leg) => String(leg.leg)).join(", ");
    return `Have it done: ${legs || "nothing"}.`;
  }
  return "Decide by yourself: what Vigil could do is done, and stands below.";
}

/** Why, as whoever opened the case knows: a rule's words, a policy's, or none. */
export function whyOf(context: Record<string, unknown>): string | null {
  for (const name of ["why", "signal", "cause"]) {
    const found = wordsIn(context[name]);
    if (found !== null) return found;
  }
  return null;
}

function wordsIn(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return null;
  const held = value as Record<string, unknown>;
  if (typeof held.words === "string") return held.words;
  for (const name of ["why", "data"]) {
    const found = wordsIn(held[name]);
    if (found !== null) return found;
  }
  return null;
}
