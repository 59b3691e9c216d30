import { type GeoJSONSource, Map as GlMap, LngLat, Marker, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import type { FeatureCollection } from "geojson";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { isDark, onThemeChange } from "@/app/theme";
import type { Placed } from "@/live/store";
import { distance } from "../numbers";
import { type Dot, Dots } from "./dots";
import { around, grid } from "./grid";
import "./map.css";
import { style } from "./style";
import { useStreets } from "./useStreets";

setWorkerUrl(workerUrl);

const NO_TRACKS: readonly Track[] = [];

/** Data is drawn anew at most so often. */
const DRAW_MS = 100;

/** Flags are wider than tall. */
const ROOM_PX = { top: 70, bottom: 50, left: 100, right: 100 };

/** A thing with a name on the map: a truck that is on its way, say. */
export interface Flag {
  id: string;
  lat: number;
  lon: number;
  text: string;
  title: string;
  /** Where it is going; a dashed line leads there. */
  to: { lat: number; lon: number } | null;
  /** Below its place instead of above it, where another flag may stand there. */
  below?: boolean;
}

/** A way that was gone, or would have been. */
export interface Track {
  id: string;
  points: readonly { lat: number; lon: number }[];
  /** It never was. */
  dashed: boolean;
}

interface Given {
  label: string;
  vehicles: () => Iterable<Placed>;
  /** Hear that vehicles have moved. */
  onMove: (hear: () => void) => () => void;
  dot: (id: string) => Dot;
  flags: readonly Flag[];
  tracks?: readonly Track[];
  onOpen: (id: string) => void;
}

/** Vehicles where they are, as they move. All that can be opened here stands in a list beside it. */
export function FleetMap(given: Given) {
  // What is drawn on a canvas has its colours from the theme, once.
  const dark = useSyncExternalStore(onThemeChange, isDark);
  const view = useRef<View | null>(null);
  const colours = dark ? "dark" : "light";
  return <Drawn key={colours} colours={colours} {...given} view={view} />;
}

/** What of the map is in sight. */
interface View {
  center: [number, number];
  zoom: number;
}

interface DrawnGiven extends Given {
  colours: "dark" | "light";
  /** As it was left; null: not yet looked at. */
  view: { current: View | null };
}

function Drawn(given: DrawnGiven) {
  const { label, flags } = given;
  const place = useRef<HTMLDivElement>(null);
  const now = useRef(given);
  now.current = given;
  const [map, setMap] = useState<GlMap | null>(null);
  const [dots, setDots] = useState<Dots | null>(null);
  const [drawn, setDrawn] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    if (place.current === null) return;
    let made: GlMap;
    try {
      made = new GlMap({
        container: place.current,
        style: style(),
        ...(now.current.view.current ?? { center: [0, 20], zoom: 1 }),
        attributionControl: false,
        // North is up: who reads flags does not turn the map.
        dragRotate: false,
        pitchWithRotate: false,
      });
    } catch (error) {
      setFailure(`The map cannot be drawn: ${error instanceof Error ? error.message : error}`);
      return;
    }
    made.getCanvas().setAttribute("aria-label", now.current.label);
    const vehicles = new Dots();
    made.once("load", () => {
      made.addLayer(vehicles);
      setDots(vehicles);
      setMap(made);
    });
    made.on("movestart", () => setDrawn(false));
    made.on("idle", () => setDrawn(made.getLayer(vehicles.id) !== undefined));
    made.on("click", ({ point }) => {
      const id = vehicles.at(point);
      if (id !== undefined) now.current.onOpen(id);
    });
    made.on("mousemove", ({ point }) => {
      made.getCanvas().classList.toggle("pointing", vehicles.at(point) !== undefined);
    });
    return () => {
      setMap(null);
      setDots(null);
      made.remove();
    };
  }, []);

  useVehicles(map, dots, now);
  useFlags(map, flags);
  useTracks(map, given.tracks ?? NO_TRACKS);
  const attribution = useStreets(map);
  return (
    <div className="fleetmap" aria-busy={!drawn} data-colours={given.colours}>
      <section ref={place} className="ground" aria-label={label} />
      {failure !== null && <p className="refused">{failure}</p>}
      {attribution !== "" && <p className="attribution">{attribution}</p>}
      {map !== null && (
        <div className="zoom">
          <button
            type="button"
            className="button icon"
            aria-label="Nearer"
            onClick={() => map.zoomIn()}
          >
            +
          </button>
          <button
            type="button"
            className="button icon"
            aria-label="Farther"
            onClick={() => map.zoomOut()}
          >
            −
          </button>
          <button
            type="button"
            className="button icon"
            aria-label="All vehicles"
            title="All vehicles"
            onClick={() => embrace(map, now.current.vehicles(), true)}
          >
            ⤢
          </button>
          {flags.length > 0 && (
            <button
              type="button"
              className="button icon"
              aria-label="Those who are being helped"
              title="Those who are being helped"
              onClick={() => embrace(map, ends(now.current.flags), true)}
            >
              ◎
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function useVehicles(map: GlMap | null, dots: Dots | null, now: { current: DrawnGiven }): void {
  useEffect(() => {
    if (map === null || dots === null) return;
    const [shown, layer] = [map, dots];
    let drawnAt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let fitted = now.current.view.current !== null;
    function draw() {
      timer = undefined;
      drawnAt = performance.now();
      const { vehicles, dot } = now.current;
      layer.set(vehicles(), dot);
      if (!fitted) fitted = embrace(shown, vehicles(), false);
    }
    function moved() {
      timer ??= setTimeout(draw, Math.max(0, drawnAt + DRAW_MS - performance.now()));
    }
    function lines() {
      if (fitted) {
        const { lng, lat } = shown.getCenter();
        now.current.view.current = { center: [lng, lat], zoom: shown.getZoom() };
      }
      const box = shown.getBounds();
      const [west, south, east, north] = [
        box.getWest(),
        box.getSouth(),
        box.getEast(),
        box.getNorth(),
      ];
      source(shown, "grid")?.setData(grid({ west, south, east, north }));
    }
    // Before anything is drawn, for drawing may move it.
    shown.on("moveend", lines);
    lines();
    draw();
    const forget = now.current.onMove(moved);
    return () => {
      clearTimeout(timer);
      shown.off("moveend", lines);
      forget();
    };
  }, [map, dots, now]);
}

/** Flags are elements, not text of the map: that would need a server of glyphs. */
function useFlags(map: GlMap | null, flags: readonly Flag[]): void {
  const markers = useRef(new Map<string, Marker>());
  useEffect(() => {
    if (map === null) return;
    const left = new Set(markers.current.keys());
    for (const flag of flags) {
      left.delete(flag.id);
      const marker = markers.current.get(flag.id) ?? raise(map, flag);
      markers.current.set(flag.id, marker.setLngLat([flag.lon, flag.lat]));
      const element = marker.getElement();
      element.title = titled(flag);
      if (element.textContent !== flag.text) element.textContent = flag.text;
    }
    for (const id of left) {
      markers.current.get(id)?.remove();
      markers.current.delete(id);
    }
    source(map, "ways")?.setData(ways(flags));
  }, [map, flags]);
  useEffect(() => {
    const raised = markers.current;
    return () => {
      for (const marker of raised.values()) marker.remove();
      raised.clear();
    };
  }, []);
}

/** Ways, all of them in sight when they are drawn. */
function useTracks(map: GlMap | null, tracks: readonly Track[]): void {
  useEffect(() => {
    if (map === null) return;
    source(map, "tracks")?.setData(lines(tracks));
    embrace(
      map,
      tracks.flatMap(({ points }) => points),
      false,
    );
  }, [map, tracks]);
}

function lines(tracks: readonly Track[]): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: tracks.map(({ points, dashed }) => ({
      type: "Feature" as const,
      properties: { dashed },
      geometry: {
        type: "LineString" as const,
        coordinates: points.map(({ lat, lon }) => [lon, lat]),
      },
    })),
  };
}

function raise(map: GlMap, flag: Flag): Marker {
  const element = document.createElement("div");
  element.className = flag.below ? "flag below" : "flag";
  return new Marker({ element, anchor: flag.below ? "top" : "bottom" })
    .setLngLat([flag.lon, flag.lat])
    .addTo(map);
}

/** Who it is, and how far it still is as the crow flies. */
function titled({ title, lon, lat, to }: Flag): string {
  if (to === null) return title;
  return `${title}, ${distance(new LngLat(lon, lat).distanceTo(new LngLat(to.lon, to.lat)))} away`;
}

function ways(flags: readonly Flag[]): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: flags.flatMap(({ lat, lon, to }) =>
      to === null
        ? []
        : [
            {
              type: "Feature" as const,
              properties: {},
              geometry: {
                type: "LineString" as const,
                coordinates: [
                  [lon, lat],
                  [to.lon, to.lat],
                ],
              },
            },
          ],
    ),
  };
}

function source(map: GlMap, id: string): GeoJSONSource | undefined {
  return map.getSource<GeoJSONSource>(id);
}

/** Where flags stand, and where they are going. */
function ends(flags: readonly Flag[]): { lat: number; lon: number }[] {
  return flags.flatMap((flag) => (flag.to === null ? [flag] : [flag, flag.to]));
}

/** Show all places. */
function embrace(
  map: GlMap,
  places: Iterable<{ lat: number; lon: number }>,
  animate: boolean,
): boolean {
  const box = around(places);
  if (box === null) return false;
  const { west, south, east, north } = box;
  map.fitBounds([west, south, east, north], { padding: ROOM_PX, maxZoom: 13, animate });
  return true;
}
