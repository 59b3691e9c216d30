// On the way: the trucks of arrangements, as flags on the map.

import type { Placed } from "@/live/store";
import type { ArrangementView } from "@/live/types";
import type { Flag } from "@/parts/map/FleetMap";
import { span } from "@/parts/time";

/** So long a signal colours its vehicle, and who has come is shown to be there, in seconds. */
export const FRESH_S = 120;

/** One flag for each truck whose place is known and that is not there yet, or has just arrived. */
export function flagsOf(
  items: readonly ArrangementView[],
  placed: ReadonlyMap<string, Placed>,
  now: number,
): Flag[] {
  return items.flatMap((one) => {
    const { track } = one;
    if (track === null || track.position === null) return [];
    // An arrangement often ends with the arrival, which people want to see all the same.
    if (one.ended && !(track.arrived && now - track.at < FRESH_S)) return [];
    const [lat, lon] = track.position;
    if (lat === undefined || lon === undefined) return [];
    const vehicle = placed.get(one.twin_id);
    const [toLat, toLon] = one.position ?? [vehicle?.lat, vehicle?.lon];
    const to = toLat === undefined || toLon === undefined ? null : { lat: toLat, lon: toLon };
    return [
      {
        id: one.id,
        lat,
        lon,
        text: `${track.leg} ${track.arrived ? "is there" : eta(track.eta_s)}`,
        title: `${track.service}, on the way to ${one.twin_id}`,
        to: track.arrived ? null : to,
      },
    ];
  });
}

function eta(seconds: number | null): string {
  return seconds === null ? "on the way" : `in ${span(seconds)}`;
}
