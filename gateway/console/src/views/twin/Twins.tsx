import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useCallback, useMemo, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { api, asked, type Schemas } from "@/api/client";
import { Age } from "@/parts/Age";
import { type Column, DataTable } from "@/parts/DataTable";
import { Failed } from "@/parts/Failures";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { twinPath } from "@/parts/twins";
import { valueText } from "./values";
import "./twin.css";

type Found = Schemas["FoundTwin"];

const PAGE = 200;
const EXAMPLES = ["kind = vehicle", "kind = vehicle and coolant_c > 95", 'name ~ "*a*"'];
const SHOWN = 5;
/** Fields that say little of a twin to somebody who looks for it. */
const DULL = new Set([
  "key",
  "stamp",
  "older",
  "windows",
  "record",
  "mirror",
  "watched",
  "commands",
]);

/** All twins, by a filter over their state. */
export default function Twins() {
  const [params, setParams] = useSearchParams();
  const where = params.get("where") ?? "";
  const [text, setText] = useState(where);
  const [, go] = useLocation();
  const found = useInfiniteQuery({
    queryKey: ["search", where],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = { where, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return asked(api.GET("/v1/search", { params: { query }, signal }));
    },
    getNextPageParam: (last) => last.cursor ?? undefined,
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const rows = useMemo(() => (found.data?.pages ?? []).flatMap((page) => page.items), [found.data]);
  const columns = useMemo(() => columnsOf(rows), [rows]);
  const asOf = found.data?.pages[0]?.as_of;

  function search(event: FormEvent) {
    event.preventDefault();
    setParams(text === "" ? {} : { where: text });
  }
  return (
    <div className="twins">
      <form className="search" onSubmit={search}>
        <input
          className="input"
          aria-label="Filter"
          placeholder="Every twin. Or for example: kind = vehicle and coolant_c > 95"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button chief">
          Search
        </button>
      </form>
      <p className="examples soft">
        {EXAMPLES.map((example) => (
          <button
            key={example}
            type="button"
            className="button small"
            onClick={() => {
              setText(example);
              setParams({ where: example });
            }}
          >
            {example}
          </button>
        ))}
      </p>
      {found.isError && <Failed error={found.error} />}
      <Panel
        title={found.isPending ? "Searching" : `${rows.length}${hasNextPage ? "+" : ""} found`}
        aside={
          asOf !== undefined && (
            <>
              state <Age at={asOf} />
            </>
          )
        }
        bare
      >
        <DataTable
          label="Twins"
          rows={rows}
          columns={columns}
          rowId={(one) => one.id}
          onOpen={(one) => go(twinPath(one.id))}
          onEnd={more}
          empty={found.isPending ? "Searching …" : "No twin is like that."}
        />
      </Panel>
    </div>
  );
}

/** The id, and those fields that most of the first twins have. */
function columnsOf(rows: readonly Found[]): Column<Found>[] {
  const counts = new Map<string, number>();
  for (const { state } of rows.slice(0, 100)) {
    for (const [name, value] of Object.entries(state)) {
      if (DULL.has(name) || value === null || typeof value === "object") continue;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const names = [...counts].sort((one, other) => other[1] - one[1]).slice(0, SHOWN);
  return [
    { id: "id", title: "Twin", cell: (one) => <TwinLink id={one.id} />, value: (one) => one.id },
    ...names.map(([name]) => ({
      id: name,
      title: name.replaceAll("_", " "),
      cell: (one: Found) => valueText(one.state[name]),
      value: (one: Found) => sortable(one.state[name]),
    })),
  ];
}

function sortable(value: unknown): string | number {
  return typeof value === "number" ? value : typeof value === "string" ? value : "";
}
