// Testing: a session, and what the API was asked, for tests.

import { vi } from "vitest";
import { signIn, type Who } from "./session";

export const WHO: Who = {
  name: "operator",
  roles: ["operator"],
  needs: ["read", "operate"],
  via: "session",
  named: false,
  csrf: "csrf-of-the-tests",
  ends: null,
};

/** Let `fetch` give these answers, one after the other; returns what was asked. */
export function answering(...answers: Response[]): [string, RequestInit | undefined][] {
  const asked: [string, RequestInit | undefined][] = [];
  vi.stubGlobal("fetch", async (address: string, init?: RequestInit) => {
    asked.push([address, init]);
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError("nobody there");
    return answer;
  });
  return asked;
}

/** Be signed in as an operator. */
export async function signedIn(): Promise<void> {
  answering(Response.json(WHO));
  await signIn("token-of-the-tests");
}
