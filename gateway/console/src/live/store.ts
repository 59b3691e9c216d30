// Store: what the feed has brought, as far as a view may want it. Readers are told once a frame,
// however much came in between.

import type { Link } from "./feed";
import type { LiveStatus, Signal, TwinState } from "./types";

const MOST_SIGNALS = 200;
const MOST_RATES = 150;

/** A twin that has a place. */
export interface Placed {
  id: string;
  lat: number;
  lon: number;
  /** Clockwise from north, degrees; null: not known. */
  heading: number | null;
  speedKmh: number | null;
  /** When it was there, seconds since the epoch. */
  at: number;
}

export interface Rate {
  at: number;
  eventsPerS: number;
}

type Part = "link" | "status" | "signals" | "placed" | "twins";

export class LiveStore {
  link: Link = { state: "connecting" };
  status: LiveStatus | undefined;
  /** Newest first. */
  signals: readonly Signal[] = [];
  rates: readonly Rate[] = [];
  readonly placed = new Map<string, Placed>();
  private readonly listeners = new Map<Part, Set<() => void>>();
  private readonly stirred = new Set<Part>();
  private readonly watched = new Map<string, Set<(state: TwinState) => void>>();
  private due = false;

  constructor(private readonly later: (run: () => void) => void = nextFrame) {}

  setLink(link: Link): void {
    this.link = link;
    this.stir("link");
  }

  setStatus(status: LiveStatus): void {
    this.status = status;
    const rate = status.totals?.events_per_s;
    if (typeof rate === "number") {
      this.rates = [...this.rates.slice(1 - MOST_RATES), { at: status.at, eventsPerS: rate }];
    }
    this.stir("status");
  }

  addSignal(signal: Signal): void {
    this.signals = [signal, ...this.signals.slice(0, MOST_SIGNALS - 1)];
    this.stir("signals");
  }

  /** Take over a twin's state, unless a newer one is here. */
  setTwin(twin: TwinState): void {
    for (const hear of this.watched.get(twin.id) ?? []) hear(twin);
    this.place(twin.id, twin.state);
  }

  /** Take over where a twin is, unless it is known newer. */
  place(id: string, state: Record<string, unknown>): void {
    const place = placeOf(id, state);
    if (place === null) return;
    const before = this.placed.get(id);
    if (before !== undefined && before.at > place.at) return;
    this.placed.set(id, place);
    this.stir("placed");
  }

  /** Hear of every state of one twin, as it comes. */
  watch(id: string, hear: (state: TwinState) => void): () => void {
    const all = this.watched.get(id) ?? new Set();
    this.watched.set(id, all.add(hear));
    return () => {
      all.delete(hear);
      if (all.size === 0) this.watched.delete(id);
    };
  }

  /** Hear that a part is another one now. */
  on(part: Part, listener: () => void): () => void {
    const all = this.listeners.get(part) ?? new Set();
    this.listeners.set(part, all.add(listener));
    return () => all.delete(listener);
  }

  private stir(part: Part): void {
    this.stirred.add(part);
    if (this.due) return;
    this.due = true;
    this.later(() => {
      this.due = false;
      const parts = [...this.stirred];
      this.stirred.clear();
      for (const one of parts) for (const listener of this.listeners.get(one) ?? []) listener();
    });
  }
}

function nextFrame(run: () => void): void {
  // Frames stop where nobody looks; what is shown when she looks again must be new all the same.
  if (document.hidden) setTimeout(run, 250);
  else requestAnimationFrame(run);
}

export function placeOf(id: string, state: Record<string, unknown>): Placed | null {
  const { lat, lon, heading_deg: heading, speed_kmh: speed, stamp } = state;
  if (typeof lat !== "number" || typeof lon !== "number") return null;
  return {
    id,
    lat,
    lon,
    heading: typeof heading === "number" ? heading : null,
    speedKmh: typeof speed === "number" ? speed : null,
    at: typeof stamp === "number" ? stamp : 0,
  };
}
