"use strict";
// The feed: server-sent events read with fetch, because EventSource does not say why it was refused.
// It reconnects by itself, and goes on where it was.
const feed = (function () {
  const SILENT_MS = 8000; // the server says something every 2 s; longer silence is a broken link

  // Whether who looks is signed in: by the token in the address, which leaves it, or from before.
  async function signedIn() {
    const query = new URLSearchParams(location.search);
    const given = query.get("token") || new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
      history.replaceState(null, "", location.pathname);
      if (await signIn(given)) return true;
    }
    return (await fetch("/v1/session")).ok;
  }

  // Exchanges a token for a session, in a cookie that no script can read.
  async function signIn(token) {
    const answer = await fetch("/v1/session", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }),
    });
    return answer.ok;
  }

  class Refused extends Error {}

  async function get(path) {
    const answer = await fetch(path);
    if (answer.status === 401) throw new Refused("the session is over");
    if (!answer.ok) throw new Error("the server answered " + answer.status);
    return answer.json();
  }

  // Calls take(event, data) for every item; returns when the stream ends.
  async function read(path, lastId, take, alive) {
    const stop = new AbortController();
    let watchdog = setTimeout(function () { stop.abort(); }, SILENT_MS);
    const headers = { Accept: "text/event-stream" };
    if (lastId.value) headers["Last-Event-ID"] = lastId.value;
    try {
      const answer = await fetch(path, { headers, signal: stop.signal });
      if (answer.status === 401) throw new Refused("the session is over");
      if (!answer.ok) throw new Error("the server answered " + answer.status);
      alive();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const part = await reader.read();
        if (part.done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(function () { stop.abort(); }, SILENT_MS);
        text += part.value;
        let end;
        while ((end = text.indexOf("\n\n")) >= 0) {
          deliver(text.slice(0, end), lastId, take);
          text = text.slice(end + 2);
        }
      }
    } finally {
      clearTimeout(watchdog);
    }
  }

  function deliver(block, lastId, take) {
    let name = "message";
    const data = [];
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      if (colon <= 0) continue; // a comment
      const value = line.slice(colon + 1).replace(/^ /, "");
      const field = line.slice(0, colon);
      if (field === "event") name = value;
      else if (field === "data") data.push(value);
      else if (field === "id") lastId.value = value;
    }
    if (data.length) take(name, JSON.parse(data.join("\n")));
  }

  // Runs for ever. `on` has: take(event, data), alive(), broken(why, seconds), refused(why).
  async function run(path, on) {
    const lastId = { value: "" };
    let wait = 1;
    for (;;) {
      let why = "the server ended the stream";
      try {
        await read(path, lastId, on.take, function () { wait = 1; on.alive(); });
      } catch (error) {
        if (error instanceof Refused) { on.refused(error.message); return; }
        why = error.name === "AbortError" ? "nothing was heard for " + SILENT_MS / 1000 + " s"
          : error instanceof TypeError ? "the server cannot be reached" : error.message;
      }
      on.broken(why, wait);
      await new Promise(function (go) { setTimeout(go, wait * 1000); });
      wait = Math.min(wait * 2, 10);
    }
  }

  return { signedIn, signIn, get, run, Refused };
})();
