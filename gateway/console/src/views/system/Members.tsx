import type { Schemas } from "@/api/client";
import { type Column, DataTable } from "@/parts/DataTable";
import { Mark } from "@/parts/Mark";

type Member = Schemas["MemberStatus"];

/** Heartbeats come every second or so; who was silent so long is in trouble. */
const SILENT_S = 5;

const COLUMNS: Column<Member>[] = [
  {
    id: "owner",
    title: "Name",
    cell: (one) => <span title={one.owner}>{one.owner.split("#")[0]}</span>,
    value: (one) => one.owner,
  },
  { id: "role", title: "Role", cell: (one) => one.role, value: (one) => one.role },
  {
    id: "state",
    title: "State",
    cell: (one) => <State member={one} />,
  },
  {
    id: "heard",
    title: "Heard of",
    cell: (one) => `${one.heard_s_ago.toFixed(1)} s ago`,
    value: (one) => one.heard_s_ago,
    right: true,
  },
  {
    id: "partitions",
    title: "Partitions",
    cell: (one) => one.partitions?.join(", ") || "none",
  },
];

function State({ member }: { member: Member }) {
  if (member.draining) return <Mark tone="busy">handing over</Mark>;
  if (member.heard_s_ago > SILENT_S) return <Mark tone="bad">silent</Mark>;
  return <Mark tone="good">at work</Mark>;
}

/** The processes that share the partitions. */
export function Members({ members }: { members: readonly Member[] }) {
  return (
    <DataTable
      label="Hosts and gateways"
      rows={members}
      columns={COLUMNS}
      rowId={(one) => `${one.role} ${one.owner}`}
      empty="Nobody has counted in."
    />
  );
}
