import { describe, expect, it } from "vitest";
import { messagesOf, waitsOf } from "./waiting";

describe("what is waited for", () => {
  it("is said in words, what ends first at the top; what is not known keeps its name", () => {
    const waits = waitsOf({ offer: 30, "hold:tow": 10, "ask:rental_2": 20, something_new: 5 });

    expect(waits.map((one) => one.text)).toEqual([
      "something new",
      "tow to be held",
      "offers for rental 2",
      "her answer",
    ]);
    expect(waitsOf({})).toEqual([]);
  });
});

describe("messages", () => {
  it("are what people were told, and what they said", () => {
    const steps = ["tow.asked", "offer.sent", "reply.call_me", "warn_driver.done", "tow.held"].map(
      (name, at) => ({ name, at, twin_id: "customer/c1" }),
    );

    expect(messagesOf(steps).map((one) => one.name)).toEqual([
      "offer.sent",
      "reply.call_me",
      "warn_driver.done",
    ]);
  });
});
