import { Age } from "@/parts/Age";
import { Mark } from "@/parts/Mark";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Switches } from "./Switches";
import { levelTone, limitsOf, type Policy, standingOf } from "./switches";

/** How far one policy may go, what it may spend, and who changed that. */
export function One({ one }: { one: Policy }) {
  const { precision } = one;
  const standing = standingOf(one);
  const given = Object.entries(one.given).sort();
  return (
    <>
      <Panel
        title={`How far ${one.name} may go`}
        className="level"
        aside={<Mark tone={levelTone(one.level)}>{one.level}</Mark>}
      >
        {standing.why !== null && <p className="standing">{standing.why}</p>}
        <Switches one={one} />
        <dl className="pairs">
          <dt>right at this level</dt>
          <dd>
            {precision.n === 0
              ? "no verdicts yet"
              : `${precision.right} of ${precision.n}, ${percent(precision.low)} to ${percent(precision.high)}`}
          </dd>
          <dt>leave given</dt>
          <dd>
            {given.map(([leave, times]) => `${leave} ${whole(times)}`).join(", ") || "none yet"}
          </dd>
          {limitsOf(one).map((limit) => (
            <Pair key={limit.name} {...limit} />
          ))}
        </dl>
      </Panel>
      <Panel title="Who changed it" className="changes" aside={one.changes.length}>
        <ol>
          {one.changes.map((change, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike to the second
            <li key={`${change.at} ${index}`}>
              <Age at={change.at} />
              <span>
                {change.by}: {change.what}
              </span>
            </li>
          ))}
        </ol>
        {one.changes.length === 0 && <p className="soft">Nobody yet.</p>}
      </Panel>
    </>
  );
}

function Pair({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </>
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
