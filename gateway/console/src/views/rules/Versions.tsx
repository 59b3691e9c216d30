import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import { may } from "@/api/session";
import { Age } from "@/parts/Age";
import { Confirm } from "@/parts/Confirm";
import { Failed } from "@/parts/Failures";
import { Panel } from "@/parts/Panel";
import type { Rule } from "@/parts/rules";
import { Differences } from "./Differences";
import { changesBack } from "./documents";

interface Given {
  kind: string;
  rules: readonly Rule[];
  editions: readonly Schemas["EditionView"][];
  published: number;
  again: () => Promise<unknown>;
}

/** What was published, by whom and why; and the way back, with a look at what it changes. */
export function Versions({ kind, rules, editions, published, again }: Given) {
  const [back, setBack] = useState<number | null>(null);
  if (editions.length === 0) return null;
  return (
    <Panel title="Versions" className="versions" aside={editions.length}>
      <ol>
        {editions.map((one) => (
          <li key={one.number}>
            <strong>{one.number}</strong>
            <span>{one.by}</span>
            <span className="soft">
              <Age at={one.at} />
            </span>
            <span className="soft">
              {[
                one.back_to === null || one.back_to === undefined ? "" : `back to ${one.back_to}`,
                one.approved_by ? `approved by ${one.approved_by}` : "",
                one.note ?? "",
              ]
                .filter(Boolean)
                .join(", ")}
            </span>
            {one.number === published ? (
              <span className="soft">published</span>
            ) : (
              may("author") && (
                <button type="button" className="button small" onClick={() => setBack(one.number)}>
                  {`Back to ${one.number}`}
                </button>
              )
            )}
          </li>
        ))}
        {published > 0 && may("author") && (
          <li>
            <strong>0</strong>
            <span className="soft">those that the kind brings</span>
            <button type="button" className="button small" onClick={() => setBack(0)}>
              Back to 0
            </button>
          </li>
        )}
      </ol>
      {back !== null && (
        <Confirm
          title={`Back to version ${back}?`}
          verb="Go back"
          act={async (note) => {
            await asked(
              api.POST("/v1/rules/{kind}/rollback", {
                params: { path: { kind } },
                body: { by: "console", version: back, note },
              }),
            );
            await again();
          }}
          onClose={() => setBack(null)}
        >
          <Back kind={kind} version={back} rules={rules} />
        </Confirm>
      )}
    </Panel>
  );
}

function Back({ kind, version, rules }: { kind: string; version: number; rules: readonly Rule[] }) {
  const found = useQuery({
    queryKey: ["rules", kind, "version", version],
    queryFn: ({ signal }) =>
      asked(
        api.GET("/v1/rules/{kind}", { params: { path: { kind }, query: { version } }, signal }),
      ),
  });
  if (found.isError) return <Failed error={found.error} />;
  if (found.data === undefined) return <p className="empty">Asking for version {version} …</p>;
  return <Differences changes={changesBack(rules, found.data.rules ?? [])} />;
}
