// Twins: ids and what they lead to.

export interface TwinId {
  kind: string;
  key: string;
}

const ID = /^([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})$/;

/** The parts of an id; null where a text is none. */
export function split(id: string): TwinId | null {
  const found = ID.exec(id);
  return found === null ? null : { kind: found[1] ?? "", key: found[2] ?? "" };
}

/** Where a twin's view is. */
export function twinPath(id: string): string {
  const parts = split(id);
  return parts === null
    ? "/twins"
    : `/twins/${encodeURIComponent(parts.kind)}/${encodeURIComponent(parts.key)}`;
}
