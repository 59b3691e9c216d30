// Types: what the live feed brings; `gateway/api/stream.py` describes it. The OpenAPI document
// says only that it is a stream, so those that no other call answers are written here.

import type { Schemas } from "@/api/client";

export type TwinState = Schemas["TwinState"];
export type ArrangementView = Schemas["ArrangementView"];

export interface Signal {
  twin_id: string;
  name: string;
  /** When it was noticed, seconds since the epoch. */
  time: number;
  data: Record<string, unknown>;
}

export type LiveStatus = Pick<Schemas["Status"], "at" | "healthy" | "problems"> & {
  totals: Schemas["Totals"];
  watchers: number;
};
