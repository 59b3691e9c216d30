// Session: who is signed in. The only place that knows how: today by the operator's token, which
// the link that opened the console carries. It is kept in the tab alone, and goes with it.

const KEY = "vigil.token";

type Listener = () => void;

const listeners = new Set<Listener>();
let refusal: string | null = null;

/** Take the token out of the address, where it must not stay. Called once, before all else. */
export function takeTokenFromAddress(place: Location = location): void {
  const query = new URLSearchParams(place.search);
  const given = query.get("token");
  if (given === null) return;
  query.delete("token");
  const rest = query.toString();
  history.replaceState(null, "", place.pathname + (rest ? `?${rest}` : "") + place.hash);
  if (given) signIn(given);
}

export function signIn(token: string): void {
  sessionStorage.setItem(KEY, token.trim());
  refusal = null;
  tell();
}

/** Forget who was signed in; `why` is shown where one signs in again. */
export function signOut(why: string | null = null): void {
  sessionStorage.removeItem(KEY);
  refusal = why;
  tell();
}

export function isSignedIn(): boolean {
  return sessionStorage.getItem(KEY) !== null;
}

export function whyRefused(): string | null {
  return refusal;
}

/** What every request to the API carries. */
export function credentials(): Record<string, string> {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

export function onSessionChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
