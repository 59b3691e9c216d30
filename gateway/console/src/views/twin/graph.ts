// Graph: where the twins around one stand when they are drawn. The same links give the same picture.

import type { Schemas } from "@/api/client";

type Link = Schemas["LinkView"];

export interface Node {
  id: string;
  depth: number;
  /** From the middle, in units of the outer circle. */
  x: number;
  y: number;
}

export interface Edge {
  from: Node;
  to: Node;
  fields: string[];
}

export interface Graph {
  nodes: Node[];
  edges: Edge[];
}

/** Neighbours on an inner circle; theirs on the outer one, near who leads to them. */
export function layOut(id: string, links: readonly Link[]): Graph {
  const nodes = new Map<string, Node>([[id, { id, depth: 0, x: 0, y: 0 }]]);
  const nearest = [...links].sort((one, other) => one.depth - other.depth);
  const rings = new Map<number, [string, string][]>();
  const seen = new Set([id]);
  for (const link of nearest) {
    const isNew = seen.has(link.source) ? link.target : link.source;
    const parent = isNew === link.target ? link.source : link.target;
    if (seen.has(isNew)) continue;
    seen.add(isNew);
    const ring = rings.get(link.depth) ?? [];
    ring.push([isNew, parent]);
    rings.set(link.depth, ring);
  }
  const outer = Math.max(1, ...rings.keys());
  for (const [depth, ring] of [...rings].sort(([one], [other]) => one - other)) {
    const towards = (parent: string) => {
      const at = nodes.get(parent);
      return at === undefined ? 0 : Math.atan2(at.y, at.x);
    };
    ring.sort(([one, onesParent], [other, othersParent]) => {
      const turn = depth > 1 ? towards(onesParent) - towards(othersParent) : 0;
      return turn || (one < other ? -1 : 1);
    });
    for (const [index, [key]] of ring.entries()) {
      const angle = ((index + (depth % 2 ? 0 : 0.5)) / ring.length) * 2 * Math.PI - Math.PI + 0.35;
      const far = depth / outer;
      nodes.set(key, { id: key, depth, x: Math.cos(angle) * far, y: Math.sin(angle) * far });
    }
  }
  const edges = new Map<string, Edge>();
  for (const { source, target, field } of nearest) {
    const [from, to] = [nodes.get(source), nodes.get(target)];
    if (from === undefined || to === undefined) continue;
    const edge = edges.get(`${source} ${target}`) ?? { from, to, fields: [] };
    edge.fields.push(field);
    edges.set(`${source} ${target}`, edge);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}
