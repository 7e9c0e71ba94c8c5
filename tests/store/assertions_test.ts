// SAML assertions, kept sealed for their five minutes.

import assert from "node:assert/strict";
import { Secret } from "../../src/model/secret.ts";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { testSystem } from "../support/test_system.ts";

const assertion = new Secret("PHNhbWxwOlJlc3BvbnNl".repeat(400));

async function newStore() {
  const system = testSystem();
  const store = await openOrCreateStore(system);
  await store.shared.assertions.save("saml ann", { assertion, expires: system.now() + 60_000 });
  const folder = `${store.home}/assertions`;
  const [name = assert.fail("it is not there")] = system.files.list(folder);
  return { system, store, path: `${folder}/${name}` };
}

Deno.test("assertions: sealed under an opaque name, readable only by the user", async () => {
  const { system, path } = await newStore();
  const again = await openStore(system);
  assert.equal(
    (await again?.shared.assertions.find("saml ann"))?.assertion.reveal(),
    assertion.reveal(),
  );
  assert.equal(await again?.shared.assertions.find("saml bob"), undefined);
  const text = new TextDecoder().decode(system.files.read(path));
  assert.doesNotMatch(text, /PHNhbWxw|ann/);
  assert.match(path, /[0-9a-f]{32}$/);
  assert.equal(system.files.facts(path)?.mode, 0o600);
});

Deno.test("assertions: an expired one is removed when read", async () => {
  const { system, store, path } = await newStore();
  await system.advance(60_000);
  assert.equal(await store.shared.assertions.find("saml ann"), undefined);
  assert.equal(system.files.facts(path), undefined);
});

Deno.test("assertions: a damaged one counts as missing and is replaced", async () => {
  const { system, store, path } = await newStore();
  system.files.remove(path);
  system.files.create(path, new TextEncoder().encode("x.y.z"), 0o600);
  assert.equal(await store.shared.assertions.find("saml ann"), undefined);
  await store.shared.assertions.save("saml ann", { assertion, expires: system.now() + 1000 });
  assert.ok(await store.shared.assertions.find("saml ann"));
});

Deno.test("assertions: no file passes for another", async () => {
  const { system, store, path } = await newStore();
  await store.shared.assertions.save("saml bob", { assertion, expires: system.now() + 1000 });
  const other = system.files.list(`${store.home}/assertions`)
    .map((name) => `${store.home}/assertions/${name}`).find((each) => each !== path);
  system.files.rename(path, other ?? "");
  assert.equal(await store.shared.assertions.find("saml bob"), undefined);
});

Deno.test("assertions: rm --all leaves none", async () => {
  const { system, store, path } = await newStore();
  await store.removeAll();
  assert.equal(system.files.facts(path), undefined);
});
