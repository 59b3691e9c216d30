// Session: who is signed in. The only place that knows how: a token, good once or as long as it is
// good for the API, is exchanged for a session in a cookie that no script can read. Calls that may
// change something carry a second secret, which only this page was told.

import type { components } from "./schema";

export type Who = components["schemas"]["SessionView"];
export type Need = Who["needs"][number];

export type Session =
  | { state: "asking" }
  | { state: "in"; who: Who }
  | { state: "out"; why: string | null };

const ADDRESS = "/v1/session";

let session: Session = { state: "asking" };
const listeners = new Set<() => void>();

export const currentSession = (): Session => session;

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begin: with the token that the address carries, which leaves it at once; else as before. */
export async function begin(place: Location = location): Promise<void> {
  const query = new URLSearchParams(place.search);
  const token = query.get("token");
  if (token !== null) {
    query.delete("token");
    const rest = query.toString();
    history.replaceState(null, "", place.pathname + (rest ? `?${rest}` : "") + place.hash);
  }
  if (!token) return ask(null);
  await signIn(token);
  // Who opens a link again that was used before may still have the session that it gave.
  if (session.state === "out") await ask(session.why);
}

export async function signIn(token: string): Promise<void> {
  set({ state: "asking" });
  try {
    const answer = await fetch(ADDRESS, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: token.trim() }),
    });
    if (answer.ok) set({ state: "in", who: (await answer.json()) as Who });
    else set({ state: "out", why: await reason(answer) });
  } catch {
    set({ state: "out", why: UNREACHABLE });
  }
}

/** Whether the cookie of an earlier visit is still good. */
async function ask(why: string | null): Promise<void> {
  try {
    const answer = await fetch(ADDRESS);
    if (answer.ok) set({ state: "in", who: (await answer.json()) as Who });
    else set({ state: "out", why: answer.status === 401 ? why : await reason(answer) });
  } catch {
    set({ state: "out", why: UNREACHABLE });
  }
}

/** Whoever has a copy of the cookie has nothing after this. */
export async function signOut(): Promise<void> {
  const headers = credentials();
  ended(null);
  await fetch(ADDRESS, { method: "DELETE", headers }).catch(() => undefined);
}

/** The API knows the session no more. */
export function ended(why: string | null): void {
  if (session.state === "in") set({ state: "out", why });
}

/** What calls carry beside the cookie. */
export function credentials(): Record<string, string> {
  const csrf = session.state === "in" ? session.who.csrf : null;
  return csrf ? { "X-CSRF-Token": csrf } : {};
}

/** Whether who is signed in may do what needs this. */
export function may(need: Need): boolean {
  return session.state === "in" && session.who.needs.includes(need);
}

const UNREACHABLE = "The server cannot be reached.";

async function reason(answer: Response): Promise<string> {
  try {
    return ((await answer.json()) as { detail: string }).detail;
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

function set(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}
