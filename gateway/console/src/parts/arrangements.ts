// Arrangements: how they, their legs and their steps are said, and where their pages are.

import type { Tone } from "./Mark";

export const words = (name: string): string => name.replaceAll(/[._]/g, " ");

export function stateTone(state: string | null): Tone {
  if (state === "with_person") return "warn";
  if (state === "closed") return "good";
  return state === "compensated" || state === null ? "plain" : "busy";
}

export function legTone(state: string): Tone {
  if (state === "failed") return "bad";
  if (state === "held" || state === "confirmed") return "good";
  return state === "declined" || state === "released" ? "plain" : "busy";
}

/** Seconds after a beginning: `+12.5 s`, `+3 min 05`. */
export function after(at: number | null | undefined, began: number): string {
  if (at === null || at === undefined) return "";
  const s = at - began;
  const sign = s < -0.05 ? "−" : "+";
  const whole = Math.abs(s);
  if (whole < 60) return `${sign}${whole.toFixed(1)} s`;
  const rest = String(Math.floor(whole % 60)).padStart(2, "0");
  return `${sign}${Math.floor(whole / 60)} min ${rest}`;
}

export function arrangementPath(supervisorId: string, id: string): string {
  const [kind = "", key = ""] = supervisorId.split("/");
  return `/arrangements/${encodeURIComponent(kind)}/${encodeURIComponent(key)}/${encodeURIComponent(id)}`;
}
