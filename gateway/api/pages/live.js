"use strict";
// The live page: figures, map, arrangements, signals and changes, from one feed.
(function () {
  const MAX_ROWS = 60, MAX_CARDS = 12, MOOD_S = 900;
  const UNSAID = new Set(["key", "stamp", "older", "windows", "past", "arrangement", "wake_at", "lat", "lon"]);
  const $id = function (id) { return document.getElementById(id); };
  const make = cards.make;
  const map = makeMap($id("map"));
  const states = new Map(); // vehicle -> last state
  const views = new Map(); // arrangement id -> view
  const signals = []; // newest first
  const changes = []; // newest first
  const rates = [];
  const moods = new Map(); // vehicle -> when a signal was noticed
  let noticed = 0, held = false, dirty = true;

  function clock(at) {
    return new Date(at * 1000).toLocaleTimeString(undefined, { hour12: false });
  }

  function number(value) {
    return value === null || value === undefined ? "…" : Math.round(value).toLocaleString();
  }

  // -- what comes in --------------------------------------------------------------------------

  function changed(state) {
    const before = states.get(state.id);
    states.set(state.id, state.state);
    if (states.size > 5000) states.delete(states.keys().next().value);
    place(state.id, state.state);
    const said = different(before, state.state);
    if (held || (before && !said.length)) return;
    changes.unshift({ id: state.id, at: state.now, said, parked: state.parked });
    changes.length = Math.min(changes.length, MAX_ROWS);
  }

  function different(before, after) {
    const said = [];
    for (const [name, value] of Object.entries(after)) {
      if (UNSAID.has(name)) continue;
      const old = before ? before[name] : undefined;
      if (typeof value === "object" ? !before || JSON.stringify(old) === JSON.stringify(value) : old === value) continue;
      said.push([name, typeof value === "object" ? "…" : typeof value === "number" ? String(Math.round(value * 1e4) / 1e4) : String(value)]);
    }
    if (!said.length && before && (before.lat !== after.lat || before.lon !== after.lon)) said.push(["moved", ""]);
    return said;
  }

  function place(id, state) {
    if (typeof state.lat !== "number" || typeof state.lon !== "number" || !id.startsWith("vehicle/")) return;
    map.vehicle(id, state.lat, state.lon, mood(id));
  }

  function mood(id) {
    for (const view of views.values()) {
      if (view.twin_id !== id || view.ended) continue;
      return ["confirming", "underway"].includes(view.state) ? "help" : "hot";
    }
    const since = moods.get(id);
    return since !== undefined && performance.now() - since < MOOD_S * 1000 ? "hot" : "ok";
  }

  function arranged(view) {
    views.delete(view.id);
    views.set(view.id, view);
    while (views.size > 200) views.delete(views.keys().next().value);
    const track = view.track;
    const shown = track && track.position && !(view.ended && track.arrived && view.now - view.ended_at > 120);
    map.truck(view.id, shown ? track.position : null, view.position, track ? track.service.split("/")[1] : "", Boolean(track && track.arrived));
    if (view.ended) moods.delete(view.twin_id);
    const state = states.get(view.twin_id);
    if (state) place(view.twin_id, state);
    else if (view.position) map.vehicle(view.twin_id, view.position[0], view.position[1], mood(view.twin_id));
  }

  function signalled(signal) {
    noticed += 1;
    moods.set(signal.twin_id, performance.now());
    const state = states.get(signal.twin_id);
    if (state) place(signal.twin_id, state);
    signals.unshift(signal);
    signals.length = Math.min(signals.length, MAX_ROWS);
  }

  function told(status) {
    const totals = status.totals || {};
    $id("rate").textContent = number(totals.events_per_s);
    $id("events").textContent = number(totals.events);
    $id("twins").textContent = number(totals.hot_twins);
    if (typeof totals.events_per_s === "number") {
      rates.push(totals.events_per_s);
      if (rates.length > 60) rates.shift();
      spark();
    }
    if (status.healthy) link("live", "live");
    else link("sick", (status.problems && status.problems[0]) || "not healthy");
  }

  const takers = { change: changed, arrangement: arranged, signal: signalled, status: told };

  // -- what is shown --------------------------------------------------------------------------

  function link(kind, text) {
    $id("link").className = "pill " + kind;
    $id("link").lastElementChild.textContent = text;
  }

  function spark() {
    const canvas = $id("spark"), pen = canvas.getContext("2d");
    const ratio = Math.min(devicePixelRatio || 1, 2), width = 150, height = 40;
    canvas.width = width * ratio; canvas.height = height * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const most = Math.max(1, ...rates);
    const style = getComputedStyle(document.documentElement);
    const gap = width / (Math.max(rates.length, 12) - 1);
    const point = function (rate, index) { return [width - (rates.length - 1 - index) * gap, height - 4 - (rate / most) * (height - 10)]; };
    pen.beginPath();
    rates.forEach(function (rate, index) { const [x, y] = point(rate, index); if (index) pen.lineTo(x, y); else pen.moveTo(x, y); });
    pen.strokeStyle = style.getPropertyValue("--accent"); pen.lineWidth = 2; pen.lineJoin = "round"; pen.stroke();
    pen.lineTo(width, height); pen.lineTo(point(rates[0], 0)[0], height); pen.closePath();
    pen.globalAlpha = 0.14; pen.fillStyle = style.getPropertyValue("--accent"); pen.fill();
  }

  function signalRow(signal) {
    const row = make("li");
    row.append(make("span", "id", signal.name), make("time", "", clock(signal.time)));
    const facts = Object.entries(signal.data).filter(function ([, value]) { return ["number", "string"].includes(typeof value); })
      .slice(0, 3).map(function ([name, value]) { return name + " " + value; });
    row.append(make("span", "said", signal.twin_id + (facts.length ? " · " + facts.join(" · ") : "")));
    return row;
  }

  function changeRow(change) {
    const row = make("li");
    row.append(make("time", "", clock(change.at)), make("span", "id", change.id));
    const said = make("span", "said");
    change.said.slice(0, 6).forEach(function ([name, value], index) {
      said.append((index ? " · " : "") + name + " ", make("b", "", value));
    });
    if (change.parked) said.textContent = "parked: " + change.parked;
    else if (!change.said.length) said.textContent = "first seen";
    said.title = said.textContent;
    row.append(said);
    return row;
  }

  function fill(list, items, render) {
    if (items.length) list.replaceChildren(...items.map(render));
  }

  function show() {
    if (!dirty || document.hidden) return;
    dirty = false;
    const all = [...views.values()];
    const open = all.filter(function (view) { return !view.ended; });
    all.sort(function (a, b) { return cards.over(a) - cards.over(b) || b.opened_at - a.opened_at; });
    fill($id("arrangements"), all.slice(0, MAX_CARDS), cards.card);
    fill($id("signals"), signals, signalRow);
    fill($id("changes"), changes, changeRow);
    $id("open").textContent = number(open.length);
    $id("noticed").textContent = number(noticed);
    $id("mapped").textContent = map.count() ? number(map.count()) + " on the map" : "";
    $id("no-map").hidden = map.count() > 0;
    $id("map").setAttribute("aria-label", map.count() + " vehicles; help is arranged for " + open.length);
  }

  // -- running --------------------------------------------------------------------------------

  async function snapshot() {
    const found = await feed.get("/v1/search?limit=1000&where=" + encodeURIComponent("kind = vehicle"));
    for (const item of found.items) {
      states.set(item.id, item.state);
      place(item.id, item.state);
    }
    const known = await feed.get("/v1/arrangements?limit=50");
    for (const view of known.items.reverse()) {
      arranged(view);
      const signal = { name: view.signal, twin_id: view.twin_id, time: view.opened_at, data: {} };
      const shown = signals.some(function (old) { return old.name === signal.name && old.twin_id === signal.twin_id; });
      if (!shown) signals.push(signal);
    }
    signals.sort(function (a, b) { return b.time - a.time; });
    dirty = true;
  }

  function start() {
    $id("login").hidden = true;
    $id("live").hidden = false;
    document.body.classList.remove("out");
    link("wait", "connecting");
    feed.run("/v1/live?twins=2000", {
      take: function (event, data) {
        if (event === "hello" || (event === "lost" && data.count === null)) {
          snapshot().catch(function () { /* the stream itself shows what changes from now on */ });
        }
        if (takers[event]) takers[event](data);
        dirty = true;
      },
      alive: function () {
        $id("broken").hidden = true;
        document.body.classList.remove("stale");
      },
      broken: function (why, seconds) {
        link("gone", "disconnected");
        document.body.classList.add("stale");
        $id("broken").hidden = false;
        $id("broken").textContent = "No live data: " + why + ". Trying again in " + seconds + " s; what you see is old.";
      },
      refused: function (why) { login(why); },
    });
  }

  function login(why) {
    link("gone", "signed out");
    $id("live").hidden = true;
    document.body.classList.add("out");
    $id("broken").hidden = !why;
    $id("broken").textContent = why ? "Signed out: " + why + "." : "";
    $id("login").hidden = false;
    $id("token").focus();
  }

  $id("login").addEventListener("submit", function (event) {
    event.preventDefault();
    const token = $id("token").value.trim();
    $id("token").value = "";
    $id("broken").hidden = true;
    enter(feed.signIn(token), "the token is not accepted");
  });
  $id("hold").addEventListener("click", function () {
    held = !held;
    $id("hold").setAttribute("aria-pressed", String(held));
    $id("hold").textContent = held ? "go on" : "pause";
  });
  setInterval(show, 250);
  function enter(asked, why) {
    asked.then(function (good) { if (good) start(); else login(why); })
      .catch(function () { login("the server cannot be reached"); });
  }
  enter(feed.signedIn(), "");
})();
