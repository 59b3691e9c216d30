import { useMutation, useQueryClient } from "@tanstack/react-query";
import { may } from "@/api/session";
import { KEYS } from "@/app/queries";
import type { TwinState } from "@/live/types";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { letGo, SAYS, type Word } from "@/parts/parked";

/** Why a twin is set aside, and how it goes on: with the event that failed, or without it. */
export function Parked({ twin }: { twin: TwinState }) {
  const queries = useQueryClient();
  const go = useMutation({
    mutationFn: (word: Word) => letGo(twin.id, word),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEYS.twin(twin.id) }),
  });
  return (
    <div className="parked">
      <Mark tone="bad">parked: {twin.parked}</Mark>
      <button
        type="button"
        className="button small"
        disabled={go.isPending || !may("operate")}
        title={SAYS.resume}
        onClick={() => go.mutate("resume")}
      >
        Resume
      </button>
      <button
        type="button"
        className="button small"
        disabled={go.isPending || !may("operate")}
        title={SAYS.skip}
        onClick={() => go.mutate("skip")}
      >
        Skip the event
      </button>
      {go.isError && <Failed error={go.error} />}
    </div>
  );
}
