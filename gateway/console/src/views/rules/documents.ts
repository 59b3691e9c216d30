// Documents: rules as texts, and how a change of them is said.

import type { Schemas } from "@/api/client";
import { type Rule, textOf } from "@/parts/rules";

export type Draft = Schemas["DraftView"];
export type Problem = Schemas["ProblemView"];

export const severityOf = (rule: Rule): string => {
  const said = rule.document.severity;
  if (typeof said === "string") return said;
  return said === undefined || said === null ? "" : "in steps";
};

export const NEW_RULE = (kind: string): string => `rule: ${kind}.new
on: telemetry
about: >
  What it is for.
when: battery_v < 11
severity: warning
then:
  - signal: ${kind}.new
`;

export interface Mark {
  line: number;
  message: string;
  tone: "bad" | "warn";
}

/** What is wrong and what is odd, line by line; what has no line stands at the first. */
export function marksOf(checked: Schemas["Checked"] | undefined): Mark[] {
  if (checked === undefined) return [];
  const marks = checked.kinds.flatMap((one) => [
    ...(one.problems ?? []).map((each) => mark(each, "bad")),
    ...(one.warnings ?? []).map((each) => mark(each, "warn")),
  ]);
  return marks.sort((one, other) => one.line - other.line);
}

const mark = (problem: Problem, tone: Mark["tone"]): Mark => ({
  line: problem.line ?? 1,
  message:
    problem.column === null || problem.column === undefined
      ? problem.message
      : `${problem.message} (column ${problem.column})`,
  tone,
});

export interface Change {
  name: string;
  what: "new" | "changed" | "removed";
  before: string;
  after: string;
}

/** What a draft does to rules; one that says what stands there already is no change. */
export function changesOf(draft: Draft, rules: readonly Rule[]): Change[] {
  const before = new Map(rules.map((rule) => [rule.name, rule]));
  const put = (draft.put ?? []).flatMap((rule): Change[] => {
    const old = before.get(rule.name);
    const change = { name: rule.name, before: old ? textOf(old) : "", after: textOf(rule) };
    if (old === undefined) return [{ ...change, what: "new" }];
    return same(old, rule) ? [] : [{ ...change, what: "changed" }];
  });
  const removed = (draft.remove ?? []).flatMap((name): Change[] => {
    const old = before.get(name);
    return old === undefined ? [] : [{ name, what: "removed", before: textOf(old), after: "" }];
  });
  return [...put, ...removed];
}

/** What going back to an earlier version does. */
export function changesBack(now: readonly Rule[], then: readonly Rule[]): Change[] {
  const kept = new Set(then.map((rule) => rule.name));
  return changesOf(
    {
      put: [...then],
      remove: now.filter((rule) => !kept.has(rule.name)).map((rule) => rule.name),
    } as Draft,
    now,
  );
}

const same = (one: Rule, other: Rule): boolean =>
  JSON.stringify(one.document) === JSON.stringify(other.document) && one.text === other.text;

export interface Line {
  sign: " " | "-" | "+";
  text: string;
}

const FAR = 400;

/** Both texts as one, line by line: the longest common lines stay (texts are short). */
export function differing(before: string, after: string): Line[] {
  const [one, other] = [linesOf(before), linesOf(after)];
  if (one.length > FAR || other.length > FAR) {
    return [...one.map(gone), ...other.map(come)];
  }
  const common = lengths(one, other);
  const found: Line[] = [];
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    const [a = "", b = ""] = [one[i], other[j]];
    if (a === b) {
      found.push({ sign: " ", text: a });
      i += 1;
      j += 1;
    } else if ((common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0)) {
      found.push(gone(a));
      i += 1;
    } else {
      found.push(come(b));
      j += 1;
    }
  }
  return [...found, ...one.slice(i).map(gone), ...other.slice(j).map(come)];
}

const gone = (text: string): Line => ({ sign: "-", text });
const come = (text: string): Line => ({ sign: "+", text });
const linesOf = (text: string): string[] =>
  text === "" ? [] : text.replace(/\n$/, "").split("\n");

function lengths(one: string[], other: string[]): number[][] {
  const table = Array.from({ length: one.length + 1 }, () => new Array(other.length + 1).fill(0));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      const row = table[i] as number[];
      row[j] =
        one[i] === other[j]
          ? (table[i + 1]?.[j + 1] ?? 0) + 1
          : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

const MOST = 200;

/** The times and both lines of a chart; stretches without a firing are nothing, and drawn so. */
export function overTime(
  result: Schemas["RuleResult"],
  report: Pick<Schemas["Report"], "since" | "until" | "began" | "stretch_s">,
): { times: number[]; candidate: number[]; live: number[] } {
  const step = report.stretch_s;
  const from = Math.floor(Math.max(report.since, report.began ?? report.since) / step) * step;
  const fires = new Map((result.over_time ?? []).map((one) => [one.at, one]));
  const times: number[] = [];
  // One more at either end, so that what fired within a single stretch is seen, too.
  for (let at = from - step; at <= report.until + step && times.length <= MOST; at += step) {
    times.push(at);
  }
  return {
    times,
    candidate: times.map((at) => fires.get(at)?.candidate ?? 0),
    live: times.map((at) => fires.get(at)?.live ?? 0),
  };
}
