import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ArrangementView } from "@/live/types";
import { Confirm } from "@/parts/Confirm";
import { type Path, takeOver } from "./override";

/** A person goes on: asked about once, with the reason. */
export function TakeOver({ one, path }: { one: ArrangementView; path: Path }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const firm = one.state === "underway" || one.state === "confirming";
  return (
    <>
      <button type="button" className="button" onClick={() => setAsking(true)}>
        Take it over
      </button>
      {asking && (
        <Confirm
          title="Take it over?"
          verb="Take it over"
          act={async (reason) => {
            await takeOver(path, reason);
            await queries.invalidateQueries({ queryKey: ["arrangement"] });
          }}
          onClose={() => setAsking(false)}
        >
          <p>
            {firm
              ? "What is on its way still comes; an employee gets a case beside it."
              : "What is held is given back, and an employee goes on with a case."}
          </p>
        </Confirm>
      )}
    </>
  );
}
