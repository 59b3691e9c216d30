import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, asked } from "@/api/client";
import { KEYS } from "@/app/queries";
import type { ArrangementView } from "@/live/types";
import { Age } from "@/parts/Age";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { arrangementPath, stateTone, words } from "./words";

const COLUMNS: Column<ArrangementView>[] = [
  { id: "for", title: "For", cell: (one) => one.twin_id, value: (one) => one.twin_id },
  { id: "signal", title: "Because of", cell: (one) => one.signal, value: (one) => one.signal },
  {
    id: "state",
    title: "State",
    cell: (one) => <Mark tone={stateTone(one.state)}>{words(one.state)}</Mark>,
    value: (one) => one.state,
  },
  { id: "by", title: "By", cell: (one) => one.supervisor_id, value: (one) => one.supervisor_id },
  { id: "reason", title: "Why it ended", cell: (one) => one.reason ?? "" },
  {
    id: "began",
    title: "Began",
    cell: (one) => <Age at={one.opened_at} />,
    value: (one) => one.opened_at,
    right: true,
  },
];

/** The newest arrangement of each supervisor, the last one first. */
export default function List() {
  const [, go] = useLocation();
  const found = useQuery({
    queryKey: KEYS.arrangements,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/arrangements", { params: { query: { limit: 200 } }, signal })),
  });
  if (found.isError && found.data === undefined) {
    return <Failed error={found.error} again={() => void found.refetch()} />;
  }
  if (found.data === undefined) return <p className="empty">Asking …</p>;
  return (
    <Panel title="Arrangements" aside={found.data.items.length} bare>
      <DataTable
        label="Arrangements"
        rows={found.data.items}
        columns={COLUMNS}
        rowId={(one) => one.id}
        onOpen={(one) => go(arrangementPath(one.supervisor_id, one.id))}
        empty="Nothing had to be arranged yet."
        sortedBy={{ id: "began", desc: true }}
      />
    </Panel>
  );
}
