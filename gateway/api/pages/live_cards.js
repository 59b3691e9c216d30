"use strict";
// Cards: one for each arrangement; what is done, ticking off as it happens.
const cards = (function () {
  const PHASES = [
    ["noticed", []], ["asking", ["gathering", "proposed"]], ["reserving", ["arranging", "reserving"]], ["customer", ["offered"]],
    ["booking", ["confirming"]], ["on the way", ["underway"]], ["done", ["settling", "closed"]],
  ];
  const WORDS = {
    gathering: "asking who can help", proposed: "waiting for a person", arranging: "reserving",
    reserving: "reserving", offered: "waiting for the customer",
    confirming: "booking", underway: "on the way", settling: "settling", closed: "done",
    compensated: "given back", with_person: "with a person",
  };
  const LEGS = { tow: "Tow truck", ride: "Ride", rental: "Rental car", slot: "Service appointment", cover: "Insurance" };
  const SHOWN_STEPS = 6;

  function make(tag, name, text) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function money(cents, currency) {
    try {
      return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(cents / 100);
    } catch { return (cents / 100).toFixed(2) + " " + currency; }
  }

  function span(seconds) {
    const s = Math.max(0, seconds);
    if (s < 10) return s.toFixed(1) + " s";
    if (s < 90) return Math.round(s) + " s";
    return s < 5400 ? Math.round(s / 60) + " min" : (s / 3600).toFixed(1) + " h";
  }

  function mark(leg) {
    if (["declined", "released", "failed"].includes(leg.state)) return "off";
    if (leg.state === "confirmed") return "sure";
    if (leg.state === "held") return "held";
    return ["asked", "holding", "confirming"].includes(leg.state) ? "busy" : "wait";
  }

  function tick(kind) {
    const box = make("span", "tick");
    const path = { sure: "m5 12.5 4.5 4.5L19 7.5", off: "m7 7 10 10m0-10L7 17" }[kind];
    if (path) {
      const space = "http://www.w3.org/2000/svg";
      const svg = document.createElementNS(space, "svg");
      svg.setAttribute("viewBox", "0 0 24 24");
      const line = document.createElementNS(space, "path");
      line.setAttribute("d", path);
      svg.append(line);
      box.append(svg);
    }
    return box;
  }

  function phases(view) {
    const list = make("ol", "phases");
    let reached = PHASES.findIndex(function (phase) { return phase[1].includes(view.state); });
    const off = view.state === "compensated" || view.state === "with_person";
    // How far it had come: nothing planned, nothing offered, no answer, or not carried out.
    if (off) reached = !view.legs.length ? 1 : view.total_cents === null ? 2 : view.accepted === null ? 3 : 4;
    PHASES.forEach(function ([name], index) {
      const all = view.state === "closed";
      const kind = off && index === reached ? "off" : all || index < reached ? "done" : index === reached ? "now" : "";
      list.append(make("li", kind, name));
    });
    return list;
  }

  function legs(view) {
    const list = make("ol", "legs");
    for (const leg of view.legs) {
      const kind = mark(leg);
      const row = make("li", kind);
      const what = make("span", "what", leg.what === leg.sort ? LEGS[leg.sort] || leg.name : leg.what);
      if (leg.by) what.append(make("em", "", " · " + leg.by));
      let side = leg.state;
      if (leg.price_cents !== null && view.currency) side = money(leg.price_cents, view.currency);
      if (view.track && view.track.leg === leg.name && kind === "sure") {
        side = view.track.arrived ? "arrived" : view.track.eta_s === null ? side : "in " + span(view.track.eta_s);
      }
      row.append(tick(kind), what, make("span", "side", side));
      row.title = leg.name + ": " + leg.state + (leg.reason ? ", " + leg.reason : "");
      list.append(row);
    }
    return list;
  }

  function steps(view) {
    const list = make("ol", "steps");
    for (const step of view.steps.slice(-SHOWN_STEPS).reverse()) {
      const row = make("li");
      row.append(make("time", "", "+" + span(step.at - view.opened_at)));
      const said = make("span", "said");
      said.append(make("b", "", step.name.replaceAll("_", " ")), " " + step.twin_id + (step.detail ? ", " + step.detail : ""));
      said.title = said.textContent;
      row.append(said);
      list.append(row);
    }
    return list;
  }

  // Whether nobody has to do anything any more; where a person decides, she still has to.
  function over(view) { return view.ended && !(view.case && view.case !== "closed"); }

  function card(view) {
    const box = make("article", over(view) ? "ended" : "");
    const head = make("h3");
    head.append(make("span", "", view.twin_id), make("span", "chip " + view.state, WORDS[view.state] || view.state));
    const about = make("p", "about", view.signal + (view.customer_id ? " · " + view.customer_id : "")
      + (view.case ? " · case " + view.case : "") + (view.reason ? " · " + view.reason : ""));
    box.append(head, about, phases(view), legs(view));
    if (view.total_cents !== null && view.currency) {
      const total = make("p", "total");
      total.append(make("span", "", "customer pays"), make("span", "", money(view.total_cents, view.currency)));
      box.append(total);
    }
    if (!view.ended) box.append(steps(view));
    return box;
  }

  return { card, make, over, span };
})();
