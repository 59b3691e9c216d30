// Client: the API, typed by its own OpenAPI document, and its refusals as one kind of error.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { credentials, ended } from "./session";

/** As `openapi-fetch` answers: pairs are lists there. */
type Answered<T> = T extends (infer E)[]
  ? Answered<E>[]
  : T extends object
    ? { [K in keyof T]: Answered<T[K]> }
    : T;

export type Schemas = {
  [K in keyof components["schemas"]]: Answered<components["schemas"][K]>;
};
export type Problem = Schemas["Problem"];

/** The API refused. `problem` says whose fault it is and what to do. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = "Refused";
  }
}

export const OVER = "The session is over. Sign in again.";

export const api = createClient<paths>({ baseUrl: "/", fetch: (request) => fetch(request) });

api.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(credentials())) request.headers.set(name, value);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) ended(OVER);
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer; throws `Refused` where the API refused. */
export async function asked<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok && data !== undefined) return data;
  throw new Refused(problemOf(error, response));
}

export function problemOf(error: unknown, response: Response): Problem {
  if (typeof error === "object" && error !== null && "detail" in error) return error as Problem;
  return {
    type: "urn:vigil:problem:unknown",
    title: response.statusText || "Refused",
    status: response.status,
    detail: `The server answered ${response.status} and did not say why.`,
    reason: "unknown",
  };
}
