import { Link } from "wouter";
import { split, twinPath } from "./twins";

/** A twin's id, that leads to it. */
export function TwinLink({ id, name }: { id: string; name?: string }) {
  const parts = split(id);
  if (parts === null) return <>{id}</>;
  return (
    <Link className="twin" href={twinPath(id)} title={id}>
      {name ?? (
        <>
          <span>{parts.kind}/</span>
          {parts.key}
        </>
      )}
    </Link>
  );
}
