import { describe, expect, it } from "vitest";
import { type Rule, textOf } from "@/parts/rules";
import { changesBack, changesOf, type Draft, differing, marksOf, overTime } from "./documents";

const rule = (name: string, when: string): Rule =>
  ({
    name,
    document: { rule: name, when },
    text: `rule: ${name}\nwhen: ${when}\n`,
    shadow: false,
  }) as Rule;

const A = rule("a", "x > 1");
const B = rule("b", "y > 1");

describe("a rule", () => {
  it("is shown as it was written; without a text, as its document", () => {
    expect(textOf(A)).toBe("rule: a\nwhen: x > 1\n");
    expect(JSON.parse(textOf({ ...A, text: "" }))).toEqual({ rule: "a", when: "x > 1" });
  });
});

describe("a change", () => {
  it("is new, changed or removed; what says the same is none", () => {
    const draft = { put: [rule("a", "x > 2"), B, rule("c", "z")], remove: ["d", "e"] } as Draft;
    const found = changesOf(draft, [A, B, rule("d", "w")]);

    expect(found.map((one) => [one.name, one.what])).toEqual([
      ["a", "changed"],
      ["c", "new"],
      ["d", "removed"],
    ]);
  });

  it("back to an earlier version takes away what was not there", () => {
    const found = changesBack([rule("a", "x > 2"), B], [A]);

    expect(found.map((one) => [one.name, one.what])).toEqual([
      ["a", "changed"],
      ["b", "removed"],
    ]);
  });

  it("is told line by line", () => {
    const lines = differing("a\nb\nc\n", "a\nx\nc\nd\n").map((one) => one.sign + one.text);

    expect(lines).toEqual([" a", "-b", "+x", " c", "+d"]);
    expect(differing("", "a\n")).toEqual([{ sign: "+", text: "a" }]);
    expect(differing("a\n", "a\n")).toEqual([{ sign: " ", text: "a" }]);
  });
});

describe("marks", () => {
  it("stand at their lines, in order, with the column", () => {
    const problem = (line: number | null, column: number | null, message: string) => ({
      text: message,
      message,
      path: "",
      line,
      column,
    });
    const checked = {
      ok: false,
      kinds: [
        {
          kind: "v",
          published: 0,
          rules: [],
          problems: [problem(7, 3, "no field")],
          warnings: [problem(null, null, "odd")],
        },
      ],
    } as never;

    expect(marksOf(checked)).toEqual([
      { line: 1, message: "odd", tone: "warn" },
      { line: 7, message: "no field (column 3)", tone: "bad" },
    ]);
    expect(marksOf(undefined)).toEqual([]);
  });
});

describe("over time", () => {
  it("has every stretch of the span, and nothing where nothing fired", () => {
    const report = { since: 50, until: 310, began: 120, stretch_s: 60 };
    const result = { over_time: [{ at: 180, candidate: 2, live: 1 }] } as never;

    expect(overTime(result, report)).toEqual({
      times: [60, 120, 180, 240, 300, 360],
      candidate: [0, 0, 2, 0, 0, 0],
      live: [0, 0, 1, 0, 0, 0],
    });
  });
});
