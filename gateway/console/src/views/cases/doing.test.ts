import { describe, expect, it } from "vitest";
import { centsOf, NO_OUTCOME, wordOf } from "./doing";

describe("an outcome", () => {
  it("costs whole cents, however it is written", () => {
    expect(centsOf("180")).toBe(18_000);
    expect(centsOf("180,5")).toBe(18_050);
    expect(centsOf(" 0.07 ")).toBe(7);
    expect(centsOf("")).toBeNull();
    for (const wrong of ["-1", "1.234", "a", "1e9", "∞"]) expect(centsOf(wrong)).toBeUndefined();
  });

  it("leaves something out of what is accepted only", () => {
    const outcome = { ...NO_OUTCOME, without: ["rental"], note: " she walks " };

    expect(wordOf({ ...outcome, verdict: "accept" }).without).toEqual(["rental"]);
    expect(wordOf({ ...outcome, verdict: "decline" }).without).toEqual([]);
    expect(wordOf(outcome).note).toBe("she walks");
  });
});
