import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { may } from "@/api/session";
import { Confirm } from "@/parts/Confirm";
import {
  called,
  LEVELS,
  meaningOf,
  type Policy,
  questionOf,
  type Switch,
  turned,
} from "./switches";

/** Level and kill switch of one policy, or of all; a dialog asks before anything is done. */
export function Switches({ one }: { one: Policy }) {
  const queries = useQueryClient();
  const [wanted, setWanted] = useState<Switch | null>(null);
  if (!may("operate")) return null;
  const stands = one.stopped !== null || one.breaker !== null;
  return (
    <div className="switches">
      <fieldset className="choice" aria-label={`Level of ${called(one.name)}`}>
        {LEVELS.map((level) => (
          <button
            key={level}
            type="button"
            aria-pressed={level === one.level}
            onClick={() => level !== one.level && setWanted({ does: "level", level })}
          >
            {level}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        className={stands ? "button" : "button stop"}
        onClick={() => setWanted({ does: stands ? "resume" : "stop" })}
      >
        {stands ? "Resume" : "Stop"} {called(one.name)}
      </button>
      {wanted !== null && (
        <Confirm
          {...questionOf(one.name, wanted)}
          act={async (reason) => {
            await turned(one.name, wanted, reason);
            await queries.invalidateQueries({ queryKey: ["policies"] });
          }}
          onClose={() => setWanted(null)}
        >
          <p>{meaningOf(one.name, wanted)}</p>
        </Confirm>
      )}
    </div>
  );
}
