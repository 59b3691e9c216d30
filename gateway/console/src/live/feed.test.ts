import { beforeEach, describe, expect, test } from "vitest";
import { currentSession } from "@/api/session";
import { signedIn } from "@/api/testing";
import { type FeedParts, follow, type Link } from "./feed";

interface Call {
  lastId: string | undefined;
}

/** A server that gives one answer after the other, and ends the feed when it has none left. */
function playing(answers: (() => Response)[]) {
  const stop = new AbortController();
  const calls: Call[] = [];
  const slept: number[] = [];
  const links: Link[] = [];
  const events: [string, unknown][] = [];
  const parts: FeedParts = {
    fetch: async (_, init) => {
      const headers = init?.headers as Record<string, string>;
      calls.push({ lastId: headers["Last-Event-ID"] });
      const answer = answers.shift();
      if (answer === undefined) {
        stop.abort();
        throw new TypeError("nobody there");
      }
      return answer();
    },
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
  const listener = {
    event: (name: string, data: unknown) => void events.push([name, data]),
    link: (link: Link) => void links.push(link),
  };
  return { done: follow("/v1/live", listener, stop.signal, parts), calls, slept, links, events };
}

const stream = (text: string) => () => new Response(text, { status: 200 });

beforeEach(() => signedIn());

describe("follow", () => {
  test("goes on after the last event that it has taken", async () => {
    const played = playing([
      stream('event: change\nid: run.4\ndata: {"id": "a/b"}\n\nid: run.5\ndata: {"cut'),
      stream('event: status\ndata: {"healthy": true}\n\n'),
    ]);
    await played.done;

    expect(played.calls.map((call) => call.lastId)).toEqual([undefined, "run.4", "run.4"]);
    expect(played.events).toEqual([
      ["change", { id: "a/b" }],
      ["status", { healthy: true }],
    ]);
  });

  test("waits longer each time, and no longer once it was connected again", async () => {
    const down = () => new Response("", { status: 503 });
    const played = playing([down, down, stream(":\n\n"), down]);
    await played.done;

    expect(played.slept).toEqual([1000, 2000, 1000, 2000]);
    expect(played.links.map((link) => link.state)).toEqual([
      "connecting",
      "broken",
      "broken",
      "open",
      "broken",
      "broken",
    ]);
    expect(played.links[1]).toEqual({
      state: "broken",
      why: "the server answered 503",
      againInMs: 1000,
    });
  });

  test("signs out when the API knows the session no more", async () => {
    const played = playing([() => new Response("", { status: 401 })]);
    await played.done;

    expect(currentSession()).toEqual({ state: "out", why: "The session is over. Sign in again." });
  });
});
