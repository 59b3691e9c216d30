import { describe, expect, it } from "vitest";
import { tableOf, withContent } from "./table";

const CONTENT = {
  hitPolicy: "first",
  inputs: [{ id: "c", field: "coolant_c" }],
  outputs: [{ id: "o", field: "offer" }],
  rules: [{ c: "> 120", o: '"tow"' }],
};
const RULE = {
  rule: "remedy",
  about: "what is offered",
  table: {
    nodes: [
      { id: "in", type: "inputNode", name: "in" },
      { id: "t", type: "decisionTableNode", name: "offers", content: CONTENT },
    ],
    edges: [{ id: "e", sourceId: "in", targetId: "t" }],
  },
};

describe("a decision table", () => {
  it("is found in its rule, and put back where it was", () => {
    const found = tableOf(JSON.stringify(RULE));
    expect(found?.node.name).toBe("offers");
    if (found === null) return;
    const rules = [...found.node.content.rules, { c: "", o: '"advice"' }];
    const text = withContent(found, { ...found.node.content, rules });
    const again = JSON.parse(text);

    expect(again.about).toBe("what is offered");
    expect(again.table.edges).toEqual(RULE.table.edges);
    expect(again.table.nodes[0]).toEqual(RULE.table.nodes[0]);
    expect(again.table.nodes[1].content.rules).toEqual(rules);
  });

  it("is none where there is none, or where it is not whole yet", () => {
    for (const text of ["", "rule: a", "{", "{}", '{"table": null}', '{"table": {"nodes": 3}}']) {
      expect(tableOf(text)).toBeNull();
    }
  });
});
