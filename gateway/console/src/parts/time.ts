// Time: how moments and spans are written. Times are seconds since the epoch.

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

const DAY_S = 86_400;

export const nowS = (): number => Date.now() / 1000;

/** A span in two steps at most: `3 s`, `4 min`, `2 h 05`, `3 d`. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < DAY_S) {
    const minutes = Math.floor((s % 3600) / 60);
    return `${Math.floor(s / 3600)} h ${String(minutes).padStart(2, "0")}`;
  }
  return `${Math.floor(s / DAY_S)} d`;
}

/** How long ago a moment was; what lies ahead by a clock's difference is now. */
export function age(at: number, now: number): string {
  const seconds = now - at;
  return seconds < 1.5 ? "now" : `${span(seconds)} ago`;
}

/** A moment by the clock; with its day where that is another one. */
export function clock(at: number, now: number = nowS()): string {
  return Math.abs(now - at) < DAY_S / 2 ? CLOCK.format(at * 1000) : DAY.format(at * 1000);
}

/** In full, for those who point at it. */
export const iso = (at: number): string => new Date(at * 1000).toISOString();
