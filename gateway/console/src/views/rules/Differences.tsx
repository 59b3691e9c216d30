import { Mark, type Tone } from "@/parts/Mark";
import { type Change, differing } from "./documents";

const TONES: Record<Change["what"], Tone> = { new: "good", changed: "busy", removed: "bad" };

/** What a change does, rule by rule and line by line. */
export function Differences({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return <p className="soft">It changes nothing.</p>;
  return (
    <ul className="differences">
      {changes.map((one) => (
        <li key={one.name}>
          <Mark tone={TONES[one.what]}>{one.what}</Mark> <strong>{one.name}</strong>
          <pre>
            {differing(one.before, one.after).map(({ sign, text }, index) => (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
                key={index}
                className={sign === "+" ? "come" : sign === "-" ? "gone" : "stays"}
              >
                {`${sign} ${text}\n`}
              </span>
            ))}
          </pre>
        </li>
      ))}
    </ul>
  );
}
