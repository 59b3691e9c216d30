import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import { KEYS } from "@/app/queries";
import type { TwinState } from "@/live/types";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { split } from "@/parts/twins";

/** Why a twin is set aside, and how it goes on: with the event that failed, or without it. */
export function Parked({ twin }: { twin: TwinState }) {
  const queries = useQueryClient();
  const go = useMutation({
    mutationFn: (how: "resume" | "skip") => {
      const path = split(twin.id) ?? { kind: twin.kind, key: "" };
      return how === "resume"
        ? asked(api.POST("/v1/twins/{kind}/{key}/resume", { params: { path } }))
        : asked(api.POST("/v1/twins/{kind}/{key}/skip", { params: { path } }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: KEYS.twin(twin.id) }),
  });
  return (
    <div className="parked">
      <Mark tone="bad">parked: {twin.parked}</Mark>
      <button
        type="button"
        className="button small"
        disabled={go.isPending || !may("operate")}
        title="With the event that failed, then with all that waits, in order"
        onClick={() => go.mutate("resume")}
      >
        Resume
      </button>
      <button
        type="button"
        className="button small"
        disabled={go.isPending || !may("operate")}
        title="Without the event that failed; all that waits follows, in order"
        onClick={() => go.mutate("skip")}
      >
        Skip the event
      </button>
      {go.isError && <Failed error={go.error} />}
    </div>
  );
}
