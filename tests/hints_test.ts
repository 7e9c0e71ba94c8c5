// Hints name the profile that is there, and the same command where there is none.

import assert from "node:assert/strict";
import { Failure } from "../src/model/failure.ts";
import { keepProfile } from "../src/session/adding.ts";
import { named, unnamed } from "../src/session/hints.ts";
import { obtainOnce } from "../src/session/once.ts";
import { failsAs } from "./support/session_world.ts";
import { testSystem } from "./support/test_system.ts";

const hintOf = (error: unknown) => error instanceof Failure ? error.hint : assert.fail();

Deno.test("hints: NAME becomes the profile's, but not within something else", () => {
  const failure = new Failure("source", "no", "athm aws exec NAME --rotate, env:NAME, mfa/NAME");
  assert.equal(hintOf(named(failure, "a$&")), "athm aws exec a$& --rotate, env:NAME, mfa/NAME");
  assert.equal(hintOf(unnamed(failure)), "the same command, env:NAME, mfa/NAME");
});

Deno.test("hints: a session that is kept nowhere is not said to be a profile's", async () => {
  const profile = {
    name: "ambient",
    source: { kind: "ambient" },
    roleArns: [],
    role: {},
    network: {},
  } as const;
  const failure = new Failure(
    "aws",
    "no",
    "athm aws exec NAME --rotate; athm aws add NAME --force",
  );
  const system = testSystem({ system: { http: () => Promise.reject(failure) } });
  const none = () => Promise.resolve(undefined);
  const once = obtainOnce(system, profile, none);
  await failsAs("aws", once, /no/, /^the same command; athm aws add NAME --force$/);
  const adding = { store: undefined, openStore: () => assert.fail(), replace: false, login: true };
  const added = keepProfile(system, { ...profile, name: "work" }, adding);
  await failsAs("aws", added, /no/, /^the same command; athm aws add work --force$/);
});
