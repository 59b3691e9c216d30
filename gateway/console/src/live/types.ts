// Types: what the live feed brings, as the API describes it (`gateway/api/live_events.py`).

import type { Schemas } from "@/api/client";

export type LiveEvent = Schemas["LiveEvent"];
export type TwinState = Schemas["TwinState"];
export type ArrangementView = Schemas["ArrangementView"];
export type Signal = Schemas["Signal"];
export type LiveStatus = Schemas["LiveStatus"];
