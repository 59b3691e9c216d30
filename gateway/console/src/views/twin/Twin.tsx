import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "wouter";
import { api, asked } from "@/api/client";
import { KEYS } from "@/app/queries";
import type { TwinState } from "@/live/types";
import { Age } from "@/parts/Age";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Commands } from "./Commands";
import { History } from "./History";
import { Links } from "./Links";
import { Parked } from "./Parked";
import { Readings } from "./Readings";
import { Rules } from "./Rules";
import { State } from "./State";
import { useHistory } from "./useHistory";
import "./twin.css";

/** One twin: what it is, what it measured, what it belongs to, and what happened to it. */
export default function Twin() {
  const { kind = "", key = "" } = useParams();
  const id = `${kind}/${key}`;
  const path = { kind, key };
  const twin = useQuery({
    queryKey: KEYS.twin(id),
    queryFn: ({ signal }) => asked(api.GET("/v1/twins/{kind}/{key}", { params: { path }, signal })),
  });
  const fields = useQuery({
    queryKey: ["fields", kind],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/fields/{kind}", { params: { path: { kind } }, signal })),
  });
  if (twin.isError && twin.data === undefined) return <Failed error={twin.error} />;
  if (twin.data === undefined) return <p className="empty">Asking {id} …</p>;
  // Another twin is another page: nothing of one may show at the next.
  return <Shown key={id} twin={twin.data} fields={fields.data?.fields ?? []} />;
}

interface Given {
  twin: TwinState;
  fields: Parameters<typeof State>[0]["fields"];
}

function Shown({ twin, fields }: Given) {
  const [at, setAt] = useState<number | null>(null);
  const [spanS, setSpanS] = useState(900);
  const history = useHistory(twin.id, spanS);
  return (
    <div className="twin-view">
      <Head twin={twin} />
      <div className="column">
        <State twin={twin} fields={fields} at={at} />
        <Commands twin={twin} />
      </div>
      <div className="column wide">
        <Readings twin={twin} fields={fields} history={history.items} at={at} spanS={spanS} />
        <History history={history} at={at} onAt={setAt} spanS={spanS} onSpan={setSpanS} />
      </div>
      <div className="column">
        <Links id={twin.id} />
        <Rules twin={twin} />
      </div>
    </div>
  );
}

function Head({ twin }: { twin: TwinState }) {
  const { state } = twin;
  const name = typeof state.name === "string" ? state.name : state.description;
  const stamp = typeof state.stamp === "number" && state.stamp > 0 ? state.stamp : null;
  return (
    <header className="twin-head">
      <h2>
        <span>{twin.kind}/</span>
        {String(state.key)}
      </h2>
      {typeof name === "string" && name !== "" && <p>{name}</p>}
      {!twin.exists && <Mark>it never received anything</Mark>}
      {twin.parked ? <Parked twin={twin} /> : twin.exists && <Mark tone="good">at work</Mark>}
      <p className="soft aside">
        {stamp !== null && (
          <>
            last reading <Age at={stamp} />,{" "}
          </>
        )}
        {twin.applied.toLocaleString("en")} events, position {twin.position.toLocaleString("en")}
      </p>
    </header>
  );
}
