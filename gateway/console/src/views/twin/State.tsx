import type { TwinState } from "@/live/types";
import { Age, useNow } from "@/parts/Age";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { split } from "@/parts/twins";
import { type FieldView, fieldName, type Value, valuesOf, valueText } from "./values";

/** A reading older than this is faint: what it says may be otherwise by now. */
const OLD_S = 60;

interface Given {
  twin: TwinState;
  fields: readonly FieldView[];
}

/** What the twin is now, with the age of each value. */
export function State({ twin, fields }: Given) {
  const values = valuesOf(twin, fields);
  return (
    <Panel title="State" aside={`as of position ${twin.position.toLocaleString("en")}`} bare>
      {values.length === 0 ? (
        <p className="empty">It knows nothing but its key yet.</p>
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
              <Row key={value.name} value={value} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Row({ value }: { value: Value }) {
  const now = useNow();
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
      <td className="age">{at !== null && <Age at={at} />}</td>
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
