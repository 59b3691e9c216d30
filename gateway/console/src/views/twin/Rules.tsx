import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import type { TwinState } from "@/live/types";
import { Age } from "@/parts/Age";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { type Firing, firingsOf, standingsOf } from "./standing";

/** The rules that look at it: what each remembers, when it fired and why; and why it has not. */
export function Rules({ twin }: { twin: TwinState }) {
  const book = useQuery({
    queryKey: ["rules", twin.kind],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/rules/{kind}", { params: { path: { kind: twin.kind } }, signal })),
  });
  const standings = standingsOf(
    twin,
    (book.data?.rules ?? []).map((rule) => rule.name),
  );
  const firings = firingsOf(twin);
  return (
    <Panel title="Rules" className="rules">
      {book.isError && <Failed error={book.error} />}
      {book.data !== undefined && standings.length === 0 && (
        <p className="soft">No rule looks at a {twin.kind}.</p>
      )}
      <ul>
        {standings.map((one) => (
          <li key={one.rule}>
            <Why twin={twin} rule={one.rule}>
              {one.rule} {one.open ? <Mark tone="warn">open</Mark> : null}
              {one.remembers ? <span className="soft">remembers {one.remembers}</span> : null}
            </Why>
          </li>
        ))}
      </ul>
      {firings.length > 0 && <h3>Fired</h3>}
      <ul>
        {firings.map((firing) => (
          <Fired key={firing.id} firing={firing} />
        ))}
      </ul>
    </Panel>
  );
}

function Fired({ firing }: { firing: Firing }) {
  const words = typeof firing.why?.words === "string" ? firing.why.words : null;
  return (
    <li>
      <span className="name">{firing.rule}</span>{" "}
      <span className="soft">
        {firing.severity ?? "warning"}, <Age at={firing.at} />
        {firing.shadow ? ", in shadow" : ""}
      </span>
      {words !== null && <p>{words}</p>}
    </li>
  );
}

interface WhyGiven {
  twin: TwinState;
  rule: string;
  children: ReactNode;
}

/** Why a rule does not fire now, once somebody wants to know. */
function Why({ twin, rule, children }: WhyGiven) {
  const [open, setOpen] = useState(false);
  const why = useQuery({
    queryKey: ["why-not", twin.id, rule, Math.floor(twin.now / 5)],
    enabled: open,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/why-not", { params: { query: { twin: twin.id, rule } }, signal })),
  });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{children}</summary>
      {why.isError && <Failed error={why.error} />}
      {why.data !== undefined && <Standing standing={why.data} />}
    </details>
  );
}

type Part = NonNullable<Schemas["WhyNot"]["when"]>;

function Standing({ standing }: { standing: Schemas["WhyNot"] }) {
  return (
    <div className="standing">
      <p>{standing.words}</p>
      {standing.when && (
        <ul>
          <Branch part={standing.when} />
        </ul>
      )}
    </div>
  );
}

function Branch({ part }: { part: Part }) {
  return (
    <li>
      <code className={part.holds ? "holds" : "fails"}>{part.text}</code>
      {part.detail && <span className="soft"> {part.detail}</span>}
      {(part.parts ?? []).length > 0 && (
        <ul>
          {part.parts?.map((each) => (
            <Branch key={each.text} part={each} />
          ))}
        </ul>
      )}
    </li>
  );
}
