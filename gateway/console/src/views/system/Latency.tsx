import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { short } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { type Buckets, between, boundText, histograms, total, within } from "./latency";

const LOOK_MS = 5000;

/** Metric -> what it says, in the order of the way. */
const STAGES: [string, string][] = [
  ["vigil_append_duration_seconds", "A block until it is durable"],
  ["vigil_apply_duration_seconds", "A block applied to its twins"],
  ["vigil_checkpoint_duration_seconds", "A checkpoint"],
  ["vigil_effects_duration_seconds", "An effect, from acceptance to outcome"],
  ["vigil_api_request_seconds", "A call of the API"],
];

interface Stage {
  metric: string;
  name: string;
  buckets: Buckets;
  lately: boolean;
}

const COLUMNS: Column<Stage>[] = [
  { id: "name", title: "What", cell: (one) => one.name },
  {
    id: "half",
    title: "Half",
    cell: (one) => boundText(within(one.buckets, 0.5)),
    right: true,
  },
  { id: "most", title: "99 %", cell: (one) => boundText(within(one.buckets, 0.99)), right: true },
  { id: "count", title: "Counted", cell: (one) => short(total(one.buckets)), right: true },
  { id: "when", title: "When", cell: (one) => (one.lately ? "lately" : "since the start") },
];

/** How long the stages took: in the last seconds, or where nothing came, since the start. */
export function Latency() {
  const before = useRef<Map<string, Buckets>>(new Map());
  const stages = useQuery({
    queryKey: ["latency"],
    refetchInterval: LOOK_MS,
    queryFn: async ({ signal }): Promise<Stage[]> => {
      const answer = await fetch("/metrics", { signal });
      if (!answer.ok) throw new Error(`the metrics cannot be had: ${answer.status}`);
      const now = histograms(await answer.text());
      const found = STAGES.flatMap(([metric, name]) => {
        const all = now.get(metric);
        if (all === undefined) return [];
        const recent = between(before.current.get(metric), all);
        const lately = before.current.has(metric) && total(recent) > 0 && recent !== all;
        return [{ metric, name, buckets: lately ? recent : all, lately }];
      });
      before.current = now;
      return found;
    },
  });
  return (
    <Panel title="How long it takes" className="latency" bare>
      {stages.isError && <Failed error={stages.error} />}
      <DataTable
        label="How long it takes"
        rows={stages.data ?? []}
        columns={COLUMNS}
        rowId={(one) => one.metric}
        empty={stages.isPending ? "Asking all processes …" : "No process gives metrics."}
      />
    </Panel>
  );
}
