import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, asked } from "@/api/client";
import { split } from "@/parts/twins";

/** A slider that is being pulled asks only where it rests. */
const REST_MS = 250;

/** The twin as it was at a moment; the log is replayed for it. */
export function useThen(id: string, at: number | null) {
  const [rested, setRested] = useState(at);
  useEffect(() => {
    const timer = setTimeout(() => setRested(at), at === null ? 0 : REST_MS);
    return () => clearTimeout(timer);
  }, [at]);
  const then = useQuery({
    queryKey: ["then", id, rested],
    enabled: at !== null && rested !== null,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const path = split(id) ?? { kind: "", key: "" };
      const params = { path, query: { at: String(rested) } };
      return asked(api.GET("/v1/twins/{kind}/{key}/then", { params, signal }));
    },
  });
  return { ...then, resting: rested === at };
}
