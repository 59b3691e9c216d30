// Queue: how cases are said and sorted, and what is known of each.

import type { Schemas } from "@/api/client";
import type { Case } from "@/parts/cases";
import type { Tone } from "@/parts/Mark";
import { clock } from "@/parts/time";

export type Detail = Schemas["CaseDetail"];
export type Letter = Schemas["LetterView"];

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

const NOT_TOLD: Record<string, string> = {
  no_consent: "she allows no such messages",
  no_channel: "she has no channel",
  unsubscribed: "she wants none of it by her channels",
  too_many: "too much waits for her already",
  quiet_hours: "of her quiet hours",
  enough_today: "she was told enough today",
};

/** What became of a letter: as the desk knows, and until it does, as her own twin has it. */
export function letterState(
  letter: Letter,
  customer: Record<string, unknown>,
): { tone: Tone; text: string } {
  if (letter.channel !== null) return { tone: "good", text: `told by ${letter.channel}` };
  if (letter.settled_at !== null) {
    const why = letter.reason ?? "";
    const words = NOT_TOLD[why] ?? (why.replaceAll("_", " ") || "nobody knows why");
    return { tone: "bad", text: `not told: ${words}` };
  }
  const sending = customer.sending as Record<string, { held_until?: unknown }> | null | undefined;
  const until = sending?.[letter.message_id]?.held_until;
  return typeof until === "number"
    ? { tone: "warn", text: `waits until ${clock(until)}` }
    : { tone: "busy", text: "on its way" };
}
