import { useEffect } from "react";
import { Link, useLocation } from "wouter";
import { casePath } from "@/parts/cases";
import type { Alerts as Given } from "./useAlerts";

/** What is urgent or waits too long, over every view, until somebody opens it or waves it away. */
export function Alerts({ fresh, seen }: Given) {
  const [place] = useLocation();
  useEffect(() => {
    for (const { one } of fresh) if (place === casePath(one.id)) seen(one.id);
  }, [place, fresh, seen]);
  // An alert that says nothing would stand beside those that do.
  if (fresh.length === 0) return null;
  return (
    <div className="alerts" role="alert">
      {fresh.map(({ key, one, why }) => (
        <p key={key}>
          <strong>{why}:</strong>{" "}
          <Link href={casePath(one.id)} onClick={() => seen(one.id)}>
            {one.reason}
          </Link>
          <button
            type="button"
            className="button small"
            aria-label={`Not now: ${one.reason}`}
            onClick={() => seen(one.id)}
          >
            Not now
          </button>
        </p>
      ))}
    </div>
  );
}
