// Feed: one stream of changes, read with `fetch`: an EventSource tells neither why it broke nor when
// it tries again, and does not notice a link that is silent. It goes on where it was.

import { OVER } from "@/api/client";
import { ended } from "@/api/session";
import { EventReader } from "./events";

/** The server says something every 2 s; longer silence is a broken link. */
const SILENT_MS = 8000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10_000;

export type Link =
  | { state: "connecting" }
  | { state: "open" }
  | { state: "broken"; why: string; againInMs: number };

export interface Listener {
  event(name: string, data: unknown): void;
  link(link: Link): void;
}

export interface FeedParts {
  fetch: typeof fetch;
  /** Waits; is cut short by the signal. */
  sleep(ms: number, stop: AbortSignal): Promise<void>;
}

const browser: FeedParts = {
  fetch: (...given) => fetch(...given),
  sleep: (ms, stop) =>
    new Promise((go) => {
      const timer = setTimeout(go, ms);
      stop.addEventListener("abort", () => {
        clearTimeout(timer);
        go();
      });
    }),
};

/** Read a feed until `stop`; never throws. */
export async function follow(
  path: string,
  listener: Listener,
  stop: AbortSignal,
  parts: FeedParts = browser,
): Promise<void> {
  let lastId: string | undefined;
  let wait = FIRST_WAIT_MS;
  listener.link({ state: "connecting" });
  while (!stop.aborted) {
    let why = "the server ended the stream";
    try {
      await read();
    } catch (error) {
      why = reason(error);
    }
    if (stop.aborted) return;
    listener.link({ state: "broken", why, againInMs: wait });
    await parts.sleep(wait, stop);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  async function read(): Promise<void> {
    const silence = new AbortController();
    const end = () => silence.abort();
    stop.addEventListener("abort", end, { once: true });
    let watchdog = setTimeout(end, SILENT_MS);
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (lastId !== undefined) headers["Last-Event-ID"] = lastId;
      const answer = await parts.fetch(path, { headers, signal: silence.signal });
      if (answer.status === 401) ended(OVER);
      if (!answer.ok || answer.body === null)
        throw new Error(`the server answered ${answer.status}`);
      wait = FIRST_WAIT_MS;
      listener.link({ state: "open" });
      const pieces = answer.body.getReader();
      const text = new TextDecoder();
      const reader = new EventReader();
      for (;;) {
        const piece = await pieces.read();
        if (piece.done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(end, SILENT_MS);
        for (const event of reader.read(text.decode(piece.value, { stream: true }))) {
          listener.event(event.name, JSON.parse(event.data));
          // After it was taken: what breaks in between comes again.
          if (event.id !== undefined) lastId = event.id;
        }
      }
    } finally {
      clearTimeout(watchdog);
      stop.removeEventListener("abort", end);
    }
  }
}

function reason(error: unknown): string {
  if (error instanceof DOMException && error.name === "AbortError") {
    return `nothing was heard for ${SILENT_MS / 1000} s`;
  }
  if (error instanceof TypeError) return "the server cannot be reached";
  return error instanceof Error ? error.message : String(error);
}
