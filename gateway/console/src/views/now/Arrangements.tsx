import { useLocation } from "wouter";
import type { ArrangementView } from "@/live/types";
import { Age } from "@/parts/Age";
import { words } from "@/parts/arrangements";
import { type Column, DataTable } from "@/parts/DataTable";
import { Mark, type Tone } from "@/parts/Mark";
import { TwinLink } from "@/parts/TwinLink";
import { span } from "@/parts/time";
import { twinPath } from "@/parts/twins";

const COLUMNS: Column<ArrangementView>[] = [
  { id: "twin", title: "For", cell: (one) => <TwinLink id={one.twin_id} /> },
  { id: "state", title: "State", cell: (one) => <Mark tone={tone(one)}>{words(one.state)}</Mark> },
  { id: "what", title: "Held and booked", cell: (one) => booked(one) },
  { id: "eta", title: "Arrives", cell: (one) => arrival(one) },
  { id: "at", title: "Began", cell: (one) => <Age at={one.opened_at} />, right: true },
];

/** What is being arranged now, and then what was arranged last. */
export function Arrangements({ items }: { items: readonly ArrangementView[] | undefined }) {
  const [, go] = useLocation();
  if (items === undefined) return <p className="empty">Asking …</p>;
  const rows = [...items].sort(
    (one, other) => Number(one.ended) - Number(other.ended) || other.opened_at - one.opened_at,
  );
  return (
    <DataTable
      label="Arrangements"
      rows={rows}
      columns={COLUMNS}
      rowId={(one) => one.id}
      onOpen={(one) => go(twinPath(one.supervisor_id))}
      empty="Nothing had to be arranged yet."
    />
  );
}

export function tone(one: ArrangementView): Tone {
  if (one.case !== null || one.state === "with_person") return "warn";
  if (!one.ended) return "busy";
  return one.state === "closed" ? "good" : "plain";
}

function booked(one: ArrangementView): string {
  const names = one.legs
    .filter((leg) => ["held", "confirming", "confirmed"].includes(leg.state))
    .map((leg) => words(leg.sort));
  return [...new Set(names)].join(", ") || "–";
}

function arrival(one: ArrangementView): string {
  if (one.track === null || one.ended) return "";
  if (one.track.arrived) return "there";
  return one.track.eta_s === null ? "on the way" : `in ${span(one.track.eta_s)}`;
}
