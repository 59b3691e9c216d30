import { useQuery } from "@tanstack/react-query";
import { api, asked } from "@/api/client";
import { KEYS } from "@/app/queries";
import { useRates } from "@/live/useLive";
import { Chart } from "@/parts/Chart";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { short } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { DeadLetters } from "./DeadLetters";
import { Flow } from "./Flow";
import { Latency } from "./Latency";
import { Members } from "./Members";
import { Partitions } from "./Partitions";
import { SetAside } from "./SetAside";
import { Traces } from "./Traces";
import "./system.css";

const LOOK_MS = 2000;
const RATE = [{ name: "events a second", token: "--accent" }];

/** Partitions and their owners, throughput, and what is not as it should be. */
export default function System() {
  const status = useQuery({
    queryKey: KEYS.status,
    queryFn: ({ signal }) => asked(api.GET("/v1/status", { signal })),
    refetchInterval: LOOK_MS,
  });
  const rates = useRates();
  if (status.isError && status.data === undefined) {
    return <Failed error={status.error} again={() => void status.refetch()} />;
  }
  if (status.data === undefined) return <p className="empty">Asking the coordinator …</p>;
  const { partitions, members, problems, totals } = status.data;
  const behind = Math.max(
    0,
    ...partitions.map((one) => (one.position ?? 0) - (one.committed ?? 0)),
  );
  return (
    <div className="system">
      <Panel
        title="Health"
        className="health"
        aside={
          <Mark tone={problems.length > 0 ? "bad" : "good"}>
            {problems.length > 0 ? "not well" : "all well"}
          </Mark>
        }
      >
        <dl className="figures">
          <Figure name="events applied" value={short(totals.events ?? 0)} />
          <Figure name="twins in memory" value={short(totals.hot_twins ?? 0)} />
          <Figure name="recognised as repeats" value={short(totals.repeats ?? 0)} />
          <Figure name="refused" value={short(totals.refused ?? 0)} />
          <Figure name="waiting in outboxes" value={short(totals.outbox ?? 0)} />
          <Figure name="events not in a checkpoint, at most" value={short(behind)} />
        </dl>
        {problems.length > 0 && (
          <ul className="problems">
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title="Throughput" className="throughput" aside={rateNow(totals.events_per_s)} bare>
        <Chart
          label="Events a second since the console was opened"
          times={rates.map((one) => one.at)}
          values={[rates.map((one) => one.eventsPerS)]}
          lines={RATE}
          height={150}
          least={[0, 10]}
        />
      </Panel>
      <Flow status={status.data} />
      <Panel title="Partitions" className="partitions" aside={partitions.length} bare>
        <Partitions partitions={partitions} />
      </Panel>
      <Panel title="Hosts and gateways" className="members" aside={members?.length} bare>
        <Members members={members ?? []} />
      </Panel>
      <Latency />
      <Traces />
      <SetAside />
      <DeadLetters />
    </div>
  );
}

function rateNow(rate: number | null | undefined): string {
  return typeof rate === "number" ? `${short(rate)} events a second` : "measuring";
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
