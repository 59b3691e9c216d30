// Stated: what is otherwise in a run, in words.

import type { Schemas } from "@/api/client";
import { words } from "@/parts/arrangements";
import { span } from "@/parts/time";

type Change = Partial<Schemas["WhatIf"]>;

/** Each input of a run that is not as it was. */
export function statedOf(given: Record<string, unknown>): string[] {
  const change = given as Change;
  const said = change.customer;
  return [
    ...(change.busy ?? []).map((one) => `${one} has nothing free`),
    ...(change.refusing ?? []).map((one) => `${one} refuses to hold`),
    ...(change.silent ?? []).map((one) => `${one} does not answer`),
    ...Object.entries(change.later_s ?? {}).map(([one, s]) => `${one} comes ${shift(s)}`),
    ...(change.noticed_s ? [`the signal comes ${shift(change.noticed_s)}`] : []),
    ...(change.rule ? ["another rule notices it"] : []),
    ...(said?.silent ? ["the customer does not answer"] : []),
    ...(typeof said?.accept === "boolean"
      ? [`the customer ${said.accept ? "accepts" : "declines"}`]
      : []),
    ...(said?.declined ?? []).map((leg) => `the customer declines ${leg}`),
    ...(typeof said?.after_s === "number"
      ? [`the customer answers after ${span(said.after_s)}`]
      : []),
  ];
}

/** What was answered in truth, by companies and by the customer: the run takes it as it was. */
export function answersOf(steps: readonly Schemas["WhatIfStep"][]): string[] {
  return steps
    .filter((step) => step.real_at !== null && step.name.endsWith(".answered"))
    .map((step) => {
      const detail = step.real_detail ? `: ${step.real_detail}` : "";
      return `${words(step.name)}, ${step.twin_id}${detail}`;
    });
}

/** When another rule's signal came. */
export function ruleNote(rule: Schemas["WhatIfRule"]): string {
  const replayed = `${rule.readings} events of the device were replayed`;
  if (rule.candidate_at === null) return `${rule.signal} would not have come: ${replayed}.`;
  const by = rule.candidate_at - rule.real_at;
  const bound = rule.at_least ? ", or before what was replayed" : "";
  const when = by === 0 ? "when it came" : shift(by);
  const times = rule.others === 1 ? "once" : `${rule.others} times`;
  const others = rule.others > 0 ? ` It would have come ${times} before, which is not played.` : "";
  return `${rule.signal} would have come ${when}${bound}: ${replayed}.${others}`;
}

const shift = (s: number): string => `${span(Math.abs(s))} ${s < 0 ? "earlier" : "later"}`;
