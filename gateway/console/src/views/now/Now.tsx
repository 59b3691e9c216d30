import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useLocation } from "wouter";
import { api, asked } from "@/api/client";
import { KEYS } from "@/app/queries";
import { useLive, useSignals } from "@/live/useLive";
import { useNow } from "@/parts/Age";
import { Failed } from "@/parts/Failures";
import { type Flag, FleetMap } from "@/parts/map/FleetMap";
import { Panel } from "@/parts/Panel";
import { twinPath } from "@/parts/twins";
import { Arrangements } from "./Arrangements";
import { Figures } from "./Figures";
import { FRESH_S, flagsOf } from "./onTheWay";
import { Signals } from "./Signals";
import { usePlaces } from "./usePlaces";
import "./now.css";

const CASES_MS = 5000;

/** What is going on, at a glance; everything leads to more of it. */
export default function Now() {
  const live = useLive();
  const [, go] = useLocation();
  const arrangements = useQuery({
    queryKey: KEYS.arrangements,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/arrangements", { params: { query: { limit: 200 } }, signal })),
  });
  const cases = useQuery({
    queryKey: KEYS.cases,
    queryFn: ({ signal }) => asked(api.GET("/v1/cases", { signal })),
    refetchInterval: CASES_MS,
  });
  const places = usePlaces();
  const signals = useSignals();
  const now = Math.floor(useNow() / 5) * 5;
  const items = arrangements.data?.items;
  const flags = useMemo<Flag[]>(() => flagsOf(items ?? [], live.placed, now), [items, live, now]);
  const helped = useMemo(
    () => new Set((items ?? []).filter((one) => !one.ended).map((one) => one.twin_id)),
    [items],
  );
  const noticed = useMemo(
    () => new Set(signals.filter((one) => now - one.time < FRESH_S).map((one) => one.twin_id)),
    [signals, now],
  );
  return (
    <div className="now">
      <Figures
        arrangements={items}
        cases={cases.data?.items}
        signals={signals}
        placed={live.placed.size}
      />
      <Panel title="Map" className="map" aside={<Key />} bare>
        {places.isError && <Failed error={places.error} again={() => void places.refetch()} />}
        <FleetMap
          label="Where the vehicles are"
          vehicles={() => live.placed.values()}
          onMove={(hear) => live.on("placed", hear)}
          dot={(id) => (helped.has(id) ? "helped" : noticed.has(id) ? "noticed" : "well")}
          flags={flags}
          onOpen={(id) => go(twinPath(id))}
        />
      </Panel>
      <Panel title="Arrangements" className="arrangements" bare>
        {arrangements.isError && (
          <Failed error={arrangements.error} again={() => void arrangements.refetch()} />
        )}
        <Arrangements items={items} />
      </Panel>
      <Panel title="Signals" className="signals" bare>
        <Signals signals={signals} />
      </Panel>
    </div>
  );
}

/** What the map's colours say. */
function Key() {
  return (
    <ul className="key">
      <li className="well">all well</li>
      <li className="noticed">signal noticed</li>
      <li className="helped">help arranged</li>
    </ul>
  );
}
