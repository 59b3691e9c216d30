import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import { casePath } from "@/parts/cases";
import { Failed } from "@/parts/Failures";
import { money } from "@/parts/numbers";
import { TwinLink } from "@/parts/TwinLink";

/**
 * Who calls or writes: her case opens before the first word.
 *
 * A telephone system opens `/console/cases#caller=+358…`; a person writes it here.
 */
export function Caller({ given }: { given: string | null }) {
  const [, go] = useLocation();
  const [text, setText] = useState(given ?? "");
  const [address, setAddress] = useState(given);
  useEffect(() => {
    if (given !== null) {
      setText(given);
      setAddress(given);
    }
  }, [given]);
  const found = useQuery({
    queryKey: ["caller", address],
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/people", { params: { query: { address: address ?? "" } }, signal })),
    enabled: address !== null,
  });
  const first = found.data?.cases[0]?.id;
  useEffect(() => {
    if (first !== undefined) go(casePath(first));
  }, [first, go]);
  if (!may("serve")) return null;
  function send(event: FormEvent) {
    event.preventDefault();
    setAddress(text.trim() === "" ? null : text.trim());
  }
  return (
    <search className="caller">
      <form onSubmit={send}>
        <input
          className="input"
          aria-label="A caller's number, or an e-mail address"
          placeholder="Who calls? +358 40 …, or an e-mail address"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button" disabled={found.isFetching}>
          Who is it?
        </button>
      </form>
      {found.isError && <Failed error={found.error} />}
      {found.data !== undefined && (
        <p aria-live="polite">
          <TwinLink id={found.data.customer_id} name={found.data.name || found.data.customer_id} />,{" "}
          {found.data.language}, {money(found.data.value_cents, found.data.currency)}
          {found.data.devices.map((device) => (
            <span key={device}>
              , <TwinLink id={device} />
            </span>
          ))}
          . {cases(found.data.cases.length)}
          {found.data.also.map((other) => (
            <span key={other}>
              {" "}
              Perhaps also <TwinLink id={other} />.
            </span>
          ))}
        </p>
      )}
    </search>
  );
}

const cases = (count: number): string =>
  count === 0
    ? "Nothing of hers is open."
    : count === 1
      ? "One case is open."
      : `${count} cases are open.`;
