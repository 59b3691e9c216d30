import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation, useParams } from "wouter";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import { chooseNotices, wantsNotices } from "@/app/notices";
import { KEYS } from "@/app/queries";
import { Age } from "@/parts/Age";
import { type Case, casePath, neglected } from "@/parts/cases";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { short } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Caller } from "./Caller";
import { One } from "./One";
import { callerOf, LOOK_MS, rank, stateTone, urgencyTone } from "./queue";
import "./cases.css";

const COLUMNS: Column<Case>[] = [
  {
    id: "urgency",
    title: "Urgency",
    cell: (one) => <Mark tone={urgencyTone(one.urgency)}>{one.urgency}</Mark>,
    value: rank,
  },
  {
    id: "worth",
    title: "Worth",
    cell: (one) => (one.value_cents === null ? "" : short(one.value_cents / 100)),
    value: (one) => one.value_cents ?? -1,
    right: true,
  },
  { id: "reason", title: "What", cell: (one) => one.reason },
  {
    id: "state",
    title: "With",
    cell: (one) => (
      <Mark tone={neglected(one) === null ? stateTone(one.state) : "warn"}>
        {neglected(one) ?? `${one.state}, ${one.employee?.replace("employee/", "") ?? "nobody"}`}
      </Mark>
    ),
    value: (one) => `${one.state} ${one.employee ?? ""}`,
  },
  {
    id: "since",
    title: "Since",
    cell: (one) => <Age at={one.opened_at} />,
    value: (one) => one.opened_at,
    right: true,
  },
];

/** What persons have to decide: the queue, who calls, and one case with all that is known. */
export default function Cases() {
  const { id } = useParams();
  const [, go] = useLocation();
  const [loud, setLoud] = useState(wantsNotices);
  const [closed, setClosed] = useState(false);
  const [caller, setCaller] = useState(() => callerOf(location.search, location.hash));
  // A telephone system may put a number into the address of a page that is open already.
  useEffect(() => {
    const hear = () => setCaller(callerOf(location.search, location.hash));
    window.addEventListener("hashchange", hear);
    return () => window.removeEventListener("hashchange", hear);
  }, []);
  const found = useQuery({
    queryKey: closed ? ["cases", "closed"] : KEYS.cases,
    queryFn: ({ signal }) => asked(api.GET("/v1/cases", { params: { query: { closed } }, signal })),
    refetchInterval: LOOK_MS,
  });
  const items = found.data?.items;
  return (
    <div className={id === undefined ? "cases" : "cases chosen"}>
      <Panel
        title={closed ? "Closed lately" : "Waiting for a person"}
        className="queue"
        aside={
          <>
            {may("serve") && (
              <button
                type="button"
                className="button small"
                aria-pressed={loud}
                title="What is urgent or waits too long, also while another page is looked at"
                onClick={() => {
                  setLoud(!loud);
                  void chooseNotices(!loud);
                }}
              >
                {loud ? "Sound is on" : "Sound is off"}
              </button>
            )}
            <fieldset className="choice" aria-label="Which cases">
              <button type="button" aria-pressed={!closed} onClick={() => setClosed(false)}>
                open
              </button>
              <button type="button" aria-pressed={closed} onClick={() => setClosed(true)}>
                closed
              </button>
            </fieldset>
          </>
        }
        bare
      >
        <Caller given={caller} />
        {found.isError && <Failed error={found.error} again={() => void found.refetch()} />}
        {items === undefined ? (
          !found.isError && <p className="empty">Asking the desks …</p>
        ) : (
          <DataTable
            label="Cases"
            rows={items}
            columns={COLUMNS}
            rowId={(one) => one.id}
            onOpen={(one) => go(casePath(one.id))}
            empty={closed ? "None was closed yet." : "Nobody is waited for."}
            sortedBy={closed ? { id: "since", desc: true } : { id: "urgency", desc: true }}
          />
        )}
      </Panel>
      {id !== undefined && <One key={id} id={id} />}
    </div>
  );
}
