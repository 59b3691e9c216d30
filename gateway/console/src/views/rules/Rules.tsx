import { useQuery } from "@tanstack/react-query";
import { useLocation, useParams } from "wouter";
import { api, asked, type Schemas } from "@/api/client";
import { Age } from "@/parts/Age";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { Panel } from "@/parts/Panel";
import { Book } from "./Book";
import "./rules.css";

type Entry = Schemas["BookEntry"];

const LOOK_MS = 5000;

const COLUMNS: Column<Entry>[] = [
  { id: "kind", title: "Kind", cell: (one) => one.kind, value: (one) => one.kind },
  {
    id: "version",
    title: "Version",
    cell: (one) => (one.published === 0 ? "its own" : one.published),
    value: (one) => one.published,
    right: true,
  },
  {
    id: "rules",
    title: "Rules",
    cell: (one) => one.rules,
    value: (one) => one.rules ?? 0,
    right: true,
  },
  {
    id: "shadows",
    title: "Silent",
    cell: (one) => one.shadows || "",
    value: (one) => one.shadows ?? 0,
    right: true,
  },
  {
    id: "drafts",
    title: "Drafts",
    cell: (one) => one.drafts || "",
    value: (one) => one.drafts ?? 0,
    right: true,
  },
  {
    id: "at",
    title: "Published",
    cell: (one) => (typeof one.at === "number" ? <Age at={one.at} /> : ""),
    value: (one) => one.at ?? 0,
    right: true,
  },
];

/** The rules of each kind: what they say, what is being changed, what they would have done. */
export default function Rules() {
  const { kind } = useParams();
  const [, go] = useLocation();
  const found = useQuery({
    queryKey: ["rules"],
    queryFn: ({ signal }) => asked(api.GET("/v1/rules", { signal })),
    refetchInterval: LOOK_MS,
  });
  if (found.isError && found.data === undefined) {
    return <Failed error={found.error} again={() => void found.refetch()} />;
  }
  if (found.data === undefined) return <p className="empty">Asking the rulebooks …</p>;
  const chosen = kind ?? found.data.items[0]?.kind;
  return (
    <div className="rules">
      <Panel title="Kinds" className="kinds" aside={found.data.items.length} bare>
        <DataTable
          label="Kinds"
          rows={found.data.items}
          columns={COLUMNS}
          rowId={(one) => one.kind}
          onOpen={(one) => go(`/rules/${encodeURIComponent(one.kind)}`)}
          empty="No kind has rules yet."
        />
      </Panel>
      {chosen !== undefined && <Book key={chosen} kind={chosen} />}
    </div>
  );
}
