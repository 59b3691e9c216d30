import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import { Age } from "@/parts/Age";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { Silent } from "./Silent";
import { lasting } from "./traces";
import { Waterfall } from "./Waterfall";

type Trace = Schemas["TraceSummary"];
type Order = "newest" | "slowest";

const LOOK_MS = 5000;
const MOST = 200;
const ORDERS: Order[] = ["newest", "slowest"];

const COLUMNS: Column<Trace>[] = [
  { id: "began", title: "Began", cell: (one) => <Age at={one.began} /> },
  {
    id: "twin",
    title: "Twin",
    cell: (one) => (one.twin_id === null ? "" : <TwinLink id={one.twin_id} />),
  },
  { id: "type", title: "Event", cell: (one) => one.type ?? "" },
  { id: "took", title: "Took", cell: (one) => lasting(one.seconds), right: true },
  { id: "stages", title: "Stages", cell: (one) => one.names.join(" → ") },
  { id: "where", title: "In", cell: (one) => one.processes.join(", ") },
  { id: "why", title: "", cell: (one) => <Why one={one} /> },
];

function Why({ one }: { one: Trace }) {
  if (one.failed) return <Mark tone="bad">failed</Mark>;
  if (one.slow) return <Mark tone="warn">slow</Mark>;
  return <Mark tone="plain">sampled</Mark>;
}

/** Messages whose way was kept, the newest or the slowest first; a row opens its stages. */
export function Traces() {
  const [order, setOrder] = useState<Order>("newest");
  const [open, setOpen] = useState<string | null>(null);
  const traces = useQuery({
    queryKey: ["traces", order],
    refetchInterval: LOOK_MS,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/traces", { params: { query: { order, limit: MOST } }, signal })),
  });
  const found = traces.data;
  return (
    <Panel title="Traces" className="traces" aside={whole(found?.total ?? 0)} bare>
      <div className="orders">
        <fieldset className="choice" aria-label="Which traces first">
          {ORDERS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === order}
              onClick={() => setOrder(one)}
            >
              {one}
            </button>
          ))}
        </fieldset>
      </div>
      {traces.isError && <Failed error={traces.error} />}
      {found !== undefined && <Silent names={found.unreachable} />}
      {open !== null && <Waterfall id={open} onClose={() => setOpen(null)} />}
      <DataTable
        label="Traces"
        rows={found?.items ?? []}
        columns={COLUMNS}
        rowId={(one) => one.id}
        onOpen={(one) => setOpen(one.id)}
        empty={
          traces.isPending
            ? "Asking all processes …"
            : "None is kept: no message asked for a trace (traceparent), and nothing was slow."
        }
      />
    </Panel>
  );
}
