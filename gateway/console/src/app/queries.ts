// Queries: the cache of all that was asked of the API, and the keys under which it is found.

import { QueryClient } from "@tanstack/react-query";
import { Refused } from "@/api/client";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      // What is refused by the reader's fault is refused again; what may pass may be tried again.
      retry: (failures, error) =>
        failures < 3 && !(error instanceof Refused && error.problem.status < 500),
    },
  },
});

/** Keys of what the live feed keeps up to date; see `live/cache.ts`. */
export const KEYS = {
  status: ["status"] as const,
  arrangements: ["arrangements"] as const,
  cases: ["cases", "open"] as const,
  twin: (id: string) => ["twin", id] as const,
};
