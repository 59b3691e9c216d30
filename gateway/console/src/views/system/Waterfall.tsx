import { useQuery } from "@tanstack/react-query";
import { api, asked } from "@/api/client";
import { Failed } from "@/parts/Failures";
import { Silent } from "./Silent";
import { about, bars, lasting, STAGES } from "./traces";

const LOOK_MS = 5000;

/** One trace, stage by stage, each where it stands in time. */
export function Waterfall({ id, onClose }: { id: string; onClose: () => void }) {
  const trace = useQuery({
    queryKey: ["trace", id],
    refetchInterval: LOOK_MS,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/traces/{trace_id}", { params: { path: { trace_id: id } }, signal })),
  });
  const one = trace.data;
  return (
    <div className="waterfall">
      <header>
        <h3>
          {one === undefined ? "Reading …" : `${lasting(one.seconds)} in all`}
          {one?.slow && " (kept because it was slow)"}
        </h3>
        <code>{id}</code>
        <button type="button" className="button small" onClick={onClose}>
          Close
        </button>
      </header>
      {trace.isError && <Failed error={trace.error} />}
      {one !== undefined && <Silent names={one.unreachable} />}
      <ol aria-label="Stages">
        {bars(one?.spans ?? []).map(({ span, from, width }) => (
          <li key={`${span.span_id} ${span.process} ${span.name}`}>
            <span className="stage">
              <b>{span.name}</b> {STAGES[span.name] ?? ""}
              <small>
                {span.process}
                {about(span) && `: ${about(span)}`}
              </small>
              {span.error && <small className="wrong">{span.error}</small>}
            </span>
            <span className="scale" aria-hidden="true">
              <i
                className={span.error ? "wrong" : undefined}
                style={{ left: `${from * 100}%`, width: `${width * 100}%` }}
              />
            </span>
            <span className="took">{lasting(span.ended - span.began)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
