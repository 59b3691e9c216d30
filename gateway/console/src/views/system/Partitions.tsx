import type { Schemas } from "@/api/client";
import { type Column, DataTable } from "@/parts/DataTable";
import { Mark } from "@/parts/Mark";
import { bytes, short, whole } from "@/parts/numbers";

type Partition = Schemas["PartitionStatus"];

const COLUMNS: Column<Partition>[] = [
  {
    id: "partition",
    title: "Partition",
    cell: (one) => one.partition,
    value: (one) => one.partition,
    right: true,
  },
  { id: "host", title: "Host", cell: (one) => owner(one.host), value: (one) => one.host ?? "" },
  {
    id: "gateway",
    title: "Gateway",
    cell: (one) => owner(one.gateway),
    value: (one) => one.gateway ?? "",
  },
  {
    id: "state",
    title: "State",
    cell: (one) =>
      one.error ? <Mark tone="bad">{one.error}</Mark> : <Mark tone="good">serving</Mark>,
    value: (one) => one.error ?? "",
  },
  figure("epoch", "Epoch", (one) => one.epoch),
  figure("position", "Applied up to", (one) => one.position),
  figure("behind", "Not in a checkpoint", (one) => (one.position ?? 0) - (one.committed ?? 0)),
  figure("events", "Events", (one) => one.events),
  figure("hot", "Twins in memory", (one) => one.hot_twins),
  {
    id: "bytes",
    title: "Memory",
    cell: (one) => bytes(one.hot_bytes ?? 0),
    value: (one) => one.hot_bytes ?? 0,
    right: true,
  },
  figure("reminders", "Reminders", (one) => one.reminders),
  figure("outbox", "Outbox", (one) => one.outbox),
];

function figure(
  id: string,
  title: string,
  read: (one: Partition) => number | null | undefined,
): Column<Partition> {
  return {
    id,
    title,
    cell: (one) => {
      const value = read(one) ?? 0;
      return <span title={whole(value)}>{short(value)}</span>;
    },
    value: (one) => read(one) ?? 0,
    right: true,
  };
}

/** A process's name without its incarnation, which stands in the title. */
function owner(name: string | undefined) {
  if (!name) return <Mark tone="bad">nobody</Mark>;
  return <span title={name}>{name.split("#")[0]}</span>;
}

/** Who owns what, and how far it is. */
export function Partitions({ partitions }: { partitions: readonly Partition[] }) {
  return (
    <DataTable
      label="Partitions"
      rows={partitions}
      columns={COLUMNS}
      rowId={(one) => String(one.partition)}
      empty="The cluster has no partitions."
    />
  );
}
