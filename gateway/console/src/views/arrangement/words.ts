// Words: how arrangements are said, and what a form of "what if" asks for.

import type { Schemas } from "@/api/client";
import type { Tone } from "@/parts/Mark";

type WhatIf = Schemas["WhatIf"];

export interface Form {
  busy: string;
  later: string;
  laterMin: string;
  noticedMin: string;
  answersMin: string;
  customer: "same" | "accept" | "decline" | "silent";
}

export const UNCHANGED: Form = {
  busy: "",
  later: "",
  laterMin: "",
  noticedMin: "",
  answersMin: "",
  customer: "same",
};

/** What is asked of the API; what is left empty is as it was. */
export function changeOf(form: Form): Partial<WhatIf> {
  const change: Partial<WhatIf> = {};
  if (form.busy !== "") change.busy = [form.busy];
  const laterS = seconds(form.laterMin);
  if (form.later !== "" && laterS !== null) change.later_s = { [form.later]: laterS };
  const noticedS = seconds(form.noticedMin);
  if (noticedS !== null) change.noticed_s = noticedS;
  const said: Record<string, unknown> = {};
  const after = seconds(form.answersMin);
  if (after !== null) said.after_s = after;
  if (form.customer === "accept") said.accept = true;
  if (form.customer === "decline") said.accept = false;
  if (form.customer === "silent") said.silent = true;
  if (Object.keys(said).length > 0) change.customer = said as WhatIf["customer"];
  return change;
}

function seconds(minutes: string): number | null {
  const value = Number(minutes);
  return minutes.trim() === "" || !Number.isFinite(value) ? null : value * 60;
}

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
