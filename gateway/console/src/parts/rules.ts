// Rules: as texts that people read and edit.

import type { Schemas } from "@/api/client";

export type Rule = Schemas["RuleView"];

/**
 * A rule as its author wrote it; one that came as a document, as JSON, which YAML is, too. So is a
 * decision table, however it was written: its editor reads and writes JSON.
 */
export function textOf(rule: Rule): string {
  return rule.text === "" || rule.text === undefined || isTable(rule)
    ? `${JSON.stringify(rule.document, null, 2)}\n`
    : rule.text;
}

export const isTable = (rule: Rule): boolean => "table" in rule.document;
