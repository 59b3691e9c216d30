import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, asked, type Schemas } from "@/api/client";
import { nowS } from "@/parts/time";
import { split } from "@/parts/twins";

const MOST = 2000;
const AGAIN_MS = 15_000;
const NONE: Schemas["HistoryEvent"][] = [];

export interface TwinHistory {
  /** Oldest first. */
  items: readonly Schemas["HistoryEvent"][];
  /** There are earlier ones in the span. */
  more: boolean;
  from: number;
  until: number;
  error: unknown;
  pending: boolean;
}

/** What the log took for a twin in the last seconds; it follows what comes. */
export function useHistory(id: string, spanS: number): TwinHistory {
  const found = useQuery({
    queryKey: ["history", id, spanS],
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const { kind, key } = split(id) ?? { kind: "", key: "" };
      const until = nowS();
      const query = { since: String(until - spanS), limit: MOST };
      const params = { path: { kind, key }, query };
      const history = await asked(api.GET("/v1/history/{kind}/{key}", { params, signal }));
      return { ...history, from: until - spanS, until };
    },
  });
  return {
    items: found.data?.items ?? NONE,
    more: found.data?.more ?? false,
    from: found.data?.from ?? nowS() - spanS,
    until: found.data?.until ?? nowS(),
    error: found.error,
    pending: found.isPending,
  };
}
