"use strict";
// The page works without this: it is a form, and it refreshes itself while something happens.
// With it, the total follows the ticks, times are local, and changes show at once.
(function () {
  const main = document.getElementById("offer");

  function dress() {
    const lang = document.documentElement.lang || "en";
    const when = new Intl.DateTimeFormat(lang, {
      weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
    });
    for (const time of main.querySelectorAll("time[datetime]")) {
      time.textContent = when.format(new Date(time.dateTime));
    }
    for (const span of main.querySelectorAll("[data-start]")) {
      span.textContent = when.formatRange(new Date(span.dataset.start), new Date(span.dataset.end));
    }
    const totals = main.querySelectorAll("[data-total]");
    const form = main.querySelector("form");
    if (!form || !totals.length) return;
    const currency = totals[0].dataset.currency;
    const money = new Intl.NumberFormat(lang, { style: "currency", currency: currency });
    const sum = function () {
      for (const total of totals) {
        let cents = Number(total.dataset.total);
        for (const box of form.querySelectorAll("input[name=keep]:not(:checked)")) {
          // What belongs to another alternative is no part of this sum.
          const of = box.dataset.alternative;
          if (of === "0" || of === total.dataset.alternative) cents -= Number(box.dataset.price);
        }
        total.textContent = money.format(cents / 100);
      }
    };
    form.addEventListener("change", sum);
    // A double tap sends once; the server would count it once anyway.
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
    // Back from an answer that did not get through, she may send it again.
    addEventListener("pageshow", function () { delete form.dataset.sent; sum(); });
    sum();
  }

  async function renew() {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("offer");
    if (!fresh) return;
    document.title = page.title;
    main.dataset.live = fresh.dataset.live;
    main.dataset.state = fresh.dataset.state;
    main.replaceChildren(...fresh.childNodes);
    dress();
  }

  // Who is choosing must not lose her ticks to a renewal.
  function choosing() {
    return Boolean(main.querySelector("form input[name=keep]:not(:checked)"));
  }

  dress();
  if (main.dataset.live && "EventSource" in window) {
    const feed = new EventSource(main.dataset.live);
    let first = true;
    feed.addEventListener("changed", function (event) {
      const state = JSON.parse(event.data).state;
      const known = first || choosing();
      first = false;
      if (known && state === main.dataset.state) return;
      renew().catch(function () { /* the next change, or the reader, tries again */ });
    });
    feed.addEventListener("moved", function (event) {
      const moved = JSON.parse(event.data);
      const drawing = main.querySelector("[data-frame]");
      if (!drawing || drawing.dataset.frame !== moved.frame) {
        renew().catch(function () { /* as above */ });
        return;
      }
      const truck = drawing.querySelector("[data-truck]");
      truck.style.transform = "translate(" + moved.truck[0] + "px, " + moved.truck[1] + "px)";
      drawing.querySelector("[data-way]").setAttribute("d", moved.way);
      for (const name of ["eta", "far"]) {
        const place = main.querySelector("[data-" + name + "]");
        // Only what differs: whoever listens is not told the same twice.
        if (place && place.textContent !== moved[name]) place.textContent = moved[name];
      }
    });
    feed.addEventListener("over", function () { feed.close(); });
  }
})();
