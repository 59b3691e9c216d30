import { beforeEach, expect, test } from "vitest";
import { credentials, isSignedIn, signIn, signOut, takeTokenFromAddress } from "./session";

beforeEach(() => {
  signOut();
  history.replaceState(null, "", "/console/");
});

test("the token leaves the address, and nothing else does", () => {
  history.replaceState(null, "", "/console/twins?token=abc&where=x#top");
  takeTokenFromAddress();

  expect(location.pathname + location.search + location.hash).toBe("/console/twins?where=x#top");
  expect(credentials()).toEqual({ Authorization: "Bearer abc" });
});

test("without a token nobody is signed in, and nothing is sent", () => {
  takeTokenFromAddress();

  expect(isSignedIn()).toBe(false);
  expect(credentials()).toEqual({});
});

test("who signs out is forgotten", () => {
  signIn(" abc ");
  signOut();

  expect(sessionStorage.length).toBe(0);
});
