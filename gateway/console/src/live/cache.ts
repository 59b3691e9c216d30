// Cache: what the feed brings, taken over into the cache of queries, so that a view which asked
// once stays up to date without asking again.

import type { QueryClient } from "@tanstack/react-query";
import type { Schemas } from "@/api/client";
import { KEYS } from "@/app/queries";
import type { LiveStore } from "./store";
import type { ArrangementView, LiveEvent, TwinState } from "./types";

export class LiveCache {
  constructor(
    private readonly queries: QueryClient,
    private readonly store: LiveStore,
  ) {}

  take(event: LiveEvent): void {
    if (event.event === "change") this.twin(event.data);
    else if (event.event === "arrangement") this.arrangement(event.data);
    else if (event.event === "signal") this.store.addSignal(event.data);
    else if (event.event === "status") this.store.setStatus(event.data);
    else if (event.event === "lost") this.refresh();
  }

  /** Something is missing: ask anew for all that is shown. */
  private refresh(): void {
    void this.queries.invalidateQueries();
  }

  private twin(twin: TwinState): void {
    this.store.setTwin(twin);
    const key = KEYS.twin(twin.id);
    const before = this.queries.getQueryData<TwinState>(key);
    if (before !== undefined && before.position <= twin.position) {
      this.queries.setQueryData(key, twin);
    }
  }

  private arrangement(view: ArrangementView): void {
    this.queries.setQueryData<Schemas["Arrangements"]>(KEYS.arrangements, (before) =>
      before === undefined ? before : { ...before, items: withNewer(before.items, view) },
    );
  }
}

/** The list with one of its arrangements as it is now; a supervisor has one at a time. */
export function withNewer(items: ArrangementView[], view: ArrangementView): ArrangementView[] {
  const at = items.findIndex((one) => one.supervisor_id === view.supervisor_id);
  const before = items[at];
  if (before === undefined) return [view, ...items];
  if (before.now > view.now) return items;
  if (before.id === view.id) return items.with(at, view);
  return [view, ...items.filter((_, index) => index !== at)];
}
