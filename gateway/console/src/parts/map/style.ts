// Style: what the map is drawn with. All of it is here; no address of anybody is asked.

import type { StyleSpecification } from "maplibre-gl";
import { colour } from "@/app/theme";

const NOTHING = { type: "FeatureCollection" as const, features: [] };

/** What a vehicle's dot says. */
export const DOTS = {
  well: "--accent",
  noticed: "--warn",
  helped: "--violet",
  chosen: "--text",
} as const;

export type Dot = keyof typeof DOTS;

export function style(): StyleSpecification {
  const source = () => ({ type: "geojson" as const, data: NOTHING });
  const dot = ["match", ["get", "dot"]] as unknown[];
  for (const [name, token] of Object.entries(DOTS)) dot.push(name, colour(token));
  dot.push(colour("--accent"));
  const large = ["match", ["get", "dot"], "well", 0, 2] as unknown;
  return {
    version: 8,
    sources: { grid: source(), streets: source(), ways: source(), vehicles: source() },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("--map-ground") } },
      {
        id: "grid",
        type: "line",
        source: "grid",
        paint: { "line-color": colour("--map-grid"), "line-width": 1 },
      },
      {
        id: "streets",
        type: "line",
        source: "streets",
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": colour("--map-street"),
          "line-width": [
            "interpolate",
            ["linear"],
            ["zoom"],
            10,
            0.6,
            14,
            ["-", 3.2, ["*", 0.6, ["coalesce", ["get", "rank"], 2]]],
            17,
            7,
          ],
        },
      },
      {
        id: "ways",
        type: "line",
        source: "ways",
        paint: { "line-color": colour("--violet"), "line-width": 2, "line-dasharray": [2, 2] },
      },
      {
        id: "vehicles",
        type: "circle",
        source: "vehicles",
        layout: { "circle-sort-key": large as number },
        paint: {
          "circle-color": dot as unknown as string,
          "circle-radius": [
            "interpolate",
            ["linear"],
            ["zoom"],
            8,
            ["+", 2.5, large as number],
            15,
            ["+", 6, large as number],
          ],
          "circle-stroke-width": 1.25,
          "circle-stroke-color": colour("--map-ground"),
        },
      },
    ],
  };
}
