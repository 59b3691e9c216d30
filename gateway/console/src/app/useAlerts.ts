import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import { alarming, type Case } from "@/parts/cases";
import { KEYS } from "./queries";

const LOOK_MS = 3000;

export interface Alerts {
  /** Urgent cases that have come since the console was opened, and that nobody has looked at. */
  fresh: readonly Case[];
  /** How many urgent ones are open. */
  urgent: number;
  seen: (id: string) => void;
}

/** Watches for urgent cases, whatever view is open; for those alone who may do something. */
export function useAlerts(): Alerts {
  const [fresh, setFresh] = useState<readonly Case[]>([]);
  const known = useRef<ReadonlySet<string> | null>(null);
  const found = useQuery({
    queryKey: KEYS.cases,
    queryFn: ({ signal }) => asked(api.GET("/v1/cases", { signal })),
    refetchInterval: LOOK_MS,
    refetchIntervalInBackground: true,
    enabled: may("serve"),
  });
  const open = found.data?.items;
  useEffect(() => {
    if (open === undefined) return;
    const ids = new Set(open.map((one) => one.id));
    const come = alarming(known.current, open);
    known.current = ids;
    setFresh((before) => {
      const still = before.filter((one) => ids.has(one.id));
      return come.length === 0 && still.length === before.length ? before : [...come, ...still];
    });
  }, [open]);
  return {
    fresh,
    urgent: open?.filter((one) => one.urgency === "high").length ?? 0,
    seen: (id) => setFresh((before) => before.filter((one) => one.id !== id)),
  };
}
