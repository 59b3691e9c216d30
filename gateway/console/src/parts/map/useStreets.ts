import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as GlMap } from "maplibre-gl";
import { useEffect, useState } from "react";

interface Streets extends FeatureCollection {
  attribution?: { map: string; text: string }[];
}

/** Degrees are asked for in steps, so that a small move asks for nothing new. */
function box(map: GlMap): string {
  const bounds = map.getBounds();
  const across = Math.max(bounds.getEast() - bounds.getWest(), 1e-4);
  const step = 2 ** Math.ceil(Math.log2(across)) / 4;
  const down = (value: number, least: number) => Math.max(least, Math.floor(value / step) * step);
  const up = (value: number, most: number) => Math.min(most, Math.ceil(value / step) * step);
  return [
    down(bounds.getWest(), -180),
    down(bounds.getSouth(), -90),
    up(bounds.getEast(), 180),
    up(bounds.getNorth(), 90),
  ]
    .map((value) => Number(value.toFixed(5)))
    .join();
}

/** Streets of what is in sight, where Vigil has a map of them; returns what must be said of them. */
export function useStreets(map: GlMap | null): string {
  const [attribution, setAttribution] = useState("");
  useEffect(() => {
    if (map === null) return;
    const shown = map;
    let stop = new AbortController();
    let drawn = "";
    async function draw(): Promise<void> {
      const wanted = box(shown);
      if (wanted === drawn) return;
      stop.abort();
      stop = new AbortController();
      try {
        const answer = await fetch(`/v1/streets?bbox=${wanted}`, { signal: stop.signal });
        if (!answer.ok) return;
        const streets = (await answer.json()) as Streets;
        drawn = wanted;
        shown.getSource<GeoJSONSource>("streets")?.setData(streets);
        setAttribution((streets.attribution ?? []).map((one) => one.text).join(" · "));
      } catch {
        // Without streets it is a map all the same; the next move asks again.
      }
    }
    const look = () => void draw();
    look();
    shown.on("moveend", look);
    return () => {
      stop.abort();
      shown.off("moveend", look);
    };
  }, [map]);
  return attribution;
}
