import { useQuery } from "@tanstack/react-query";
import { api, asked } from "@/api/client";
import { useLive } from "@/live/useLive";

const PAGE = 1000;
const MOST = 10_000;

/** Where everything was at the last checkpoints; from there the live feed goes on. */
export function usePlaces() {
  const live = useLive();
  return useQuery({
    queryKey: ["places"],
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      let cursor: string | undefined;
      let count = 0;
      do {
        const query = {
          where: "exists lat and exists lon",
          limit: PAGE,
          ...(cursor ? { cursor } : {}),
        };
        const page = await asked(api.GET("/v1/search", { params: { query }, signal }));
        for (const { id, state } of page.items) live.place(id, state);
        count += page.items.length;
        cursor = page.cursor ?? undefined;
      } while (cursor !== undefined && count < MOST);
      return count;
    },
  });
}
