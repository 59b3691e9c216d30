import { describe, expect, test } from "vitest";
import { EventReader } from "./events";

describe("EventReader", () => {
  test("finds the same events however the text is cut", () => {
    const text = ': a comment\n\nevent: signal\nid: r.7\ndata: {"a":\ndata: 1}\n\ndata: x\r\n\r\n';
    const whole = new EventReader().read(text);
    for (let cut = 0; cut <= text.length; cut += 1) {
      const reader = new EventReader();
      const found = [...reader.read(text.slice(0, cut)), ...reader.read(text.slice(cut))];

      expect(found, `cut at ${cut}`).toEqual(whole);
    }

    expect(whole).toEqual([
      { name: "signal", id: "r.7", data: '{"a":\n1}' },
      { name: "message", data: "x" },
    ]);
  });

  test("keeps what is not whole yet", () => {
    const reader = new EventReader();

    expect(reader.read("data: half")).toEqual([]);
    expect(reader.read(" of it\n\n")).toEqual([{ name: "message", data: "half of it" }]);
  });
});
