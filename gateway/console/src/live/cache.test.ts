import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, test } from "vitest";
import { KEYS } from "@/app/queries";
import { LiveCache, withNewer } from "./cache";
import { LiveStore } from "./store";
import type { ArrangementView, TwinState } from "./types";

function twin(position: number, state: Record<string, unknown> = {}): TwinState {
  return {
    id: "vehicle/v1",
    kind: "vehicle",
    epoch: 1,
    position,
    now: position,
    applied: 1,
    digest: 1,
    exists: true,
    state,
    parked: null,
    duplicates: 0,
    reordered: 0,
    numbered: 0,
    revision: String(position),
    changed: position,
  };
}

function view(id: string, now: number, supervisor = "roadside/v1"): ArrangementView {
  return { id, now, supervisor_id: supervisor } as ArrangementView;
}

let queries: QueryClient;
let store: LiveStore;
let cache: LiveCache;

beforeEach(() => {
  queries = new QueryClient();
  store = new LiveStore((run) => run());
  cache = new LiveCache(queries, store);
});

describe("LiveCache", () => {
  test("keeps a twin that is shown up to date, and never takes it back", () => {
    queries.setQueryData(KEYS.twin("vehicle/v1"), twin(5));
    cache.take({ event: "change", data: twin(7) });
    cache.take({ event: "change", data: twin(6) });

    expect(queries.getQueryData<TwinState>(KEYS.twin("vehicle/v1"))?.position).toBe(7);
  });

  test("does not fill the cache with twins that nobody asked for", () => {
    cache.take({ event: "change", data: twin(7) });

    expect(queries.getQueryCache().getAll()).toEqual([]);
  });

  test("places what says where it is, at its newest reading", () => {
    cache.take({
      event: "change",
      data: twin(7, { lat: 60.1, lon: 24.9, stamp: 100, speed_kmh: 50 }),
    });
    cache.take({ event: "change", data: twin(8, { lat: 61, lon: 25, stamp: 90 }) });

    expect([...store.placed.values()]).toEqual([
      { id: "vehicle/v1", lat: 60.1, lon: 24.9, heading: null, speedKmh: 50, at: 100 },
    ]);
  });

  test("asks anew for all that is shown where something was left out, and only then", () => {
    queries.setQueryData(KEYS.status, {});
    cache.take({ event: "hello", data: { at: 1 } });

    expect(queries.getQueryState(KEYS.status)?.isInvalidated).toBe(false);

    cache.take({ event: "lost", data: { count: null } });

    expect(queries.getQueryState(KEYS.status)?.isInvalidated).toBe(true);
  });
});

describe("withNewer", () => {
  test("replaces what a supervisor had by what it has now", () => {
    const items = [view("a", 5), view("x", 5, "roadside/v2")];

    expect(withNewer(items, view("a", 6)).map((one) => [one.id, one.now])).toEqual([
      ["a", 6],
      ["x", 5],
    ]);
    expect(withNewer(items, view("b", 6)).map((one) => one.id)).toEqual(["b", "x"]);
    expect(withNewer(items, view("a", 4))).toEqual(items);
    expect(withNewer([], view("a", 4)).map((one) => one.id)).toEqual(["a"]);
  });
});
