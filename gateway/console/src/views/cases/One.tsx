import { useQuery } from "@tanstack/react-query";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import { Age, useNow } from "@/parts/Age";
import { neglected } from "@/parts/cases";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { span } from "@/parts/time";
import { CustomerPanel, DevicePanel } from "./About";
import { Actions } from "./Actions";
import { Decide } from "./Decide";
import { Letters } from "./Letters";
import { type Detail, LOOK_MS, stateTone, suggestion, urgencyTone, whyOf } from "./queue";
import { Tried } from "./Tried";

/** One case, with all that is known: what, whose, what was tried, what to do. */
export function One({ id }: { id: string }) {
  const found = useQuery({
    queryKey: ["case", id],
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/cases/{case_id}", { params: { path: { case_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data?.case.state === "closed" ? false : LOOK_MS),
  });
  if (found.data === undefined) {
    return found.isError ? (
      <Failed error={found.error} again={() => void found.refetch()} />
    ) : (
      <p className="empty">Asking for the case …</p>
    );
  }
  const one = found.data;
  const open = one.case.state !== "closed";
  return (
    <article className="case" aria-label={`Case ${id}`}>
      {found.isError && <Failed error={found.error} />}
      <Head one={one} />
      {open && may("serve") && <Decide one={one} />}
      {one.case.customer_id !== null && <CustomerPanel id={one.case.customer_id} />}
      <DevicePanel id={one.case.subject} />
      <Tried one={one} />
    </article>
  );
}

function Head({ one }: { one: Detail }) {
  const { case: held, notes, tried, letters } = one;
  const now = useNow();
  const why = whyOf(one.context);
  const left = held.take_by === null ? null : held.take_by - now;
  return (
    <Panel
      title={held.reason}
      className="head"
      aside={
        <>
          <Mark tone={urgencyTone(held.urgency)}>{held.urgency}</Mark>
          <Mark tone={neglected(held) === null ? stateTone(held.state) : "warn"}>{held.state}</Mark>
        </>
      }
    >
      <p className="suggested">{suggestion(one)}</p>
      <dl className="pairs">
        {why !== null && (
          <>
            <dt>why</dt>
            <dd>{why}</dd>
          </>
        )}
        <dt>about</dt>
        <dd>
          <TwinLink id={held.subject} />
        </dd>
        <dt>with</dt>
        <dd>
          {held.employee === null ? "nobody" : <TwinLink id={held.employee} />} at{" "}
          <TwinLink id={held.desk} />
          {held.state === "assigned" && left !== null && left > 0 && (
            <span className="soft">, goes on in {span(left)}</span>
          )}
        </dd>
        {tried.length > 1 && (
          <>
            <dt>given to</dt>
            <dd>{tried.map((each) => each.replace("employee/", "")).join(", then ")}</dd>
          </>
        )}
        <dt>opened</dt>
        <dd>
          <Age at={held.opened_at} />
        </dd>
      </dl>
      {notes.length > 0 && (
        <ul className="notes" aria-label="Notes">
          {notes.map((note, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: notes are only ever added at the end
            <li key={index}>{note}</li>
          ))}
        </ul>
      )}
      {letters.length > 0 && held.customer_id !== null && (
        <Letters letters={letters} customer={held.customer_id} />
      )}
      {held.state !== "closed" && may("serve") && <Actions one={one} />}
    </Panel>
  );
}
