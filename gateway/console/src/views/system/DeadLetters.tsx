import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import { may } from "@/api/session";
import { Age } from "@/parts/Age";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { bytes } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { split } from "@/parts/twins";

type Letter = Schemas["DeadLetterView"];

const LOOK_MS = 5000;
const MOST = 500;

const COLUMNS: Column<Letter>[] = [
  { id: "at", title: "Refused", cell: (one) => <Age at={one.at} />, value: (one) => one.at },
  {
    id: "twin",
    title: "Twin",
    cell: (one) => <TwinLink id={one.twin_id} />,
    value: (one) => one.twin_id,
  },
  { id: "type", title: "Event", cell: (one) => one.type, value: (one) => one.type },
  { id: "way", title: "By", cell: (one) => one.way, value: (one) => one.way },
  { id: "why", title: "Why", cell: (one) => one.description || one.reason },
  { id: "count", title: "Times", cell: (one) => one.count, value: (one) => one.count, right: true },
  {
    id: "size",
    title: "Size",
    cell: (one) => bytes(one.size),
    value: (one) => one.size,
    right: true,
  },
];

/** Sends it once more, as it was: for when what was wrong with it is mended. */
function Replay({ letter }: { letter: Letter }) {
  const path = split(letter.twin_id);
  const send = useMutation({
    mutationFn: (to: { kind: string; key: string }) =>
      asked(
        api.POST("/v1/dead-letters/{kind}/{key}/{letter_id}/replay", {
          params: { path: { ...to, letter_id: letter.id } },
        }),
      ),
  });
  if (path === null) return null;
  return (
    <>
      <button
        type="button"
        className="button small"
        disabled={!letter.whole || send.isPending || send.isSuccess || !may("operate")}
        title={letter.whole ? "As it was; it counts once" : "Only its beginning is kept"}
        onClick={() => send.mutate(path)}
      >
        Send it once more
      </button>
      {send.isSuccess && <span className="soft"> taken at position {send.data.position} </span>}
      {send.isError && <Failed error={send.error} />}
    </>
  );
}

/** What gateways refused for good; a row opens what the message said. */
export function DeadLetters() {
  const [open, setOpen] = useState<Letter | null>(null);
  const letters = useQuery({
    queryKey: ["dead-letters"],
    refetchInterval: LOOK_MS,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/dead-letters", { params: { query: { limit: MOST } }, signal })),
  });
  const rows = letters.data?.items ?? [];
  return (
    <Panel
      title="Dead letters"
      className="letters"
      aside={rows.length === MOST ? `the newest ${MOST}` : rows.length}
      bare
    >
      {letters.isError && <Failed error={letters.error} />}
      {open !== null && (
        <div className="letter" role="status">
          <p>
            {open.type} of {open.twin_id}: {open.description || open.reason}
          </p>
          <pre>{open.payload || "it was empty"}</pre>
          <Replay key={open.id} letter={open} />
          <button type="button" className="button small" onClick={() => setOpen(null)}>
            Close
          </button>
        </div>
      )}
      <DataTable
        label="Dead letters"
        rows={rows}
        columns={COLUMNS}
        rowId={(one) => `${one.at} ${one.twin_id} ${one.reason} ${one.type}`}
        onOpen={setOpen}
        empty={letters.isPending ? "Reading …" : "Nothing was refused."}
      />
    </Panel>
  );
}
