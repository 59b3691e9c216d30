import { useEffect, useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import type { TwinState } from "@/live/types";
import { Chart, type Line } from "@/parts/Chart";
import { measured } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { type Series, seriesOf, valueAt, withState } from "./series";
import { type FieldView, fieldName } from "./values";

interface Given {
  twin: TwinState;
  fields: readonly FieldView[];
  history: readonly Schemas["HistoryEvent"][];
  /** The moment that is looked at; null: now. */
  at: number | null;
  spanS: number;
}

const LINE: Line[] = [{ name: "value", token: "--accent" }];

/** What it measured, over time; the newest comes in as it is measured. */
export function Readings({ twin, fields, history, at, spanS }: Given) {
  const read = useMemo(() => seriesOf(history, fields), [history, fields]);
  const [series, setSeries] = useState(read);
  useEffect(() => setSeries(read), [read]);
  useEffect(() => {
    setSeries((before) => withState(before, twin, twin.now - spanS));
  }, [twin, spanS]);
  if (!fields.some((field) => field.measured)) return null;
  return (
    <Panel
      title="Readings"
      className="readings"
      aside={at === null ? "live" : "at the chosen moment"}
    >
      {series.length === 0 && <p className="empty">Nothing was measured in this time.</p>}
      <div className="charts">
        {series.map((one) => (
          <Reading key={one.field.name} series={one} at={at} />
        ))}
      </div>
    </Panel>
  );
}

function Reading({ series, at }: { series: Series; at: number | null }) {
  const { field, times, values } = series;
  const unit = field.unit ?? "";
  const name = fieldName(field.name, unit);
  const value = at === null ? values.at(-1) : valueAt(series, at);
  const columns = useMemo(() => [values], [values]);
  return (
    <figure>
      <figcaption>
        {name}
        <strong>{typeof value === "number" ? `${measured(value)} ${unit}` : "–"}</strong>
      </figcaption>
      <Chart
        label={`${name} over time, now ${value ?? "unknown"} ${unit}`}
        times={times}
        values={columns}
        lines={LINE}
        height={96}
        cursor={at}
      />
    </figure>
  );
}
