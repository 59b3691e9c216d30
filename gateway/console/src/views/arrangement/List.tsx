import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { api, asked, type Schemas } from "@/api/client";
import type { ArrangementView } from "@/live/types";
import { Age } from "@/parts/Age";
import { arrangementPath, stateTone, words } from "@/parts/arrangements";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";

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

type State = NonNullable<Schemas["State"]>;

const STATES: State[] = [
  "gathering",
  "proposed",
  "arranging",
  "reserving",
  "offered",
  "confirming",
  "underway",
  "settling",
  "closed",
  "compensated",
  "with_person",
];
const LOOK_MS = 5000;
const PAGE = 100;

interface Narrow {
  state: State | "";
  story: string;
  about: string;
  customer: string;
  desk: string;
}

const ALL: Narrow = { state: "", story: "", about: "", customer: "", desk: "" };

/** The newest arrangement of each supervisor, the last one first; more as one goes down. */
export default function List() {
  const [, go] = useLocation();
  const [narrow, setNarrow] = useState(ALL);
  const found = useInfiniteQuery({
    queryKey: ["arrangements", "list", narrow],
    queryFn: ({ signal, pageParam }) =>
      asked(
        api.GET("/v1/arrangements", {
          params: { query: { limit: PAGE, cursor: pageParam, ...given(narrow) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor ?? undefined,
    refetchInterval: LOOK_MS,
    placeholderData: keepPreviousData,
  });
  const put = (change: Partial<Narrow>) => setNarrow({ ...narrow, ...change });
  const items = found.data?.pages.flatMap((page) => page.items);
  return (
    <Panel title="Arrangements" aside={items?.length} className="arrangementlist" bare>
      <search className="narrow">
        <label>
          Stands
          <select
            className="input"
            value={narrow.state}
            onChange={(event) => put({ state: event.target.value as Narrow["state"] })}
          >
            <option value="">any way</option>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {words(state)}
              </option>
            ))}
          </select>
        </label>
        {(["story", "about", "customer", "desk"] as const).map((name) => (
          <label key={name}>
            {name}
            <input
              className="input"
              placeholder={EXAMPLES[name]}
              value={narrow[name]}
              onChange={(event) => put({ [name]: event.target.value.trim() })}
            />
          </label>
        ))}
      </search>
      {found.isError && <Failed error={found.error} again={() => void found.refetch()} />}
      {items === undefined ? (
        !found.isError && <p className="empty">Asking …</p>
      ) : (
        <DataTable
          label="Arrangements"
          rows={items}
          columns={COLUMNS}
          rowId={(one) => one.id}
          onOpen={(one) => go(arrangementPath(one.supervisor_id, one.id))}
          onEnd={() => found.hasNextPage && !found.isFetching && void found.fetchNextPage()}
          empty={narrow === ALL ? "Nothing had to be arranged yet." : "Nothing stands so."}
          sortedBy={{ id: "began", desc: true }}
        />
      )}
    </Panel>
  );
}

const EXAMPLES = {
  story: "roadside",
  about: "vehicle/v17",
  customer: "customer/c17",
  desk: "desk/helsinki",
};

/** Only what is written, and whole: half an id finds nothing, and would be refused. */
function given(narrow: Narrow) {
  const id = /^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+$/;
  return {
    state: narrow.state === "" ? undefined : narrow.state,
    story: /^[A-Za-z0-9_-]+$/.test(narrow.story) ? narrow.story : undefined,
    about: id.test(narrow.about) ? narrow.about : undefined,
    customer: id.test(narrow.customer) ? narrow.customer : undefined,
    desk: id.test(narrow.desk) ? narrow.desk : undefined,
  };
}
