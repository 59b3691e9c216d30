"use strict";
// The map: no tiles. Places by latitude and longitude, the ways that vehicles took as faint lines,
// and those who help moving smoothly between two reports.
function makeMap(canvas) {
  const MAX_TRAIL = 90;
  const vehicles = new Map(); // id -> {lat, lon, mood, trail}
  const trucks = new Map(); // arrangement -> {lat, lon, from, since, to, label, arrived}
  let view = null; // {lat, lon, scale}: centre, and pixels a degree of latitude
  let colours = {};
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ink", "soft", "accent", "hot", "help", "grid", "trail", "panel", "map"]) {
      colours[name] = style.getPropertyValue("--" + name).trim();
    }
  }
  readColours();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readColours);

  function vehicle(id, lat, lon, mood) {
    let found = vehicles.get(id);
    if (!found) vehicles.set(id, (found = { trail: [] }));
    const last = found.trail[found.trail.length - 1];
    if (!last || Math.abs(last[0] - lat) + Math.abs(last[1] - lon) > 2e-5) {
      found.trail.push([lat, lon]);
      if (found.trail.length > MAX_TRAIL) found.trail.shift();
    }
    found.lat = lat; found.lon = lon; found.mood = mood;
  }

  function truck(id, position, to, label, arrived) {
    if (!position) { trucks.delete(id); return; }
    const found = trucks.get(id);
    const now = performance.now();
    if (found && found.lat === position[0] && found.lon === position[1]) {
      found.arrived = arrived; found.label = label; return;
    }
    const from = found ? place(found, now) : position;
    trucks.set(id, { lat: position[0], lon: position[1], from, since: now, to, label, arrived });
  }

  // Where a truck is drawn: on its way from where it was drawn to where it last said it is.
  function place(item, now) {
    const share = still ? 1 : Math.min(1, (now - item.since) / 5000);
    return [item.from[0] + (item.lat - item.from[0]) * share, item.from[1] + (item.lon - item.from[1]) * share];
  }

  function fit(width, height) {
    let south = 90, north = -90, west = 180, east = -180;
    const see = function (lat, lon) {
      south = Math.min(south, lat); north = Math.max(north, lat);
      west = Math.min(west, lon); east = Math.max(east, lon);
    };
    for (const item of vehicles.values()) see(item.lat, item.lon);
    for (const item of trucks.values()) see(item.lat, item.lon);
    if (north < south) return null;
    const lat = (south + north) / 2, lon = (west + east) / 2;
    const shrink = Math.max(0.05, Math.cos(lat * Math.PI / 180));
    const scale = Math.min((width - 120) / Math.max((east - west) * shrink, 0.01), (height - 110) / Math.max(north - south, 0.01));
    return { lat, lon, scale };
  }

  function follow(wanted) {
    if (!view) { view = wanted; return; }
    const ease = still ? 1 : 0.06;
    for (const name of ["lat", "lon", "scale"]) view[name] += (wanted[name] - view[name]) * ease;
  }

  function draw() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const wanted = fit(width, height);
    if (!wanted) return;
    follow(wanted);
    const shrink = Math.max(0.05, Math.cos(view.lat * Math.PI / 180));
    const at = function (lat, lon) {
      return [width / 2 + (lon - view.lon) * shrink * view.scale, height / 2 - (lat - view.lat) * view.scale];
    };
    const now = performance.now();
    const kmPx = view.scale / 111.32;
    grid(pen, width, height, kmPx);
    trails(pen, at);
    const many = vehicles.size > 150;
    for (const mood of ["ok", "hot", "help"]) {
      for (const item of vehicles.values()) {
        if (item.mood === mood) dot(pen, at(item.lat, item.lon), mood, many, now);
      }
    }
    labels(pen, at, many);
    for (const item of trucks.values()) drive(pen, item, at, now);
    rule(pen, height, kmPx);
  }

  function grid(pen, width, height, kmPx) {
    let step = 0.5;
    while (step * kmPx < 60) step *= 2;
    const size = step * kmPx;
    pen.strokeStyle = colours.grid; pen.lineWidth = 1;
    pen.beginPath();
    for (let x = (width / 2) % size; x < width; x += size) { pen.moveTo(Math.round(x) + 0.5, 0); pen.lineTo(Math.round(x) + 0.5, height); }
    for (let y = (height / 2) % size; y < height; y += size) { pen.moveTo(0, Math.round(y) + 0.5); pen.lineTo(width, Math.round(y) + 0.5); }
    pen.stroke();
  }

  function trails(pen, at) {
    if (vehicles.size > 400) return;
    pen.strokeStyle = colours.trail; pen.lineWidth = 2.5; pen.lineJoin = "round"; pen.lineCap = "round";
    pen.beginPath();
    for (const item of vehicles.values()) {
      item.trail.forEach(function (spot, index) {
        const [x, y] = at(spot[0], spot[1]);
        if (index) pen.lineTo(x, y); else pen.moveTo(x, y);
      });
    }
    pen.stroke();
  }

  function dot(pen, [x, y], mood, many, now) {
    const colour = mood === "hot" ? colours.hot : mood === "help" ? colours.help : colours.accent;
    if (mood !== "ok") {
      const grow = still ? 0.5 : (now % 1600) / 1600;
      pen.globalAlpha = 0.35 * (1 - grow); pen.fillStyle = colour;
      pen.beginPath(); pen.arc(x, y, 8 + 14 * grow, 0, 7); pen.fill();
      pen.globalAlpha = 1;
    }
    pen.fillStyle = colour; pen.strokeStyle = colours.map; pen.lineWidth = 2;
    pen.beginPath(); pen.arc(x, y, mood === "ok" ? (many ? 3 : 4.5) : 6.5, 0, 7); pen.fill(); pen.stroke();
  }

  function drive(pen, item, at, now) {
    const here = place(item, now);
    const [x, y] = at(here[0], here[1]);
    if (item.to && !item.arrived) {
      const [toX, toY] = at(item.to[0], item.to[1]);
      pen.strokeStyle = colours.help; pen.lineWidth = 2.5; pen.setLineDash([2, 8]); pen.lineCap = "round";
      pen.lineDashOffset = still ? 0 : -now / 60;
      pen.beginPath(); pen.moveTo(x, y); pen.lineTo(toX, toY); pen.stroke(); pen.setLineDash([]);
    }
    pen.fillStyle = colours.ink; pen.strokeStyle = colours.map; pen.lineWidth = 2;
    pen.beginPath(); pen.roundRect(x - 13, y - 10, 26, 20, 6); pen.fill(); pen.stroke();
    pen.fillStyle = colours.panel;
    pen.beginPath(); pen.rect(x - 8, y - 2, 8, 4.5); pen.rect(x + 1, y - 4, 6.5, 6.5); pen.fill();
    pen.beginPath(); pen.arc(x - 4, y + 4, 2, 0, 7); pen.arc(x + 4, y + 4, 2, 0, 7); pen.fill();
    text(pen, item.label, x, y - 16, colours.ink);
  }

  function labels(pen, at, many) {
    for (const [id, item] of vehicles) {
      if (many && item.mood === "ok") continue;
      const [x, y] = at(item.lat, item.lon);
      text(pen, id.split("/")[1], x, y + 20, item.mood === "ok" ? colours.soft : colours.ink);
    }
  }

  function text(pen, words, x, y, colour) {
    pen.font = "600 11px system-ui, sans-serif"; pen.textAlign = "center";
    pen.lineWidth = 3; pen.lineJoin = "round"; pen.strokeStyle = colours.map; pen.strokeText(words, x, y);
    pen.fillStyle = colour; pen.fillText(words, x, y);
  }

  function rule(pen, height, kmPx) {
    let km = 0.1;
    for (const next of [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500]) if (next * kmPx < 130) km = next;
    const x = 14, y = height - 16;
    pen.strokeStyle = colours.soft; pen.lineWidth = 1.5;
    pen.beginPath(); pen.moveTo(x, y - 4); pen.lineTo(x, y); pen.lineTo(x + km * kmPx, y); pen.lineTo(x + km * kmPx, y - 4); pen.stroke();
    pen.font = "11px system-ui, sans-serif"; pen.fillStyle = colours.soft; pen.textAlign = "left";
    pen.fillText(km < 1 ? km * 1000 + " m" : km + " km", x + 5, y - 5);
  }

  (function again() { if (!document.hidden) draw(); requestAnimationFrame(again); })();
  return { vehicle, truck, count: function () { return vehicles.size; } };
}
