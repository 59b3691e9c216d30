import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import { may } from "@/api/session";
import { Age } from "@/parts/Age";
import { Confirm } from "@/parts/Confirm";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { letGo, SAYS, type Word } from "@/parts/parked";
import { TwinLink } from "@/parts/TwinLink";

type Parked = Schemas["SetAsideView"];

const KEY = ["parked"];
const LOOK_MS = 5000;
const MOST = 500;
/** Twins a second that are let go on, of many. */
const RATE = 50;

/** Twins whose event failed: why, what waits, and how one or all of them go on. */
export function SetAside() {
  const queries = useQueryClient();
  const [where, setWhere] = useState("");
  const [many, setMany] = useState<Word | null>(null);
  const [job, setJob] = useState<string | null>(null);
  const parked = useQuery({
    queryKey: [...KEY, where],
    refetchInterval: LOOK_MS,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/parked", { params: { query: { where, limit: MOST } }, signal })),
  });
  const one = useMutation({
    mutationFn: ({ id, word }: { id: string; word: Word }) => letGo(id, word),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  const columns = useMemo(() => columnsOf(one.mutate), [one.mutate]);
  const rows = parked.data?.items ?? [];
  const total = parked.data?.total ?? 0;

  async function start(word: Word, note: string) {
    const body = {
      by: "console",
      where: where || "exists id",
      parked: word,
      expected: total,
      note,
      rate: RATE,
      for_s: 3600,
    };
    setJob((await asked(api.POST("/v1/bulk", { body }))).id);
  }
  return (
    <Panel
      title="Parked twins"
      className="set-aside"
      aside={total > rows.length ? `${whole(rows.length)} of ${whole(total)}` : whole(total)}
      bare
    >
      <div className="doing">
        <Filter onFilter={setWhere} />
        {(["resume", "skip"] as const).map((word) => (
          <button
            key={word}
            type="button"
            className="button small"
            disabled={total === 0 || !may("operate")}
            title={SAYS[word]}
            onClick={() => setMany(word)}
          >
            {word === "resume" ? "Resume all" : "Skip in all"}
          </button>
        ))}
        {job !== null && <Progress job={job} />}
      </div>
      {parked.isError && <Failed error={parked.error} />}
      {one.isError && <Failed error={one.error} />}
      {many !== null && (
        <Confirm
          title={`${many === "resume" ? "Resume" : "Skip the event in"} ${whole(total)} twins?`}
          verb={many === "resume" ? "Resume all" : "Skip in all"}
          act={(note) => start(many, note)}
          onClose={() => setMany(null)}
        >
          <p>{SAYS[many]}. A twin in which an event fails again is parked again.</p>
        </Confirm>
      )}
      <DataTable
        label="Parked twins"
        rows={rows}
        columns={columns}
        rowId={(row) => row.id}
        sortedBy={{ id: "since", desc: true }}
        empty={parked.isPending ? "Reading …" : "No twin is parked."}
      />
    </Panel>
  );
}

function columnsOf(go: (given: { id: string; word: Word }) => void): Column<Parked>[] {
  return [
    { id: "twin", title: "Twin", cell: (row) => <TwinLink id={row.id} />, value: (row) => row.id },
    {
      id: "since",
      title: "Parked",
      cell: (row) => <Age at={row.since} />,
      value: (row) => row.since,
    },
    { id: "event", title: "Event", cell: (row) => row.event_type, value: (row) => row.event_type },
    { id: "why", title: "Why", cell: (row) => <span title={row.reason}>{row.reason}</span> },
    {
      id: "waiting",
      title: "Waiting",
      cell: (row) => whole(row.waiting),
      value: (row) => row.waiting,
      right: true,
    },
    {
      id: "go",
      title: "",
      cell: (row) =>
        row.going ? (
          "goes on"
        ) : (
          <span className="go-on">
            {(["resume", "skip"] as const).map((word) => (
              <button
                key={word}
                type="button"
                className="button small"
                disabled={!may("operate")}
                title={SAYS[word]}
                aria-label={`${word === "resume" ? "Resume" : "Skip in"} ${row.id}`}
                onClick={() => go({ id: row.id, word })}
              >
                {word === "resume" ? "Resume" : "Skip"}
              </button>
            ))}
          </span>
        ),
      right: true,
    },
  ];
}

function Filter({ onFilter }: { onFilter: (where: string) => void }) {
  const [text, setText] = useState("");
  function send(event: FormEvent) {
    event.preventDefault();
    onFilter(text.trim());
  }
  return (
    <form onSubmit={send}>
      <input
        className="input"
        aria-label="Which parked twins"
        placeholder="kind = vehicle"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}

/** How far a job has come; when it is done, the list is asked for anew. */
function Progress({ job }: { job: string }) {
  const queries = useQueryClient();
  const found = useQuery<Schemas["BulkView"]>({
    queryKey: ["bulk", job],
    refetchInterval: (query) => (query.state.data?.state === "running" ? 500 : false),
    queryFn: async ({ signal }) => {
      const view = await asked(api.GET("/v1/bulk/{job}", { params: { path: { job } }, signal }));
      if (view.state !== "running") void queries.invalidateQueries({ queryKey: KEY });
      return view;
    },
  });
  if (found.isError) return <Failed error={found.error} />;
  if (found.data === undefined) return null;
  const { state, operation, succeeded, failed, expected } = found.data;
  return (
    <span className="soft" role="status">
      {operation}: {whole(succeeded)} of {whole(expected)}
      {failed > 0 && `, ${whole(failed)} failed`}, {state}
    </span>
  );
}
