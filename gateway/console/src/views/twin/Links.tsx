import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link as Anchor } from "wouter";
import { api, asked } from "@/api/client";
import { Failed } from "@/parts/Failures";
import { Panel } from "@/parts/Panel";
import { split, twinPath } from "@/parts/twins";
import { layOut, type Node } from "./graph";

const MOST = 40;
const WIDE = 380;
const HIGH = 260;
const EDGE_X = 62;
const EDGE_Y = 26;

/** The twins that it names, and those that name it. */
export function Links({ id }: { id: string }) {
  const [depth, setDepth] = useState(1);
  const path = split(id) ?? { kind: "", key: "" };
  const found = useQuery({
    queryKey: ["links", id, depth],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const params = { path, query: { depth, limit: MOST } };
      return asked(api.GET("/v1/twins/{kind}/{key}/links", { params, signal }));
    },
  });
  const graph = useMemo(() => layOut(id, found.data?.items ?? []), [id, found.data]);
  return (
    <Panel
      title="Linked twins"
      aside={
        <fieldset className="choice" aria-label="How many steps">
          {[1, 2].map((steps) => (
            <button
              key={steps}
              type="button"
              aria-pressed={steps === depth}
              onClick={() => setDepth(steps)}
            >
              {steps === 1 ? "1 step" : "2 steps"}
            </button>
          ))}
        </fieldset>
      }
      bare
    >
      {found.isError && <Failed error={found.error} />}
      {found.data !== undefined && graph.nodes.length === 1 ? (
        <p className="empty">It names no other twin, and none names it.</p>
      ) : (
        <svg className="graph" viewBox={`0 0 ${WIDE} ${HIGH}`}>
          <title>Linked twins</title>
          {graph.edges.map(({ from, to, fields }) => (
            <line
              key={`${from.id} ${to.id}`}
              x1={x(from)}
              y1={y(from)}
              x2={x(to)}
              y2={y(to)}
              className="edge"
            >
              <title>{`${from.id} names ${to.id}: ${fields.join(", ")}`}</title>
            </line>
          ))}
          {graph.nodes.map((node) => (
            <Dot key={node.id} node={node} />
          ))}
        </svg>
      )}
      {found.data?.more && <p className="soft note">There are more than {MOST} links.</p>}
    </Panel>
  );
}

const x = (node: Node) => WIDE / 2 + node.x * (WIDE / 2 - EDGE_X);
const y = (node: Node) => HIGH / 2 + node.y * (HIGH / 2 - EDGE_Y);

function Dot({ node }: { node: Node }) {
  const parts = split(node.id);
  return (
    <Anchor href={twinPath(node.id)}>
      <g
        className={node.depth === 0 ? "node self" : "node"}
        transform={`translate(${x(node)} ${y(node)})`}
      >
        <circle r={node.depth === 0 ? 7 : 5} />
        <text y={-9}>{parts?.key.slice(0, 16)}</text>
        <text y={16} className="kind">
          {parts?.kind}
        </text>
      </g>
    </Anchor>
  );
}
