import type { TwinState } from "@/live/types";
import { useNow } from "@/parts/Age";
import { Failed } from "@/parts/Failures";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { age, clock, iso } from "@/parts/time";
import { split } from "@/parts/twins";
import { useThen } from "./useThen";
import { type FieldView, fieldName, type Value, valuesOf, valueText } from "./values";

/** A reading older than this is faint: what it says may be otherwise by now. */
const OLD_S = 60;

interface Given {
  twin: TwinState;
  fields: readonly FieldView[];
  /** The moment that is looked at; null: now. */
  at: number | null;
}

/** What the twin is, or was, with the age of each value then. */
export function State({ twin, fields, at }: Given) {
  const then = useThen(twin.id, at);
  const now = useNow();
  const shown = at === null ? twin : (then.data?.state ?? twin);
  const values = valuesOf(shown, fields);
  return (
    <Panel
      title={at === null ? "State" : "State then"}
      className={at !== null && (then.isFetching || !then.resting) ? "moving" : ""}
      aside={
        at === null ? `as of position ${twin.position.toLocaleString("en")}` : `at ${clock(at)}`
      }
      bare
    >
      {at !== null && then.isError && <Failed error={then.error} />}
      {at !== null && then.data?.caveat && <p className="soft note">{then.data.caveat}</p>}
      {values.length === 0 ? (
        <p className="empty">It knows nothing but its key.</p>
      ) : (
        <table className="values">
          <thead className="unseen">
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Value</th>
              <th scope="col">Age</th>
            </tr>
          </thead>
          <tbody>
            {values.map((value) => (
              <Row key={value.name} value={value} now={at ?? now} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Row({ value, now }: { value: Value; now: number }) {
  const { name, unit, at } = value;
  const old = at !== null && now - at > OLD_S;
  return (
    <tr className={old ? "old" : undefined}>
      <th scope="row" title={name}>
        {fieldName(name, unit)}
      </th>
      <td>
        <Shown value={value.value} /> {unit !== "" && <span className="soft">{unit}</span>}
      </td>
      <td className="age">{at !== null && <time title={iso(at)}>{age(at, now)}</time>}</td>
    </tr>
  );
}

function Shown({ value }: { value: unknown }) {
  if (typeof value === "string" && split(value) !== null) return <TwinLink id={value} />;
  if (typeof value === "object" && value !== null) {
    return (
      <details>
        <summary>{Array.isArray(value) ? `${value.length} entries` : "more"}</summary>
        <pre>{JSON.stringify(value, null, 1)}</pre>
      </details>
    );
  }
  return <>{valueText(value)}</>;
}
