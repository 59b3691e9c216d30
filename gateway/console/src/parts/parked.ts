// Parked: how a twin goes on whose event failed.

import { api, asked, type Schemas } from "@/api/client";
import { split } from "./twins";

export type Word = "resume" | "skip";

/** What each word does. */
export const SAYS: Record<Word, string> = {
  resume: "With the event that failed, then with all that waits, in order",
  skip: "Without the event that failed; all that waits follows, in order",
};

/** Let a twin go on; durable when it is answered. */
export function letGo(id: string, word: Word): Promise<Schemas["Sent"]> {
  const path = split(id) ?? { kind: id, key: "" };
  return word === "resume"
    ? asked(api.POST("/v1/twins/{kind}/{key}/resume", { params: { path } }))
    : asked(api.POST("/v1/twins/{kind}/{key}/skip", { params: { path } }));
}
