// Cases: where a case's page is, and which of them somebody has to look up for.

import type { Schemas } from "@/api/client";

export type Case = Schemas["CaseView"];

export const casePath = (id: string): string => `/cases/${encodeURIComponent(id)}`;

/** Those whom nobody took in time, or who wait for somebody to be there. */
export function neglected(one: Case): string | null {
  if (one.state === "waiting") return "nobody is there for it";
  if (one.escalations > 0 && one.state === "assigned") {
    return one.escalations === 1 ? "went on once" : `went on ${one.escalations} times`;
  }
  return null;
}

export interface Alarm {
  /** The same as long as it is the same trouble with the same case. */
  key: string;
  one: Case;
  /** In a word. */
  why: string;
}

/** What somebody has to look up for: what is urgent, and what waits beyond its time. */
export function alarms(open: readonly Case[]): Alarm[] {
  return open.flatMap((one) => {
    const late = neglected(one);
    const urgent: Alarm[] =
      one.urgency === "high" ? [{ key: `${one.id} urgent`, one, why: "Urgent" }] : [];
    return late === null
      ? urgent
      : [...urgent, { key: `${one.id} late`, one, why: `Waits too long, ${late}` }];
  });
}

/** Those that were not there before; of one case the first, which says most. */
export function fresh(before: ReadonlySet<string> | null, now: readonly Alarm[]): Alarm[] {
  if (before === null) return [];
  const found = now.filter((alarm) => !before.has(alarm.key));
  return found.filter((alarm, at) => found.findIndex(({ one }) => one.id === alarm.one.id) === at);
}
