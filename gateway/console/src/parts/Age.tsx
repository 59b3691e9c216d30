import { useSyncExternalStore } from "react";
import { age, clock, iso, nowS } from "./time";

const listeners = new Set<() => void>();
let now = nowS();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all ages on the page, so that they step together. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = nowS();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Now, to the second; renders once a second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** How long ago a moment was. */
export function Age({ at }: { at: number }) {
  const at_ = useNow();
  return (
    <time dateTime={iso(at)} title={iso(at)}>
      {age(at, at_)}
    </time>
  );
}

/** A moment by the clock. */
export function Clock({ at }: { at: number }) {
  return (
    <time dateTime={iso(at)} title={iso(at)}>
      {clock(at)}
    </time>
  );
}
