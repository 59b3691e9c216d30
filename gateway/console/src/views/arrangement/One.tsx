import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import type { ArrangementView } from "@/live/types";
import { Age, useNow } from "@/parts/Age";
import { CallOff } from "@/parts/CallOff";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { span } from "@/parts/time";
import { WhatIf } from "./WhatIf";
import { after, legTone, stateTone, words } from "./words";
import "./arrangement.css";

const LOOK_MS = 2000;

/** One arrangement: what is booked, what happened, what a person may do, and what if. */
export default function One() {
  const { kind = "", key = "", id = "" } = useParams();
  const path = { kind, key, arrangement_id: id };
  const found = useQuery({
    queryKey: ["arrangement", kind, key, id],
    queryFn: ({ signal }) =>
      asked(
        api.GET("/v1/arrangements/{kind}/{key}/{arrangement_id}", { params: { path }, signal }),
      ),
    refetchInterval: (query) => (query.state.data?.ended ? false : LOOK_MS),
  });
  if (found.isError && found.data === undefined) {
    return <Failed error={found.error} again={() => void found.refetch()} />;
  }
  if (found.data === undefined) return <p className="empty">Asking {`${kind}/${key}`} …</p>;
  const one = found.data;
  return (
    <div className="arrangement">
      <Head one={one} />
      <Legs one={one} />
      <Steps one={one} />
      {may("serve") && <WhatIf one={one} path={path} />}
    </div>
  );
}

function Head({ one }: { one: ArrangementView }) {
  const now = useNow();
  const left = one.expires_at === null ? 0 : one.expires_at - now;
  return (
    <Panel
      title={`${words(one.signal)} at ${one.twin_id}`}
      className="head"
      aside={<Mark tone={stateTone(one.state)}>{words(one.state)}</Mark>}
    >
      <dl className="pairs">
        <dt>for</dt>
        <dd>
          <TwinLink id={one.twin_id} />
          {one.customer_id !== null && (
            <>
              , <TwinLink id={one.customer_id} />
            </>
          )}
        </dd>
        <dt>by</dt>
        <dd>
          <TwinLink id={one.supervisor_id} />
        </dd>
        <dt>began</dt>
        <dd>
          <Age at={one.opened_at} />
        </dd>
        {!one.ended && left > 0 && (
          <>
            <dt>the offer stands for</dt>
            <dd>{span(left)}</dd>
          </>
        )}
        {one.reason !== null && (
          <>
            <dt>why it ended</dt>
            <dd>{one.reason}</dd>
          </>
        )}
      </dl>
      {may("serve") && <CallOff one={one} />}
    </Panel>
  );
}

function Legs({ one }: { one: ArrangementView }) {
  return (
    <Panel title="What is booked" aside={one.legs.length}>
      <ul className="legs">
        {one.legs.map((leg) => (
          <li key={`${leg.name} ${leg.alternative ?? 0}`}>
            <span className="name">{words(leg.name)}</span>
            <Mark tone={legTone(leg.state)}>{words(leg.state)}</Mark>
            <span className="soft">
              {[leg.by, leg.eta_s ? `there in ${span(leg.eta_s)}` : "", leg.reason ?? ""]
                .filter(Boolean)
                .join(", ")}
            </span>
          </li>
        ))}
      </ul>
      {one.legs.length === 0 && <p className="soft">Nothing is planned yet.</p>}
    </Panel>
  );
}

function Steps({ one }: { one: ArrangementView }) {
  return (
    <Panel title="What happened" className="steps" aside={one.steps.length}>
      <ol>
        {one.steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
          <li key={index}>
            <span className="when">{after(step.at, one.opened_at)}</span>
            <span className="name">{words(step.name)}</span>
            <TwinLink id={step.twin_id} />
            <span className="soft">{step.detail ?? ""}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
