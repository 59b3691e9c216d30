"use strict";
// Tells Vigil what a visitor does on a page, once she has agreed; before that nothing is kept or
// sent, and no id exists. See docs/customers.md. Names are paths, without query, and `data-vigil`.
(function () {
  const at = new URL(document.currentScript.src).origin + "/v1/web/";
  const KEY = "vigil", ENDED = "vigil-end", MOST = 50;
  let waiting = [], unsent = [], timer = 0, held = null;

  function load() {
    try { held = JSON.parse(localStorage.getItem(KEY)) || held; } catch { /* blocked */ }
    return held;
  }
  function save(value) {
    held = value;
    try {
      if (value) localStorage.setItem(KEY, JSON.stringify(value));
      else localStorage.removeItem(KEY);
    } catch { /* blocked */ }
  }
  // Whom to forget is kept until Vigil has heard it, on a later page if need be.
  function ended(change) {
    let ids = [];
    try {
      ids = change((localStorage.getItem(ENDED) || "").split(",").filter(Boolean));
      if (ids.length) localStorage.setItem(ENDED, ids.join());
      else localStorage.removeItem(ENDED);
    } catch { ids = change(ids); }
    return ids;
  }
  function end(more) {
    for (const id of ended((ids) => ids.concat(more).slice(-5))) {
      post(id + "/end", {}).then((answer) => {
        if (answer.ok) ended((ids) => ids.filter((other) => other !== id));
      }).catch(() => {});
    }
  }
  function random() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)),
      (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  // A string is sent as text/plain, which needs no question to the server first.
  function post(path, body) {
    return fetch(at + path, {
      method: "POST", body: JSON.stringify(body), keepalive: true, credentials: "omit",
    });
  }
  function send(more) {
    const me = load();
    clearTimeout(timer); timer = 0;
    if (!me) return;
    const visits = unsent.splice(0);
    if (waiting.length || more) {
      const acts = waiting.splice(0);
      visits.push(Object.assign({ id: random(), consent: me.text, acts: acts }, more));
    }
    // What did not get through goes again with the next one, under its id: it counts once.
    for (const visit of visits) {
      post(me.id, visit).then((answer) => {
        if (answer.status === 429 || answer.status >= 500) throw answer;
      }).catch(() => { unsent = unsent.concat(visit).slice(-5); });
    }
  }
  function note(what, name) {
    if (!load()) return;
    waiting.push({ what: what, name: String(name).slice(0, 200), at: Date.now() / 1000 });
    waiting = waiting.slice(-MOST);
    timer = timer || setTimeout(send, 2000);
  }

  addEventListener("click", (event) => {
    const named = event.target.closest && event.target.closest("[data-vigil]");
    if (named) note("click", named.dataset.vigil);
  }, true);
  addEventListener("pagehide", () => send());

  window.vigil = {
    // Call it when she agrees; `text` is the version of what she has read.
    consent(text) {
      if (!load()) save({ id: random(), text: String(text) });
      note("view", location.pathname);
    },
    withdraw() {
      const me = load();
      waiting = []; unsent = [];
      save(null);
      if (me) end([me.id]);
    },
    view: (name) => note("view", name || location.pathname),
    // Where she is, with the version of the text by which she agreed to that.
    position: (lat, lon, text) => send({ position: [lat, lon], position_consent: String(text) }),
    visitor: () => { const me = load(); return me && me.id; },
  };
  end([]);
  note("view", location.pathname);
})();
