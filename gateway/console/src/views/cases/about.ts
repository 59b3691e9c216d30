// About: what a case's page shows of a customer's and of a device's twin.

type State = Record<string, unknown>;

export const textOf = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value : null;

export interface Way {
  channel: string;
  address: string;
}

/** How she can be reached, what she prefers first. */
export function channelsOf(state: State): Way[] {
  return listOf(state.channels).flatMap((each) => {
    const channel = textOf(each.channel);
    const address = textOf(each.address);
    return channel === null || address === null ? [] : [{ channel, address }];
  });
}

export interface Contact {
  at: number;
  what: string;
  by: string | null;
  detail: string | null;
}

const MOST = 6;

/** What she was told and said last, the newest first. */
export function contactsOf(state: State): Contact[] {
  return listOf(state.contacts)
    .flatMap((each) =>
      typeof each.at === "number" && typeof each.what === "string"
        ? [
            {
              at: each.at,
              what: each.what,
              by: textOf(each.channel),
              detail: textOf(each.detail),
            },
          ]
        : [],
    )
    .sort((one, other) => other.at - one.at)
    .slice(0, MOST);
}

const NO_READINGS = new Set(["stamp", "lat", "lon", "key", "description"]);
const MOST_READINGS = 12;

/** What it measured last: plain values; what it is made of inside is in the twin's own view. */
export function readingsOf(state: State): { name: string; value: number | string }[] {
  return Object.entries(state)
    .flatMap(([name, value]) =>
      !NO_READINGS.has(name) &&
      ((typeof value === "number" && Number.isFinite(value)) ||
        (typeof value === "string" && value !== ""))
        ? [{ name, value }]
        : [],
    )
    .slice(0, MOST_READINGS);
}

function listOf(value: unknown): State[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each): each is State => typeof each === "object" && each !== null);
}
