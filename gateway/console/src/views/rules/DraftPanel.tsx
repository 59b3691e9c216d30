import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked } from "@/api/client";
import { currentSession, may } from "@/api/session";
import { Age } from "@/parts/Age";
import { Confirm } from "@/parts/Confirm";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import type { Rule } from "@/parts/rules";
import { Differences } from "./Differences";
import { changesOf, type Draft } from "./documents";

interface Given {
  kind: string;
  draft: Draft;
  rules: readonly Rule[];
  approval: boolean;
  again: () => Promise<unknown>;
}

/** A change that is not published yet: what it does, who has agreed, and its way on. */
export function DraftPanel({ kind, draft, rules, approval, again }: Given) {
  const [publishing, setPublishing] = useState(false);
  const path = { kind, draft_id: draft.id };
  const by = { by: "console" };
  const approve = useMutation({
    mutationFn: () =>
      asked(api.POST("/v1/rules/{kind}/drafts/{draft_id}/approve", { params: { path }, body: by })),
    onSuccess: again,
  });
  const discard = useMutation({
    mutationFn: () =>
      asked(api.POST("/v1/rules/{kind}/drafts/{draft_id}/discard", { params: { path }, body: by })),
    onSuccess: again,
  });
  const problems = draft.problems ?? [];
  const approved = draft.approved_by !== null && draft.approved_by !== undefined;
  const blocked = problems.length > 0 || (approval && !approved);
  return (
    <Panel
      title={`Draft ${draft.id}`}
      className="draft"
      aside={
        approved ? (
          <Mark tone="good">approved by {draft.approved_by}</Mark>
        ) : approval ? (
          <Mark tone="warn">a second person has to approve it</Mark>
        ) : (
          <Mark>draft</Mark>
        )
      }
    >
      <p className="soft">
        by {draft.authors.join(", ")}, <Age at={draft.at} />, made from version {draft.base}
        {draft.note ? `: ${draft.note}` : ""}
      </p>
      {problems.map((one) => (
        <p key={one.text} className="refused">
          {one.text}
        </p>
      ))}
      {(draft.warnings ?? []).map((one) => (
        <p key={one.text} className="soft">
          {one.text}
        </p>
      ))}
      <Differences changes={changesOf(draft, rules)} />
      {may("author") && (
        <div className="buttons">
          {approval && !approved && (
            <button
              type="button"
              className="button"
              disabled={approve.isPending || mine(draft)}
              title={mine(draft) ? "Who wrote it cannot approve it" : undefined}
              onClick={() => approve.mutate()}
            >
              Approve
            </button>
          )}
          <button
            type="button"
            className="button chief"
            disabled={blocked}
            onClick={() => setPublishing(true)}
          >
            Publish
          </button>
          <button
            type="button"
            className="button"
            disabled={discard.isPending}
            onClick={() => discard.mutate()}
          >
            Discard
          </button>
        </div>
      )}
      {approve.isError && <Failed error={approve.error} />}
      {discard.isError && <Failed error={discard.error} />}
      {publishing && (
        <Confirm
          title={`Publish draft ${draft.id}?`}
          verb="Publish"
          asks={false}
          act={async () => {
            await asked(
              api.POST("/v1/rules/{kind}/drafts/{draft_id}/publish", {
                params: { path },
                body: { ...by, force: false },
              }),
            );
            await again();
          }}
          onClose={() => setPublishing(false)}
        >
          <p>
            Every twin of kind {kind} is judged by it from the next event on; what windows remember
            stays where the rule is the same. The version before can be gone back to.
          </p>
        </Confirm>
      )}
    </Panel>
  );
}

function mine(draft: Draft): boolean {
  const session = currentSession();
  return (
    session.state === "in" && session.who.name !== "" && draft.authors.includes(session.who.name)
  );
}
