import { useEffect, useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { Chart } from "@/parts/Chart";
import { short } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { type By, type Sample, sampleOf, seriesOf, withSample } from "./flow";
import { lasting } from "./traces";

const TOKENS = ["--accent", "--good", "--warn", "--violet", "--bad", "--edge"];
const WAYS: By[] = ["host", "partition"];
const NONE = { host: [], partition: [] };

type Samples = Record<By, readonly Sample[]>;

/** Events a second, and how long after the log took them, of each host or partition. */
export function Flow({ status }: { status: Schemas["Status"] }) {
  const [by, setBy] = useState<By>("host");
  const [samples, setSamples] = useState<Samples>(NONE);
  useEffect(() => {
    setSamples((before) => ({
      host: withSample(before.host, sampleOf(status, "host")),
      partition: withSample(before.partition, sampleOf(status, "partition")),
    }));
  }, [status]);
  const series = useMemo(() => seriesOf(samples[by], TOKENS.length), [samples, by]);
  const lines = series.names.map((name, at) => ({ name, token: TOKENS[at] ?? "--edge" }));
  const all = samples[by].at(-1)?.looks.size ?? 0;
  return (
    <Panel title="Throughput and delay" className="flow" bare>
      <div className="orders">
        <fieldset className="choice" aria-label="Throughput and delay of each">
          {WAYS.map((one) => (
            <button key={one} type="button" aria-pressed={one === by} onClick={() => setBy(one)}>
              {one}
            </button>
          ))}
        </fieldset>
        {all > lines.length && <small>the {lines.length} with the most events</small>}
      </div>
      <div className="charts">
        <figure>
          <figcaption>Events a second</figcaption>
          <Chart
            label={`Events a second of each ${by}`}
            times={series.times}
            values={series.rates}
            lines={lines}
            height={150}
            least={[0, 10]}
          />
        </figure>
        <figure>
          <figcaption>From the log until applied, milliseconds</figcaption>
          <Chart
            label={`Milliseconds from the log until applied, of each ${by}`}
            times={series.times}
            values={series.lags}
            lines={lines}
            height={150}
            least={[0, 10]}
          />
        </figure>
      </div>
      <ul className="legend" aria-label={`Now, of each ${by}`}>
        {lines.map((line, at) => (
          <li key={line.name}>
            <i style={{ background: `var(${line.token})` }} />
            {line.name}: {rateText(series.rates[at]?.at(-1))}, {lagText(series.lags[at]?.at(-1))}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const rateText = (rate: number | null | undefined): string =>
  typeof rate === "number" ? `${short(rate)} a second` : "measuring";

const lagText = (ms: number | null | undefined): string =>
  typeof ms === "number" ? `${lasting(ms / 1000)} behind` : "delay not known";
