import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked } from "@/api/client";
import type { ArrangementView } from "@/live/types";
import { words } from "./arrangements";
import { Failed } from "./Failures";

/** Two clicks: what providers have been promised is given back. */
export function CallOff({ one }: { one: ArrangementView }) {
  const queries = useQueryClient();
  const [sure, setSure] = useState(false);
  const undo = useMutation({
    mutationFn: () =>
      asked(
        api.POST("/v1/arrangements/{arrangement_id}/undo", {
          params: {
            path: { arrangement_id: one.id },
            query: { supervisor: one.supervisor_id },
          },
          // Who is signed in signs; this counts with the node's own token only.
          body: { by: "console", reason: "" },
        }),
      ),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["arrangement"] }),
  });
  if (one.ended && undo.data === undefined) return null;
  if (undo.data !== undefined) {
    const stays = Object.entries(undo.data.cannot ?? {});
    return (
      <div aria-live="polite">
        <p>Given back: {undo.data.undoing.join(", ") || "nothing"}.</p>
        {stays.map(([name, why]) => (
          <p key={name} className="soft">
            {words(name)} stays: {why}
          </p>
        ))}
      </div>
    );
  }
  return (
    <div className="calloff">
      {sure ? (
        <>
          <button
            type="button"
            className="button chief"
            disabled={undo.isPending}
            onClick={() => undo.mutate()}
          >
            Yes, give everything back
          </button>
          <button type="button" className="button" onClick={() => setSure(false)}>
            No
          </button>
        </>
      ) : (
        <button type="button" className="button" onClick={() => setSure(true)}>
          Call it off
        </button>
      )}
      {undo.isError && <Failed error={undo.error} />}
    </div>
  );
}
