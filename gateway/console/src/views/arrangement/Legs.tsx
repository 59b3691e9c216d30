import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { may } from "@/api/session";
import type { ArrangementView } from "@/live/types";
import { useNow } from "@/parts/Age";
import { legTone, words } from "@/parts/arrangements";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { money } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { clock, span } from "@/parts/time";
import { choose, leaveOut, type Path } from "./override";

type Leg = ArrangementView["legs"][number];

const OUT = ["declined", "released", "failed"];
const CHANGING = ["arranging", "offered"];

/** What is booked or held, until when, why it was chosen, and what else could be had. */
export function Legs({ one, path }: { one: ArrangementView; path: Path }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["arrangement"] }),
  });
  const free = may("serve") && !one.ended && one.state !== "settling";
  return (
    <Panel title="What is booked" aside={one.legs.length}>
      <ul className="legs">
        {one.legs.map((leg) => (
          <li key={`${leg.name} ${leg.alternative ?? 0}`}>
            <LegLine leg={leg} />
            {free && !OUT.includes(leg.state) && (
              <Change
                leg={leg}
                busy={change.isPending}
                chooses={CHANGING.includes(one.state) && leg.state === "held"}
                onLeaveOut={() => change.mutate(() => leaveOut(path, leg.name))}
                onChoose={(service, offer) =>
                  change.mutate(() => choose(path, leg.name, service, offer))
                }
              />
            )}
          </li>
        ))}
      </ul>
      {one.legs.length === 0 && <p className="soft">Nothing is planned yet.</p>}
      {change.isError && <Failed error={change.error} />}
    </Panel>
  );
}

function LegLine({ leg }: { leg: Leg }) {
  const now = useNow();
  const left = typeof leg.expires_at === "number" ? leg.expires_at - now : 0;
  return (
    <>
      <span className="name">{words(leg.name)}</span>
      <Mark tone={legTone(leg.state)}>{words(leg.state)}</Mark>
      <span className="soft">
        {[leg.by, leg.eta_s ? `there in ${span(leg.eta_s)}` : "", leg.reason ?? ""]
          .filter(Boolean)
          .join(", ")}
        {typeof leg.service === "string" && (
          <>
            {" "}
            <TwinLink id={leg.service} />
          </>
        )}
        {left > 0 && `, held for ${span(left)} more`}
        {leg.chosen_because && !OUT.includes(leg.state) && `; ${leg.chosen_because}`}
      </span>
    </>
  );
}

interface ChangeGiven {
  leg: Leg;
  busy: boolean;
  chooses: boolean;
  onLeaveOut: () => void;
  onChoose: (service: string, offer: string) => void;
}

function Change({ leg, busy, chooses, onLeaveOut, onChoose }: ChangeGiven) {
  const [sure, setSure] = useState(false);
  const name = words(leg.name);
  return (
    <span className="change">
      {chooses && leg.options.length > 0 && (
        <select
          className="input"
          aria-label={`Another option for ${name}`}
          disabled={busy}
          value=""
          onChange={(event) => {
            const option = leg.options[Number(event.target.value)];
            if (option !== undefined) onChoose(option.service, option.offer_id);
          }}
        >
          <option value="">another one …</option>
          {leg.options.map((option, index) => (
            <option key={option.service + option.offer_id} value={index}>
              {[
                option.name,
                money(option.price_cents, option.currency),
                option.eta_s === null || option.eta_s === undefined ? "" : span(option.eta_s),
                option.starts_at === null || option.starts_at === undefined
                  ? ""
                  : clock(option.starts_at),
              ]
                .filter(Boolean)
                .join(", ")}
            </option>
          ))}
        </select>
      )}
      {!leg.required && !leg.last && (
        <button
          type="button"
          className="button small"
          disabled={busy}
          onClick={() => (sure ? onLeaveOut() : setSure(true))}
          onBlur={() => setSure(false)}
        >
          {sure ? `Yes, without ${name}` : `Leave ${name} out`}
        </button>
      )}
    </span>
  );
}
