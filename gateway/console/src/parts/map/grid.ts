// Grid: lines of latitude and longitude, so that a map without streets is a map all the same.

import type { FeatureCollection, LineString } from "geojson";

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30] as const;
const LINES = 14;

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Lines over a box and a little beyond it, at round degrees, about fourteen across. */
export function grid(box: Bounds): FeatureCollection<LineString> {
  const across = Math.max(box.east - box.west, box.north - box.south, 1e-6);
  const step = STEPS.find((one) => across / one <= LINES) ?? 30;
  const line = (coordinates: [number, number][]) => ({
    type: "Feature" as const,
    properties: {},
    geometry: { type: "LineString" as const, coordinates },
  });
  const [west, east] = [box.west - across, box.east + across];
  const tall = box.north - box.south;
  const [south, north] = [Math.max(-85, box.south - tall), Math.min(85, box.north + tall)];
  const features = [];
  for (let lon = Math.ceil(west / step) * step; lon <= east; lon += step) {
    features.push(
      line([
        [lon, south],
        [lon, north],
      ]),
    );
  }
  for (let lat = Math.ceil(south / step) * step; lat <= north; lat += step) {
    features.push(
      line([
        [west, lat],
        [east, lat],
      ]),
    );
  }
  return { type: "FeatureCollection", features };
}

/** The box around places, with room at its edges; null where there are none. */
export function around(places: Iterable<{ lat: number; lon: number }>): Bounds | null {
  let box: Bounds | null = null;
  for (const { lat, lon } of places) {
    if (box === null) box = { west: lon, south: lat, east: lon, north: lat };
    box.west = Math.min(box.west, lon);
    box.east = Math.max(box.east, lon);
    box.south = Math.min(box.south, lat);
    box.north = Math.max(box.north, lat);
  }
  return box;
}
