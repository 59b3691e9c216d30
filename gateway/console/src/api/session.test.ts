import { beforeEach, expect, test } from "vitest";
import { begin, credentials, currentSession, ended, may, signIn, signOut } from "./session";
import { answering, signedIn, WHO } from "./testing";

beforeEach(() => {
  ended(null);
  history.replaceState(null, "", "/console/");
});

test("the token is exchanged, and leaves the address; nothing else does", async () => {
  const asked = answering(Response.json(WHO));
  history.replaceState(null, "", "/console/twins?token=abc&where=x#top");
  await begin();

  expect(location.pathname + location.search + location.hash).toBe("/console/twins?where=x#top");
  expect(asked.map(([address, init]) => [address, init?.method, init?.body])).toEqual([
    ["/v1/session", "POST", '{"token":"abc"}'],
  ]);
  expect(currentSession()).toEqual({ state: "in", who: WHO });
});

test("nothing of a session lies where scripts find it later", async () => {
  await signedIn();

  expect([sessionStorage.length, localStorage.length]).toEqual([0, 0]);
});

test("without a token the cookie of an earlier visit does", async () => {
  const asked = answering(Response.json(WHO));
  await begin();

  expect(asked.map(([address, init]) => [address, init?.method])).toEqual([
    ["/v1/session", undefined],
  ]);
  expect(credentials()).toEqual({ "X-CSRF-Token": "csrf-of-the-tests" });
});

test("a link that is opened again leads into the session that it gave", async () => {
  const used = { detail: "it was used already" };
  const asked = answering(Response.json(used, { status: 401 }), Response.json(WHO));
  history.replaceState(null, "", "/console/?token=abc");
  await begin();

  expect(asked.map(([address, init]) => [address, init?.method])).toEqual([
    ["/v1/session", "POST"],
    ["/v1/session", undefined],
  ]);
  expect(currentSession()).toEqual({ state: "in", who: WHO });
});

test("a link that is used up, opened elsewhere, says so", async () => {
  const used = Response.json({ detail: "it was used already" }, { status: 401 });
  answering(used, Response.json({ detail: "no session" }, { status: 401 }));
  history.replaceState(null, "", "/console/?token=abc");
  await begin();

  expect(currentSession()).toEqual({ state: "out", why: "it was used already" });
});

test("who has neither signs in, and is not told that she failed", async () => {
  answering(Response.json({ detail: "no session" }, { status: 401 }));
  await begin();

  expect(currentSession()).toEqual({ state: "out", why: null });
});

test.each([
  [[Response.json({ detail: "it was used already" }, { status: 401 })], "it was used already"],
  [[new Response("<html>", { status: 502 })], "The server answered 502."],
  [[], "The server cannot be reached."],
])("a sign-in that fails says why", async (answers, why) => {
  answering(...answers);
  await signIn("abc");

  expect(currentSession()).toEqual({ state: "out", why });
});

test("who signs out is out, and the server is told with what proves it", async () => {
  await signedIn();
  const asked = answering(new Response(null, { status: 200 }));
  await signOut();

  expect(asked).toEqual([
    ["/v1/session", { method: "DELETE", headers: { "X-CSRF-Token": "csrf-of-the-tests" } }],
  ]);
  expect([currentSession().state, credentials()]).toEqual(["out", {}]);
});

test("what somebody may do is what the API said", async () => {
  await signedIn();

  expect([may("operate"), may("administer")]).toEqual([true, false]);
});
