import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import { may } from "@/api/session";
import { Age } from "@/parts/Age";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { isTable, type Rule, textOf } from "@/parts/rules";
import { TwinLink } from "@/parts/TwinLink";
import { DraftPanel } from "./DraftPanel";
import { NEW_RULE, severityOf } from "./documents";
import { Editor } from "./Editor";
import { Versions } from "./Versions";

const LOOK_MS = 3000;

/** The rules of one kind: published ones, drafts, versions, and what silent rules saw. */
export function Book({ kind }: { kind: string }) {
  const path = { kind };
  const queries = useQueryClient();
  const [edited, setEdited] = useState<{ name: string | null; text: string } | null>(null);
  const book = useQuery({
    queryKey: ["rules", kind],
    queryFn: ({ signal }) => asked(api.GET("/v1/rules/{kind}", { params: { path }, signal })),
    refetchInterval: LOOK_MS,
  });
  const status = useQuery({
    queryKey: ["rules", kind, "status"],
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/rules/{kind}/status", { params: { path }, signal })),
    refetchInterval: LOOK_MS,
  });
  const again = () => queries.invalidateQueries({ queryKey: ["rules"] });
  if (book.data === undefined) {
    return book.isError ? (
      <Failed error={book.error} again={() => void book.refetch()} />
    ) : (
      <p className="empty">Asking for the rules of {kind} …</p>
    );
  }
  const { rules = [], drafts = [], editions = [], approval, published } = book.data;
  return (
    <>
      <Panel
        title={`Rules of ${kind}`}
        className="list"
        aside={<Live status={status.data} published={published} />}
      >
        <ul>
          {rules.map((rule) => (
            <li key={rule.name}>
              <button
                type="button"
                className="link name"
                aria-current={edited?.name === rule.name}
                onClick={() => setEdited({ name: rule.name, text: textOf(rule) })}
              >
                {rule.name}
              </button>
              <Sort rule={rule} hits={status.data?.shadows.find((one) => one.rule === rule.name)} />
            </li>
          ))}
        </ul>
        {rules.length === 0 && <p className="soft">There is none yet.</p>}
        {may("author") && (
          <button
            type="button"
            className="button"
            onClick={() => setEdited({ name: null, text: NEW_RULE(kind) })}
          >
            A new rule
          </button>
        )}
      </Panel>
      {edited !== null && (
        <Editor
          key={edited.name ?? "new"}
          kind={kind}
          name={edited.name}
          text={edited.text}
          base={published}
          drafts={drafts}
          onSaved={async () => {
            setEdited(null);
            await again();
          }}
          onClose={() => setEdited(null)}
        />
      )}
      {drafts.map((draft) => (
        <DraftPanel
          key={draft.id}
          kind={kind}
          draft={draft}
          rules={rules}
          approval={approval}
          again={again}
        />
      ))}
      <Versions kind={kind} rules={rules} editions={editions} published={published} again={again} />
    </>
  );
}

function Sort({ rule, hits }: { rule: Rule; hits: Schemas["HitsView"] | undefined }) {
  if (isTable(rule)) return <Mark>decision table</Mark>;
  const severity = severityOf(rule);
  return (
    <>
      {severity !== "" && (
        <Mark tone={severity === "critical" ? "bad" : severity === "warning" ? "warn" : "plain"}>
          {severity}
        </Mark>
      )}
      {rule.shadow && (
        <Mark tone="busy">
          silent{hits === undefined ? "" : `: would have fired ${hits.count ?? 0} times`}
        </Mark>
      )}
      {hits !== undefined && (hits.count ?? 0) > 0 && (
        <span className="soft">
          {hits.last_at !== null && hits.last_at !== undefined && <Age at={hits.last_at} />}
          {(hits.twins ?? []).slice(-5).map((twin) => (
            <span key={twin}>
              {" "}
              <TwinLink id={twin} />
            </span>
          ))}
        </span>
      )}
    </>
  );
}

function Live({
  status,
  published,
}: {
  status: Schemas["RulesStatus"] | undefined;
  published: number;
}) {
  if (published === 0) return <Mark>those that the kind brings</Mark>;
  if (status === undefined) return <Mark>{`version ${published}`}</Mark>;
  const refused = status.partitions.filter((one) => one.refused !== null);
  if (refused.length > 0) {
    return <Mark tone="bad">{`refused in ${refused.length} partitions`}</Mark>;
  }
  const live = status.partitions.filter((one) => one.version === published).length;
  return status.everywhere ? (
    <Mark tone="good">{`version ${published}, live everywhere`}</Mark>
  ) : (
    <Mark tone="busy">{`version ${published}, live in ${live} of ${status.partitions.length}`}</Mark>
  );
}
