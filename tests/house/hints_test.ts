// Hints name the stored profile, or repeat the command if there is none.

import assert from "node:assert/strict";
import { aboutProfile, changed, Failure } from "../../src/model/failure.ts";
import { execCommand, hint, profileName, rotateCommand, theProfile } from "../../src/model/hint.ts";
import { keepProfile } from "../../src/session/adding.ts";
import { obtainOnce } from "../../src/session/once.ts";
import { failsAs } from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

const hintOf = (error: unknown) => error instanceof Failure ? error.hint : assert.fail();

const failure = new Failure(
  "aws",
  "no",
  hint`${execCommand}, ${rotateCommand}, add ${profileName}, what ${theProfile} is, env:NAME`,
);

Deno.test("hints: the wording follows from what is known about the profile", () => {
  assert.equal(
    failure.hint,
    "athm aws exec NAME, athm aws exec NAME --rotate, add NAME, what NAME is, env:NAME",
  );
  assert.equal(
    hintOf(aboutProfile(failure, { name: "a$&", isSaved: true })),
    "athm aws exec a$&, athm aws exec a$& --rotate, add a$&, what a$& is, env:NAME",
  );
  assert.equal(
    hintOf(aboutProfile(failure, { name: "work", isSaved: false })),
    "the same command, the same command, add work, what it is, env:NAME",
  );
  assert.equal(
    hintOf(aboutProfile(failure, { isSaved: false })),
    "the same command, the same command, add NAME, what it is, env:NAME",
  );
});

Deno.test("hints: the first known profile stays, even within other hints", () => {
  const first = aboutProfile(failure, { name: "base", isSaved: true });
  assert.equal(aboutProfile(first, { name: "work", isSaved: true }), first);
  const cause = new Error("why");
  const other = changed(new Failure("aws", "no", hint`${rotateCommand}`, { cause }), {
    code: "source",
    hint: hint`${hint`${rotateCommand}`}; or not`,
  });
  const { message, code } = other;
  assert.deepEqual([message, code, other.cause], ["no", "source", cause]);
  const known = aboutProfile(other, { name: "work", isSaved: true });
  assert.equal(hintOf(known), "athm aws exec work --rotate; or not");
});

Deno.test("hints: a session that is not kept belongs to no profile", async () => {
  const profile = {
    name: "ambient",
    source: { kind: "ambient" },
    roleArns: [],
    role: {},
    network: {},
  } as const;
  const failure = new Failure("aws", "no", hint`${rotateCommand}; athm aws add ${profileName}`);
  const system = testSystem({ system: { http: () => Promise.reject(failure) } });
  const none = () => Promise.resolve(undefined);
  const once = obtainOnce(system, profile, none);
  await failsAs("aws", once, /no/, /^the same command; athm aws add NAME$/);
  const adding = { store: undefined, openStore: () => assert.fail(), replace: false, login: true };
  const added = keepProfile(system, { ...profile, name: "work" }, adding);
  await failsAs("aws", added, /no/, /^the same command; athm aws add work$/);
});
