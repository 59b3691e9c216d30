// Switches: what a person may do with a policy, and what each of it comes to.

import { api, asked, type Schemas } from "@/api/client";
import type { Tone } from "@/parts/Mark";
import { money, whole } from "@/parts/numbers";

export type Policy = Schemas["PolicyView"];

/** The policy that stands for all of them. */
export const ALL = "all";

export const LEVELS = ["shadow", "propose", "act"] as const;
export type Level = (typeof LEVELS)[number];

export const MEANS: Record<Level, string> = {
  shadow: "It decides, and does nothing; what it would have done is recorded.",
  propose: "An employee gets a case with the whole plan, and has to agree first.",
  act: "It is done. The customer is still asked before anything becomes final.",
};

export type Switch = { does: "stop" } | { does: "resume" } | { does: "level"; level: Level };

const TONES: Record<string, Tone> = { shadow: "plain", propose: "warn", act: "good" };

export const levelTone = (level: string): Tone => TONES[level] ?? "plain";

/** How a policy is called in a sentence. */
export const called = (name: string): string => (name === ALL ? "every policy" : name);

export interface Standing {
  tone: Tone;
  text: string;
  /** By whom and why, where it does not run. */
  why: string | null;
}

/** Whether a policy runs, and if not, why. */
export function standingOf(one: Policy): Standing {
  if (one.stopped !== null) return { tone: "bad", text: "stopped", why: one.stopped };
  if (one.breaker !== null) {
    const { turned_away, case_id, desk } = one.breaker;
    const why = `more began within an hour than may; ${whole(turned_away)} turned away since, case ${case_id} at ${desk}`;
    return { tone: "bad", text: "breaker open", why };
  }
  return { tone: "good", text: "running", why: null };
}

/** What a dialog says before it is done. */
export function questionOf(name: string, what: Switch): { title: string; verb: string } {
  if (what.does === "stop") return { title: `Stop ${called(name)}?`, verb: "Stop" };
  if (what.does === "resume") return { title: `Let ${called(name)} go on?`, verb: "Resume" };
  if (name === ALL) {
    return {
      title: `Let policies begin at ${what.level}?`,
      verb: `Set to ${what.level}`,
    };
  }
  return { title: `Set ${name} to ${what.level}?`, verb: `Set to ${what.level}` };
}

/** What is meant by it. */
export function meaningOf(name: string, what: Switch): string {
  if (what.does === "stop") {
    return "Nothing new is held or confirmed, and what is held is given back, also for what is under way. Warnings are still made.";
  }
  if (what.does === "resume") return "It goes on with what comes from now on; the breaker closes.";
  const for_ = name === ALL ? "For every policy for which nobody has set a level. " : "";
  return for_ + MEANS[what.level];
}

/** Do it. Whoever is signed in signs; `by` counts with the node's own token only. */
export function turned(name: string, what: Switch, reason: string): Promise<Policy> {
  const params = { path: { name } };
  const body = { by: "console", reason };
  if (what.does === "stop") {
    return asked(api.POST("/v1/policies/{name}/stop", { params, body }));
  }
  if (what.does === "resume") {
    return asked(api.POST("/v1/policies/{name}/resume", { params, body }));
  }
  return asked(api.POST("/v1/policies/{name}", { params, body: { ...body, level: what.level } }));
}

export interface Limit {
  name: string;
  text: string;
}

/** What a policy may reach and spend, with what it has; money in cents by currency. */
export function limitsOf(one: Policy): Limit[] {
  const { settings } = one;
  const limits: Limit[] = [
    { name: "within an hour", text: `${whole(one.begun)} of ${count(settings.per_hour)} begun` },
  ];
  const days = cents(settings.day_cents);
  const used = one.used_today;
  for (const currency of [...new Set([...Object.keys(days), ...Object.keys(used)])].sort()) {
    limits.push({
      name: `of this day, ${currency}`,
      text: `${money(used[currency] ?? 0, currency)} of ${allowed(days, currency)}`,
    });
  }
  if (limits.length === 1) limits.push({ name: "of this day", text: "no limit, nothing spent" });
  const each = Object.entries(cents(settings.customer_day_cents)).sort();
  limits.push({
    name: "of a customer's day",
    text: each.map(([currency, most]) => money(most, currency)).join(", ") || "no limit",
  });
  limits.push({ name: "held out", text: share(settings.holdout) });
  limits.push({
    name: "rises at most to",
    text: `${settings.ceiling}${settings.pinned === true ? ", by a person's word only" : ""}`,
  });
  return limits;
}

/** Where one currency has a limit, others have none to spend. */
function allowed(limits: Record<string, number>, currency: string): string {
  const most = limits[currency];
  if (most !== undefined) return money(most, currency);
  return Object.keys(limits).length === 0 ? "no limit" : money(0, currency);
}

function cents(value: unknown): Record<string, number> {
  return typeof value === "object" && value !== null ? (value as Record<string, number>) : {};
}

const count = (value: unknown): string => (typeof value === "number" ? whole(value) : "–");

const share = (value: unknown): string =>
  typeof value === "number" ? `${Math.round(value * 1000) / 10} %` : "–";
