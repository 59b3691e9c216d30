import { Mark, type Tone } from "@/parts/Mark";
import { whole } from "@/parts/numbers";
import {
  differenceOf,
  type Estimate,
  endsOf,
  evenSpanOf,
  figureOf,
  type Measure,
  placeOf,
  type Span,
  said,
  spanOf,
  verdictOf,
} from "./estimates";

const WIDTH = 200;
const ROOM = 7;
const ROW = 20;

/** Each measure of those treated and held out on one axis, and the difference beside it. */
export function Compared({ measures }: { measures: readonly Measure[] }) {
  return (
    <table className="compared">
      <thead>
        <tr>
          <th scope="col">Measure</th>
          <th scope="col">Treated and held out</th>
          <th scope="col">Difference: treated less held out</th>
        </tr>
      </thead>
      <tbody>
        {measures.map((one) => (
          <Row key={`${one.name} ${one.unit}`} measure={one} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ measure }: { measure: Measure }) {
  const { unit, treated, held_out, difference } = measure;
  const verdict = verdictOf(measure);
  const both = spanOf([treated, held_out]);
  return (
    <tr>
      <th scope="row">
        {measure.name}
        <Mark tone={verdict.tone}>{verdict.text}</Mark>
      </th>
      <td>
        <Arm name="treated" unit={unit} one={treated} span={both} tone="busy" />
        <Arm name="held out" unit={unit} one={held_out} span={both} tone="plain" />
      </td>
      <td className="difference">
        <Drawn
          label={`difference: ${said(unit, difference, differenceOf)}`}
          one={difference}
          span={evenSpanOf(difference)}
          tone={verdict.tone}
        />
        <span className="said">
          {difference.value === null ? "not known" : differenceOf(unit, difference.value)}
          <small>{rangeOf(unit, difference, differenceOf)}</small>
        </span>
      </td>
    </tr>
  );
}

interface ArmGiven {
  name: string;
  unit: string;
  one: Estimate;
  span: Span;
  tone: Tone;
}

function Arm({ name, unit, one, span, tone }: ArmGiven) {
  return (
    <div className="arm">
      <span className="name">{name}</span>
      <Drawn label={`${name}: ${said(unit, one)}`} one={one} span={span} tone={tone} />
      <span className="said">
        {one.value === null ? "not known" : figureOf(unit, one.value)}
        <small>
          {[rangeOf(unit, one, figureOf), `n = ${whole(one.n)}`].filter(Boolean).join(", ")}
        </small>
      </span>
    </div>
  );
}

function rangeOf(unit: string, one: Estimate, words: typeof figureOf): string {
  const ends = endsOf(one);
  return ends === null ? "" : `${words(unit, ends.low)} to ${words(unit, ends.high)}`;
}

interface DrawnGiven {
  label: string;
  one: Estimate;
  span: Span;
  tone: Tone;
}

/** A dot at the value, a line between what it lies, a thin one at zero. */
function Drawn({ label, one, span, tone }: DrawnGiven) {
  const x = (value: number) => placeOf(value, span, WIDTH, ROOM);
  const y = ROW / 2;
  const ends = endsOf(one);
  return (
    <svg
      className={`drawn ${tone}`}
      viewBox={`0 0 ${WIDTH} ${ROW}`}
      width={WIDTH}
      height={ROW}
      role="img"
      aria-label={label}
    >
      <line className="axis" x1={0} x2={WIDTH} y1={y} y2={y} />
      <line className="zero" x1={x(0)} x2={x(0)} y1={0} y2={ROW} />
      {ends !== null && (
        <line className="interval" x1={x(ends.low)} x2={x(ends.high)} y1={y} y2={y} />
      )}
      {one.value !== null && <circle cx={x(one.value)} cy={y} r={5} />}
    </svg>
  );
}
