import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import { Clock } from "@/parts/Age";
import { Chart } from "@/parts/Chart";
import { Failed } from "@/parts/Failures";
import { whole } from "@/parts/numbers";
import { TwinLink } from "@/parts/TwinLink";
import { nowS, span } from "@/parts/time";
import { overTime } from "./documents";

const LOOK_MS = 500;
const SPANS: [string, number][] = [
  ["the last hour", 3600],
  ["the last day", 86_400],
  ["the last week", 7 * 86_400],
  ["the last month", 30 * 86_400],
];
const LINES = [
  { name: "this rule", token: "--accent" },
  { name: "the published one", token: "--soft" },
];
const MOST = 8;

interface Given {
  kind: string;
  rule: string;
  disabled: boolean;
}

/** What the rule would have done with what really happened, beside the published one. */
export function Backtest({ kind, rule, disabled }: Given) {
  const [spanS, setSpanS] = useState(3600);
  const start = useMutation({
    mutationFn: () =>
      asked(
        api.POST("/v1/backtests", {
          body: {
            files: [{ text: rule, name: "", kind }],
            kind,
            since: nowS() - spanS,
            whole: [],
            share: 1,
            examples: 50,
          },
        }),
      ),
  });
  const id = start.data?.id;
  const found = useQuery({
    queryKey: ["backtest", id],
    queryFn: ({ signal }) =>
      asked(
        api.GET("/v1/backtests/{backtest}", { params: { path: { backtest: id ?? "" } }, signal }),
      ),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.state === "running" ? LOOK_MS : false),
  });
  const view = found.data;
  const running = view?.state === "running";
  return (
    <details className="backtest">
      <summary>Backtest</summary>
      <div className="save">
        <label>
          Over
          <select
            className="input"
            value={spanS}
            onChange={(event) => setSpanS(Number(event.target.value))}
          >
            {SPANS.map(([name, s]) => (
              <option key={s} value={s}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="button"
          disabled={disabled || start.isPending || running}
          onClick={() => start.mutate()}
        >
          Replay what happened
        </button>
        {running && id !== undefined && (
          <button
            type="button"
            className="button"
            onClick={() =>
              void asked(
                api.POST("/v1/backtests/{backtest}/cancel", { params: { path: { backtest: id } } }),
              ).then(() => found.refetch())
            }
          >
            Stop it
          </button>
        )}
      </div>
      {start.isError && <Failed error={start.error} />}
      {found.isError && <Failed error={found.error} />}
      {running && view !== undefined && <Running progress={view.progress} />}
      {view !== undefined && !running && view.state !== "done" && (
        <p className="refused">{view.problem ?? `It was ${view.state}.`}</p>
      )}
      {view?.report !== null && view?.report !== undefined && <Report report={view.report} />}
    </details>
  );
}

function Running({ progress }: { progress: Schemas["Progress"] | undefined }) {
  const [done, all] = [progress?.partitions_done ?? 0, progress?.partitions ?? 0];
  const eta = progress?.eta_s;
  return (
    <p aria-live="polite">
      <progress max={Math.max(1, all)} value={done} aria-label="Partitions replayed" />{" "}
      {whole(progress?.events ?? 0)} events
      {typeof eta === "number" && `, ${span(eta)} more`}
    </p>
  );
}

function Report({ report }: { report: Schemas["Report"] }) {
  const told = report.rules.filter((one) => one.change !== "same" || one.candidate !== one.live);
  return (
    <div className="report">
      <p>
        {whole(report.events)} events of {whole(report.twins)} twins, in {span(report.seconds)}.
      </p>
      {report.caveats.map((one) => (
        <p key={one.code} className="soft">
          {one.text}
        </p>
      ))}
      {told.length === 0 && <p>It fires as the published one.</p>}
      {told.map((one) => (
        <Result key={one.rule} one={one} report={report} />
      ))}
    </div>
  );
}

function Result({ one, report }: { one: Schemas["RuleResult"]; report: Schemas["Report"] }) {
  const { times, candidate, live } = overTime(one, report);
  const text = `${one.rule}: ${whole(one.candidate ?? 0)} times on ${whole(one.twins_candidate ?? 0)} twins, the published one ${whole(one.live ?? 0)} times on ${whole(one.twins_live ?? 0)}; ${whole(one.both ?? 0)} are the same`;
  return (
    <section aria-label={`Backtest of ${one.rule}`}>
      <p>
        <strong>{text}.</strong>
      </p>
      <Chart
        label={`Firings over time. ${text}`}
        times={times}
        values={[candidate, live]}
        lines={LINES}
        height={120}
        least={[0, 1]}
      />
      <p className="key">
        <span className="accent">this rule</span>, <span className="soft">the published one</span>
      </p>
      <Fired title="would come on top" fired={one.only_candidate ?? []} />
      <Fired title="would be missing" fired={one.only_live ?? []} />
    </section>
  );
}

function Fired({ title, fired }: { title: string; fired: readonly Schemas["Fired"][] }) {
  if (fired.length === 0) return null;
  return (
    <>
      <p className="soft">{title}:</p>
      <ul>
        {fired.slice(0, MOST).map((one) => (
          <li key={`${one.twin_id} ${one.at}`}>
            <Clock at={one.at} /> <TwinLink id={one.twin_id} />{" "}
            <span className="soft">{one.words}</span>
          </li>
        ))}
      </ul>
      {fired.length > MOST && <p className="soft">and others</p>}
    </>
  );
}
