// Style: what the map is drawn with. All of it is here; no address of anybody is asked.

import type { StyleSpecification } from "maplibre-gl";
import { colour } from "@/app/theme";

const NOTHING = { type: "FeatureCollection" as const, features: [] };

export function style(): StyleSpecification {
  const source = () => ({ type: "geojson" as const, data: NOTHING });
  return {
    version: 8,
    sources: { grid: source(), streets: source(), ways: source(), tracks: source() },
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
        id: "tracks",
        type: "line",
        source: "tracks",
        filter: ["!", ["get", "dashed"]],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": colour("--accent"), "line-width": 4 },
      },
      {
        id: "simulated",
        type: "line",
        source: "tracks",
        filter: ["get", "dashed"],
        paint: { "line-color": colour("--warn"), "line-width": 3, "line-dasharray": [1.5, 1.5] },
      },
    ],
  };
}
