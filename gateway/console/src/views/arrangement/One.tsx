import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import type { ArrangementView } from "@/live/types";
import { Age, useNow } from "@/parts/Age";
import { stateTone, words } from "@/parts/arrangements";
import { CallOff } from "@/parts/CallOff";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { Steps } from "@/parts/Steps";
import { TwinLink } from "@/parts/TwinLink";
import { span } from "@/parts/time";
import { Legs } from "./Legs";
import type { Path } from "./override";
import { TakeOver } from "./TakeOver";
import { Waits } from "./Waits";
import { WhatIf } from "./WhatIf";
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
      <Head one={one} path={path} />
      <Legs one={one} path={path} />
      <Waits one={one} />
      <Panel title="What happened" className="steps" aside={one.steps.length}>
        <Steps steps={one.steps} began={one.opened_at} />
      </Panel>
      {may("serve") && <WhatIf one={one} path={path} />}
    </div>
  );
}

function Head({ one, path }: { one: ArrangementView; path: Path }) {
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
      {may("serve") && (
        <div className="override">
          <CallOff one={one} />
          {!one.ended && <TakeOver one={one} path={path} />}
        </div>
      )}
    </Panel>
  );
}
