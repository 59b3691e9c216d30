import { useLocation } from "wouter";
import type { Signal } from "@/live/types";
import { Age } from "@/parts/Age";
import { type Column, DataTable } from "@/parts/DataTable";
import { TwinLink } from "@/parts/TwinLink";
import { twinPath } from "@/parts/twins";

const COLUMNS: Column<Signal>[] = [
  { id: "at", title: "When", cell: (one) => <Age at={one.time} /> },
  { id: "name", title: "Signal", cell: (one) => one.name },
  { id: "twin", title: "Twin", cell: (one) => <TwinLink id={one.twin_id} /> },
];

/** What twins noticed since the console was opened. */
export function Signals({ signals }: { signals: readonly Signal[] }) {
  const [, go] = useLocation();
  return (
    <DataTable
      label="Signals"
      rows={signals}
      columns={COLUMNS}
      rowId={(one) => `${one.twin_id} ${one.name} ${one.time}`}
      onOpen={(one) => go(twinPath(one.twin_id))}
      empty="No twin has noticed anything since this page was opened."
    />
  );
}
