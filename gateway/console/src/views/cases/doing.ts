// Doing: what people do with a case, as calls of the API. Who is signed in signs; `by` counts with
// the node's own token only.

import { api, asked, type Schemas } from "@/api/client";

const BY = "console";

const at = (id: string) => ({ path: { case_id: id } });

export const take = (id: string) =>
  asked(api.POST("/v1/cases/{case_id}/take", { params: at(id), body: { by: BY } }));

export const note = (id: string, text: string) =>
  asked(api.POST("/v1/cases/{case_id}/notes", { params: at(id), body: { by: BY, text } }));

/** To an employee, another desk, or, where nobody is named, to whoever comes next. */
export const handOver = (id: string, to: string, text: string) =>
  asked(
    api.POST("/v1/cases/{case_id}/hand-over", {
      params: at(id),
      body: {
        by: BY,
        employee: to.startsWith("employee/") ? to : null,
        desk: to.startsWith("desk/") ? to : null,
        note: text,
      },
    }),
  );

export const write = (id: string, subject: string, text: string, urgent: boolean) =>
  asked(
    api.POST("/v1/cases/{case_id}/letters", {
      params: at(id),
      body: { by: BY, subject, text, urgency: urgent ? "high" : "normal" },
    }),
  );

export interface Outcome {
  verdict: "accept" | "decline" | null;
  without: string[];
  note: string;
  called: boolean;
  helped: boolean;
  /** As it was written: 180 or 180.50, in the customer's currency. */
  cost: string;
  falseAlarm: boolean;
}

export const NO_OUTCOME: Outcome = {
  verdict: null,
  without: [],
  note: "",
  called: false,
  helped: false,
  cost: "",
  falseAlarm: false,
};

/** Whole cents of what was written; null: nothing; undefined: no amount. */
export function centsOf(text: string): number | null | undefined {
  const written = text.trim().replace(",", ".");
  if (written === "") return null;
  return /^\d{1,9}(\.\d{1,2})?$/.test(written) ? Math.round(Number(written) * 100) : undefined;
}

export function wordOf(outcome: Outcome): Schemas["CaseWord"] {
  return {
    by: BY,
    verdict: outcome.verdict,
    without: outcome.verdict === "accept" ? outcome.without : [],
    note: outcome.note.trim(),
    called: outcome.called,
    helped: outcome.helped,
    cost_cents: centsOf(outcome.cost) ?? null,
    currency: null,
    false_alarm: outcome.falseAlarm,
  };
}

export const close = (id: string, outcome: Outcome) =>
  asked(api.POST("/v1/cases/{case_id}/close", { params: at(id), body: wordOf(outcome) }));
