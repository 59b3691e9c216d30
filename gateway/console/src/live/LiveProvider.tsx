import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { LiveCache } from "./cache";
import { LiveContext } from "./context";
import { follow } from "./feed";
import { LiveStore } from "./store";
import type { LiveEvent } from "./types";

/** So many different twins are shown moving. */
const MOST_TWINS = 10_000;

/** One feed for all views, open as long as somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [store] = useState(() => new LiveStore());
  useEffect(() => {
    const cache = new LiveCache(queries, store);
    const stop = new AbortController();
    void follow(
      `/v1/live?twins=${MOST_TWINS}`,
      {
        // What the server sends is what it says that it sends.
        event: (name, data) => cache.take({ event: name, data } as LiveEvent),
        link: (link) => store.setLink(link),
      },
      stop.signal,
    );
    return () => stop.abort();
  }, [queries, store]);
  return <LiveContext.Provider value={store}>{children}</LiveContext.Provider>;
}
