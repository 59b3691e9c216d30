// What views read of the feed. Each hook renders its view when its part is another one.

import { useCallback, useContext, useSyncExternalStore } from "react";
import { LiveContext } from "./context";
import type { Link } from "./feed";
import type { LiveStore, Rate } from "./store";
import type { LiveStatus, Signal } from "./types";

export function useLive(): LiveStore {
  const store = useContext(LiveContext);
  if (store === null) throw new Error("useLive needs a LiveProvider around it");
  return store;
}

function usePart<T>(part: Parameters<LiveStore["on"]>[0], read: (store: LiveStore) => T): T {
  const store = useLive();
  const subscribe = useCallback((hear: () => void) => store.on(part, hear), [store, part]);
  return useSyncExternalStore(subscribe, () => read(store));
}

/** Whether the feed is open. */
export const useLink = (): Link => usePart("link", (store) => store.link);

/** How the cluster is, every 2 s; undefined before the first time. */
export const useStatus = (): LiveStatus | undefined => usePart("status", (store) => store.status);

/** Events a second, of the last minutes. */
export const useRates = (): readonly Rate[] => usePart("status", (store) => store.rates);

/** What twins noticed since the console was opened, newest first. */
export const useSignals = (): readonly Signal[] => usePart("signals", (store) => store.signals);
