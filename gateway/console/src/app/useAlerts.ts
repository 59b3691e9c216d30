import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import { type Alarm, alarms, fresh as freshOf } from "@/parts/cases";
import { giveNotice } from "./notices";
import { KEYS } from "./queries";

const LOOK_MS = 3000;

export interface Alerts {
  /** What has come since the console was opened, and nobody has looked at. */
  fresh: readonly Alarm[];
  /** How many urgent ones are open. */
  urgent: number;
  seen: (id: string) => void;
}

/** Watches for cases that are urgent or wait too long, whatever view is open; for those alone who may do something. */
export function useAlerts(): Alerts {
  const [fresh, setFresh] = useState<readonly Alarm[]>([]);
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
    const now = alarms(open);
    const keys = new Set(now.map(({ key }) => key));
    const come = freshOf(known.current, now);
    known.current = keys;
    for (const { one, why } of come) giveNotice(`${why}: ${one.reason}`);
    setFresh((before) => {
      const still = before.filter(({ key }) => keys.has(key));
      return come.length === 0 && still.length === before.length ? before : [...come, ...still];
    });
  }, [open]);
  return {
    fresh,
    urgent: open?.filter((one) => one.urgency === "high").length ?? 0,
    seen: (id) => setFresh((before) => before.filter(({ one }) => one.id !== id)),
  };
}
