import { useQuery } from "@tanstack/react-query";
import { useLocation, useParams } from "wouter";
import { api, asked } from "@/api/client";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { short } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Changed } from "./Changed";
import { One } from "./One";
import { Switches } from "./Switches";
import { ALL, levelTone, type Policy, standingOf } from "./switches";
import "./outcomes.css";

const LOOK_MS = 3000;

const COLUMNS: Column<Policy>[] = [
  { id: "name", title: "Policy", cell: (one) => one.name, value: (one) => one.name },
  {
    id: "level",
    title: "Level",
    cell: (one) => <Mark tone={levelTone(one.level)}>{one.level}</Mark>,
    value: (one) => one.level,
  },
  {
    id: "state",
    title: "State",
    cell: (one) => <State one={one} />,
    value: (one) => standingOf(one).text,
  },
  {
    id: "right",
    title: "Right",
    cell: (one) =>
      one.precision.n === 0 ? "no verdicts" : `${one.precision.right} of ${one.precision.n}`,
    value: (one) => (one.precision.n === 0 ? -1 : one.precision.right / one.precision.n),
    right: true,
  },
  {
    id: "under_way",
    title: "Under way",
    cell: (one) => short(one.under_way),
    value: (one) => one.under_way,
    right: true,
  },
  {
    id: "begun",
    title: "Last hour",
    cell: (one) => short(one.begun),
    value: (one) => one.begun,
    right: true,
  },
];

/** What each policy changed for customers, how far it may go, and the switch that stops it. */
export default function Outcomes() {
  const { name } = useParams();
  const [, go] = useLocation();
  const found = useQuery({
    queryKey: ["policies"],
    queryFn: ({ signal }) => asked(api.GET("/v1/policies", { signal })),
    refetchInterval: LOOK_MS,
  });
  if (found.isError && found.data === undefined) {
    return <Failed error={found.error} again={() => void found.refetch()} />;
  }
  if (found.data === undefined) return <p className="empty">Asking the policies …</p>;
  const all = found.data.items.find((one) => one.name === ALL);
  const policies = found.data.items.filter((one) => one.name !== ALL);
  const chosen = policies.find((one) => one.name === name) ?? policies[0];
  return (
    <div className="outcomes">
      {found.isError && <Failed error={found.error} />}
      {all !== undefined && (
        <Panel title="Every policy" className="every" aside={<State one={all} />}>
          <p className="soft">
            {standingOf(all).why ?? `Those for which nobody has set a level begin at the one here.`}
          </p>
          <Switches one={all} />
        </Panel>
      )}
      <Panel title="Policies" className="policies" aside={policies.length} bare>
        <DataTable
          label="Policies"
          rows={policies}
          columns={COLUMNS}
          rowId={(one) => one.name}
          onOpen={(one) => go(`/outcomes/${encodeURIComponent(one.name)}`)}
          empty="No policy has been asked for leave yet."
        />
      </Panel>
      {name !== undefined && chosen?.name !== name && (
        <p className="refused" role="alert">
          No policy {name} has been asked for leave yet.
        </p>
      )}
      {chosen !== undefined && (
        <>
          <Changed key={`changed ${chosen.name}`} name={chosen.name} />
          <One key={chosen.name} one={chosen} />
        </>
      )}
    </div>
  );
}

function State({ one }: { one: Policy }) {
  const standing = standingOf(one);
  return (
    <span title={standing.why ?? undefined}>
      <Mark tone={standing.tone}>{standing.text}</Mark>
    </span>
  );
}
