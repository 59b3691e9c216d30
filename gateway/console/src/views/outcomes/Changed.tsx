import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import { Failed } from "@/parts/Failures";
import { short, whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Compared } from "./Compared";
import { endsOf } from "./estimates";

const LOOK_MS = 10_000;

/** What one policy changed: each measure of those treated against those held out. */
export function Changed({ name }: { name: string }) {
  const [soFar, setSoFar] = useState(false);
  const found = useQuery({
    queryKey: ["outcomes", name, soFar],
    queryFn: ({ signal }) =>
      asked(
        api.GET("/v1/outcomes/{name}", {
          params: { path: { name }, query: { so_far: soFar } },
          signal,
        }),
      ),
    refetchInterval: LOOK_MS,
    placeholderData: keepPreviousData,
  });
  return (
    <Panel
      title={`What ${name} changed for customers`}
      className="changed"
      aside={
        <fieldset className="choice" aria-label="Who is counted">
          <button type="button" aria-pressed={!soFar} onClick={() => setSoFar(false)}>
            Followed to the end
          </button>
          <button type="button" aria-pressed={soFar} onClick={() => setSoFar(true)}>
            All, as far as is known
          </button>
        </fieldset>
      }
    >
      {found.isError && <Failed error={found.error} again={() => void found.refetch()} />}
      {found.data === undefined ? (
        !found.isError && <p className="soft">Counting …</p>
      ) : (
        <>
          <Summary one={found.data} />
          <Compared measures={found.data.measures} />
          <p className="soft">
            A dot is the figure, the line through it between what it lies with a confidence of 95 %;
            the upright line is zero.
          </p>
        </>
      )}
    </Panel>
  );
}

function Summary({ one }: { one: Schemas["OutcomesView"] }) {
  const { n, value } = one.calls_avoided;
  const ends = endsOf(one.calls_avoided);
  return (
    <p className="summary">
      {value === null || ends === null ? (
        "How many calls it avoided is not known: nobody was held out, or followed to the end yet."
      ) : (
        <>
          <strong>
            {whole(Math.abs(value))} calls {value < 0 ? "more" : "avoided"}
          </strong>{" "}
          of {whole(n)} customers (avoided: {whole(ends.low)} to {whole(ends.high)}).
        </>
      )}{" "}
      <span className="soft">
        Held out: {Math.round(one.holdout * 1000) / 10} %; still followed: {short(one.following)}
        {one.unfollowed > 0 ? `; not followed: ${short(one.unfollowed)}` : ""}.
      </span>
    </p>
  );
}
