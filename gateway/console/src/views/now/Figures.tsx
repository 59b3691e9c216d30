import { Link } from "wouter";
import type { Schemas } from "@/api/client";
import type { ArrangementView, Signal } from "@/live/types";
import { useRates, useStatus } from "@/live/useLive";
import { useNow } from "@/parts/Age";
import { Chart } from "@/parts/Chart";
import { short } from "@/parts/numbers";

const RATE = [{ name: "events a second", token: "--accent" }];
const LATELY_S = 300;
/** A partition that applies what came longer ago than this is behind. */
const BEHIND_S = 2;

interface Given {
  arrangements: readonly ArrangementView[] | undefined;
  cases: readonly Schemas["CaseView"][] | undefined;
  signals: readonly Signal[];
  placed: number;
}

/** The figures that say whether one has to look closer. */
export function Figures({ arrangements, cases, signals, placed }: Given) {
  const status = useStatus();
  const rates = useRates();
  const now = useNow();
  const totals = status?.totals;
  const open = arrangements?.filter((one) => !one.ended);
  const waiting = cases?.filter((one) => one.state !== "closed");
  const urgent = waiting?.filter((one) => one.urgency === "high");
  const lately = signals.filter((one) => now - one.time < LATELY_S).length;
  const lag = totals?.lag_s;
  return (
    <section className="panel strip" aria-label="Figures">
      <dl>
        <Figure
          name="events a second"
          value={typeof totals?.events_per_s === "number" ? short(totals.events_per_s) : "–"}
        />
        <div className="spark">
          <dt className="unseen">events a second, lately</dt>
          <dd>
            <Chart
              label="Events a second, of the last minutes"
              times={rates.map((one) => one.at)}
              values={[rates.map((one) => one.eventsPerS)]}
              lines={RATE}
              height={44}
              least={[0, 1]}
              spark
            />
          </dd>
        </div>
        <Figure name="vehicles on the map" value={short(placed)} />
        <Figure name="signals in 5 min" value={short(lately)} tone={lately > 0 ? "warn" : ""} />
        <Figure
          name="arrangements in progress"
          value={open === undefined ? "–" : short(open.length)}
        />
        <Figure
          name={urgent?.length ? `cases waiting, ${urgent.length} urgent` : "cases waiting"}
          value={waiting === undefined ? "–" : short(waiting.length)}
          tone={waiting?.length ? "warn" : ""}
        />
        <Figure
          name="behind the log"
          value={typeof lag === "number" ? lagText(lag) : "–"}
          tone={typeof lag === "number" && lag > BEHIND_S ? "bad" : ""}
        />
        <Figure
          name={status?.problems.length ? "problems" : "health"}
          value={
            status === undefined ? "–" : status.healthy ? "well" : String(status.problems.length)
          }
          tone={status !== undefined && !status.healthy ? "bad" : ""}
          href="/system"
        />
      </dl>
    </section>
  );
}

/** How long ago the log took what was applied last. */
export function lagText(seconds: number): string {
  const ms = Math.max(0, seconds) * 1000;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

interface FigureGiven {
  name: string;
  value: string;
  tone?: "" | "warn" | "bad";
  href?: string;
}

function Figure({ name, value, tone = "", href }: FigureGiven) {
  return (
    <div className={`figure ${tone}`}>
      <dt>{name}</dt>
      <dd>{href === undefined ? value : <Link href={href}>{value}</Link>}</dd>
    </div>
  );
}
