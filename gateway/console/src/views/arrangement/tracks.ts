// Tracks: the ways of the vehicle that was followed, in truth and simulated.

import type { Schemas } from "@/api/client";
import type { Flag, Track } from "@/parts/map/FleetMap";
import { span } from "@/parts/time";

type View = Schemas["WhatIfView"];
type Run = Schemas["WhatIfRun"];
type Place = Schemas["WhatIfPlace"];

interface Spot {
  lat: number;
  lon: number;
}

const spot = ({ position }: Place): Spot | null => {
  const [lat, lon] = position ?? [];
  return lat === undefined || lon === undefined ? null : { lat, lon };
};

/** Ways to draw: one for each run of which places are known. */
export function tracksOf(found: View): Track[] {
  return [
    { id: "real", run: found.real, dashed: false },
    { id: "simulated", run: found.simulated_run, dashed: true },
  ].flatMap(({ id, run, dashed }) => {
    const points = run.track.map(spot).filter((one) => one !== null);
    return points.length > 1 ? [{ id, points, dashed }] : [];
  });
}

/** When the first of both runs began, and how long it took until the last vehicle was there. */
export function timesOf(found: View): { began: number; lastsS: number } {
  const times = [found.real, found.simulated_run].flatMap((run) => run.track.map(({ at }) => at));
  const begun = [found.real.began_at, found.simulated_run.began_at].filter((at) => at !== null);
  const began = Math.min(...begun, ...times);
  return { began, lastsS: Math.max(0, Math.max(...times) - began) };
}

/** Where both vehicles were so long after the beginning; who is not on the way yet has no flag. */
export function flagsAt(found: View, at: number): Flag[] {
  const real = flag("as it was", found.real, at);
  const simulated = flag("simulated", found.simulated_run, at);
  return [
    ...(real === null ? [] : [real]),
    ...(simulated === null ? [] : [{ ...simulated, below: true }]),
  ];
}

function flag(name: string, run: Run, at: number): Flag | null {
  const place = run.track.findLast((one) => one.at <= at && one.position !== null);
  const here = place === undefined ? null : spot(place);
  if (place === undefined || here === null) return null;
  return {
    id: name,
    ...here,
    text: `${name}: ${place.leg} ${left(place, at)}`,
    title: `${place.service}, ${name}`,
    to: null,
  };
}

/** The provider's word, as old as it is. */
function left({ arrived, eta_s: eta, at: said }: Place, at: number): string {
  if (arrived) return "is there";
  return eta === null ? "on the way" : `in ${span(Math.max(0, eta - (at - said)))}`;
}

/** Said where there is nothing to draw. */
export function unknownWay(run: Run): string | null {
  if (run.track.some((one) => one.position !== null)) return null;
  return run.track.length > 0
    ? "Nobody can say where its vehicle would have been on the way."
    : "No vehicle was followed.";
}
