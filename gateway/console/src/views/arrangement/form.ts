// Form: what a form of "what if" asks for.

import type { Schemas } from "@/api/client";

type WhatIf = Schemas["WhatIf"];

export interface Form {
  busy: string;
  later: string;
  laterMin: string;
  noticedMin: string;
  answersMin: string;
  /** Another rule, as a text; null: as it is. */
  rule: string | null;
  customer: "same" | "accept" | "decline" | "silent";
}

export const UNCHANGED: Form = {
  busy: "",
  later: "",
  laterMin: "",
  noticedMin: "",
  answersMin: "",
  rule: null,
  customer: "same",
};

/** What is asked of the API; what is left empty is as it was. */
export function changeOf(form: Form): Partial<WhatIf> {
  const change: Partial<WhatIf> = {};
  if (form.busy !== "") change.busy = [form.busy];
  const laterS = seconds(form.laterMin);
  if (form.later !== "" && laterS !== null) change.later_s = { [form.later]: laterS };
  const noticedS = seconds(form.noticedMin);
  // When the signal came follows from the rule, where there is another one.
  if (form.rule !== null) change.rule = { text: form.rule, name: "the other rule" };
  else if (noticedS !== null) change.noticed_s = noticedS;
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
