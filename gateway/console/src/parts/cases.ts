// Cases: where a case's page is, and which of them somebody has to look up for.

import type { Schemas } from "@/api/client";

export type Case = Schemas["CaseView"];

export const casePath = (id: string): string => `/cases/${encodeURIComponent(id)}`;

/** The urgent ones that were not there before: what somebody has to look up for. */
export function alarming(before: ReadonlySet<string> | null, open: readonly Case[]): Case[] {
  if (before === null) return [];
  return open.filter((one) => one.urgency === "high" && !before.has(one.id));
}
