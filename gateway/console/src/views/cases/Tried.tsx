import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import { arrangementPath, legTone, words } from "@/parts/arrangements";
import { CallOff } from "@/parts/CallOff";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { Steps } from "@/parts/Steps";
import { type Detail, LOOK_MS } from "./queue";

/** What Vigil has done so far, and how it came out; what can be undone is undone in two clicks. */
export function Tried({ one }: { one: Detail }) {
  const { supervisor, arrangement_id: id } = one.case;
  const [kind = "", key = ""] = (supervisor ?? "").split("/");
  const found = useQuery({
    queryKey: ["arrangement", kind, key, id],
    queryFn: ({ signal }) =>
      asked(
        api.GET("/v1/arrangements/{kind}/{key}/{arrangement_id}", {
          params: { path: { kind, key, arrangement_id: id ?? "" } },
          signal,
        }),
      ),
    enabled: supervisor !== null && id !== null,
    refetchInterval: (query) => (query.state.data?.ended ? false : LOOK_MS),
  });
  if (supervisor === null || id === null) {
    return (
      <Panel title="What was tried" className="tried">
        <p className="soft">A rule opened this case; nothing else was done.</p>
      </Panel>
    );
  }
  const arr = found.data;
  return (
    <Panel
      title="What was tried"
      className="tried"
      aside={<Link href={arrangementPath(supervisor, id)}>the whole arrangement</Link>}
    >
      {found.isError && <Failed error={found.error} again={() => void found.refetch()} />}
      {arr !== undefined && (
        <>
          <ul className="legs">
            {arr.legs.map((leg) => (
              <li key={`${leg.name} ${leg.alternative ?? 0}`}>
                <span className="name">{words(leg.name)}</span>
                <Mark tone={legTone(leg.state)}>{words(leg.state)}</Mark>
                <span className="soft">
                  {[leg.by, leg.reason ?? ""].filter(Boolean).join(", ")}
                </span>
              </li>
            ))}
          </ul>
          <Steps steps={arr.steps} began={arr.opened_at} label="Steps" />
          {may("serve") && <CallOff one={arr} />}
        </>
      )}
    </Panel>
  );
}
