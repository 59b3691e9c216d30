import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Failed } from "@/parts/Failures";
import { Panel } from "@/parts/Panel";
import { centsOf, close, NO_OUTCOME, type Outcome } from "./doing";
import type { Detail } from "./queue";

const wordsOf = (name: unknown): string => String(name).replaceAll("_", " ");

/** Accept, change or decline what is proposed; or close it with what became of her. */
export function Decide({ one }: { one: Detail }) {
  const { id, proposes } = one.case;
  const [said, setSaid] = useState<Outcome>(NO_OUTCOME);
  const queries = useQueryClient();
  const closing = useMutation({
    mutationFn: (verdict: Outcome["verdict"]) => close(id, { ...said, verdict }),
    onSuccess: () =>
      Promise.all(
        ["case", "cases", "arrangement"].map((name) =>
          queries.invalidateQueries({ queryKey: [name] }),
        ),
      ),
  });
  const put = (change: Partial<Outcome>) => setSaid({ ...said, ...change });
  const wrong = centsOf(said.cost) === undefined;
  const off = closing.isPending || wrong;
  return (
    <Panel title={proposes ? "What is proposed" : "Close it"} className="decide">
      {proposes && (
        <fieldset className="plan" aria-label="The plan">
          {one.plan.map((leg) => {
            const name = String(leg.leg);
            const out = said.without.includes(name);
            return (
              <label key={name} className="tick">
                <input
                  type="checkbox"
                  checked={!out}
                  disabled={leg.required === true}
                  onChange={() =>
                    put({
                      without: out
                        ? said.without.filter((each) => each !== name)
                        : [...said.without, name],
                    })
                  }
                />
                {wordsOf(name)}
                {leg.required === true && <span className="soft">needed</span>}
              </label>
            );
          })}
        </fieldset>
      )}
      <label className="wide">
        What others should know
        <textarea
          className="input"
          rows={2}
          maxLength={1500}
          value={said.note}
          onChange={(event) => put({ note: event.target.value })}
        />
      </label>
      <div className="became">
        <Tick label="she had called" on={said.called} put={(called) => put({ called })} />
        <Tick label="help is there" on={said.helped} put={(helped) => put({ helped })} />
        <Tick
          label="nothing was wrong"
          on={said.falseAlarm}
          put={(falseAlarm) => put({ falseAlarm })}
        />
        <label>
          it cost beside
          <input
            className="input"
            inputMode="decimal"
            aria-invalid={wrong}
            value={said.cost}
            onChange={(event) => put({ cost: event.target.value })}
          />
        </label>
      </div>
      {closing.isError && <Failed error={closing.error} />}
      <div className="buttons">
        {proposes ? (
          <>
            <button
              type="button"
              className="button chief"
              disabled={off}
              onClick={() => closing.mutate("accept")}
            >
              {said.without.length > 0 ? "Accept, as changed" : "Accept"}
            </button>
            <button
              type="button"
              className="button"
              disabled={off}
              onClick={() => closing.mutate("decline")}
            >
              Decline
            </button>
          </>
        ) : (
          <button
            type="button"
            className="button chief"
            disabled={off}
            onClick={() => closing.mutate(null)}
          >
            Close the case
          </button>
        )}
      </div>
    </Panel>
  );
}

function Tick({ label, on, put }: { label: string; on: boolean; put: (on: boolean) => void }) {
  return (
    <label className="tick">
      <input type="checkbox" checked={on} onChange={(event) => put(event.target.checked)} />
      {label}
    </label>
  );
}
