import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { Clock } from "@/parts/Age";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { Panel } from "@/parts/Panel";
import { clock } from "@/parts/time";
import type { TwinHistory } from "./useHistory";

type Item = Schemas["HistoryEvent"];

const SPANS: [string, number][] = [
  ["15 min", 900],
  ["1 h", 3600],
  ["24 h", 86_400],
];

const COLUMNS: Column<Item>[] = [
  {
    id: "at",
    title: "Taken",
    cell: (one) => <Clock at={one.taken_at} />,
    value: (one) => one.position,
  },
  { id: "type", title: "Event", cell: (one) => one.type, value: (one) => one.type },
  { id: "from", title: "From", cell: (one) => one.origin, value: (one) => one.origin },
  {
    id: "data",
    title: "What it says",
    cell: (one) => <span title={JSON.stringify(one.data, null, 1)}>{brief(one.data)}</span>,
  },
];

interface Given {
  history: TwinHistory;
  at: number | null;
  onAt: (at: number | null) => void;
  spanS: number;
  onSpan: (spanS: number) => void;
}

/** What happened to it; the slider goes through it, and the charts and this list follow. */
export function History({ history, at, onAt, spanS, onSpan }: Given) {
  const { items, more, from, until } = history;
  const rows = useMemo(
    () => items.filter((one) => at === null || one.taken_at <= at).toReversed(),
    [items, at],
  );
  return (
    <Panel
      title="History"
      className="history"
      bare
      aside={
        <fieldset className="choice" aria-label="How far back">
          {SPANS.map(([name, seconds]) => (
            <button
              key={name}
              type="button"
              aria-pressed={seconds === spanS}
              onClick={() => {
                onAt(null);
                onSpan(seconds);
              }}
            >
              {name}
            </button>
          ))}
        </fieldset>
      }
    >
      <div className="slider">
        <span className="soft">{clock(from)}</span>
        <input
          type="range"
          aria-label="Moment"
          aria-valuetext={at === null ? "now" : clock(at)}
          min={from}
          max={until}
          step={(until - from) / 1000}
          value={at ?? until}
          onChange={(event) => {
            const chosen = Number(event.target.value);
            onAt(chosen >= until - (until - from) / 500 ? null : chosen);
          }}
        />
        <button
          type="button"
          className="button small"
          disabled={at === null}
          onClick={() => onAt(null)}
        >
          {at === null ? "now" : `${clock(at)} → now`}
        </button>
      </div>
      {history.error !== null && <Failed error={history.error} />}
      {more && (
        <p className="soft note">Only the newest {items.length} events of this time are here.</p>
      )}
      <div className="events">
        <DataTable
          label="Events"
          rows={rows}
          columns={COLUMNS}
          rowId={(one) => `${one.position} ${one.type} ${one.id ?? one.at}`}
          onOpen={(one) => onAt(one.taken_at)}
          empty={history.pending ? "Reading the log …" : "Nothing happened in this time."}
        />
      </div>
    </Panel>
  );
}

/** An event's data in a line. */
function brief(data: unknown): string {
  if (data === null || data === undefined) return "";
  if (Array.isArray(data)) return `${data.length} readings, the last ${brief(data.at(-1))}`;
  if (typeof data !== "object") return String(data);
  return Object.entries(data)
    .filter(([name, value]) => value !== null && name !== "at")
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(", ");
}
