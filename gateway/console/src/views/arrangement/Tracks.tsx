import { useId, useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { Schemas } from "@/api/client";
import type { ArrangementView } from "@/live/types";
import { FleetMap } from "@/parts/map/FleetMap";
import { span } from "@/parts/time";
import { twinPath } from "@/parts/twins";
import { flagsAt, timesOf, tracksOf, unknownWay } from "./tracks";

const still = () => () => {};

/** Both runs on one map; a slider goes through the time after the signal. */
export function Tracks({ found, one }: { found: Schemas["WhatIfView"]; one: ArrangementView }) {
  const id = useId();
  const [, go] = useLocation();
  const { began, lastsS } = timesOf(found);
  const [after, setAfter] = useState<number | null>(null);
  const tracks = useMemo(() => tracksOf(found), [found]);
  const at = began + (after ?? lastsS / 2);
  const flags = useMemo(() => flagsAt(found, at), [found, at]);
  const [lat, lon] = one.position ?? [];
  const here =
    lat === undefined || lon === undefined
      ? []
      : [{ id: one.twin_id, lat, lon, heading: null, speedKmh: null, at: 0 }];
  const notes = [
    [found.real, "As it was"],
    [found.simulated_run, "Simulated"],
  ] as const;
  if (tracks.length === 0)
    return <p className="soft">{unknownWay(found.real) ?? "No way is known."}</p>;
  return (
    <figure className="tracks">
      <figcaption>
        <ul className="ways">
          <li>
            <i className="real" /> as it was
          </li>
          <li>
            <i className="simulated" /> simulated
          </li>
        </ul>
        <label htmlFor={id}>{span(after ?? lastsS / 2)} after the signal</label>
        <input
          id={id}
          type="range"
          min={0}
          max={lastsS}
          step={lastsS / 200}
          value={after ?? lastsS / 2}
          onChange={(event) => setAfter(Number(event.target.value))}
        />
      </figcaption>
      <FleetMap
        label="Both ways of the vehicle that was followed"
        vehicles={() => here}
        onMove={still}
        dot={() => "helped"}
        flags={flags}
        tracks={tracks}
        onOpen={(twin) => go(twinPath(twin))}
      />
      {notes.map(([run, name]) => {
        const unknown = unknownWay(run);
        return (
          unknown !== null && (
            <p key={name} className="soft">
              {name}: {unknown}
            </p>
          )
        );
      })}
    </figure>
  );
}
