// Numbers: how figures are written.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { maximumFractionDigits: 1, notation: "compact" });

export const whole = (value: number): string => WHOLE.format(value);

/** To three digits or so: 12,345 and 1.2M. */
export const short = (value: number): string =>
  Math.abs(value) < 100_000 ? WHOLE.format(value) : SHORT.format(value);

/** A measured value, as precise as is worth reading. */
export function measured(value: number): string {
  if (Number.isInteger(value)) return WHOLE.format(value);
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 4;
  return new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value);
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let left = value;
  while (left >= 1000 && at < units.length - 1) {
    left /= 1000;
    at += 1;
  }
  return `${at === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[at]}`;
}

/** A distance on the ground, as precise as matters on a way: 850 m, 1.2 km, 34 km. */
export function distance(metres: number): string {
  if (metres < 995) return `${Math.round(metres / 10) * 10} m`;
  return `${metres < 9950 ? (metres / 1000).toFixed(1) : Math.round(metres / 1000)} km`;
}

/** Money in its smallest unit. */
export const money = (cents: number, currency: string): string =>
  new Intl.NumberFormat("en", { style: "currency", currency }).format(cents / 100);
