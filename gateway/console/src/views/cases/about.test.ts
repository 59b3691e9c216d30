import { describe, expect, it } from "vitest";
import { channelsOf, contactsOf, readingsOf } from "./about";

describe("a customer", () => {
  it("is reached as she prefers; what is no way is left out", () => {
    const channels = [{ channel: "sms", address: "+358" }, { channel: "sms" }, null, 3];

    expect(channelsOf({ channels })).toEqual([{ channel: "sms", address: "+358" }]);
    expect(channelsOf({})).toEqual([]);
  });

  it("was told six things at most, the newest first", () => {
    const contacts = Array.from({ length: 9 }, (_, at) => ({ at, what: `told.${at}` }));

    expect(contactsOf({ contacts }).map((one) => one.at)).toEqual([8, 7, 6, 5, 4, 3]);
    expect(contactsOf({ contacts: "nothing" })).toEqual([]);
  });
});

describe("a device", () => {
  it("shows what it measured, and nothing of its inside", () => {
    const state = {
      coolant_c: 104.5,
      lat: 60,
      stamp: 1,
      owner: "customer/c1",
      commands: {},
      x: "",
    };

    expect(readingsOf(state)).toEqual([
      { name: "coolant_c", value: 104.5 },
      { name: "owner", value: "customer/c1" },
    ]);
  });
});
