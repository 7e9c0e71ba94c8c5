// Sign-ins at access portals, kept sealed and by themselves.

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { portalKey, portalOf, type PortalTokens } from "../../src/model/portal.ts";
import { Secret } from "../../src/model/secret.ts";
import { signOut } from "../../src/session/sign_out.ts";
import { decodeSource } from "../../src/sources/all_sources.ts";
import { checkStore } from "../../src/store/check.ts";
import { encodeRecord } from "../../src/store/sealing/records.ts";
import { rekey } from "../../src/store/rekey.ts";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { readStoreFile } from "../../src/store/store_file.ts";
import { testSystem } from "../support/test_system.ts";

const secret = "aoaAAAAAGsecret".repeat(60);

function tokensAt(startUrl: string, network = {}): PortalTokens {
  return {
    portal: portalOf({ startUrl, region: "eu-west-1" }, network),
    client: { id: "client", secret: new Secret(secret), expires: 2e12, flow: "browser" },
    accessToken: new Secret(secret),
    refreshToken: new Secret(secret),
    expires: 1.9e12,
    issued: 1.8e12,
  };
}

const tokens = tokensAt("https://example.awsapps.com/start");

async function newStore() {
  const system = testSystem();
  const store = await openOrCreateStore(system);
  await store.shared.portals.save(portalKey(tokens.portal), tokens);
  const folder = `${store.home}/portals`;
  const [name = assert.fail("it is not there")] = system.files.list(folder);
  return { system, store, folder, path: `${folder}/${name}` };
}

/** With their secrets, which no other comparison sees. */
const plain = (each: PortalTokens | undefined) =>
  each && new TextDecoder().decode(encodeRecord(each));

Deno.test("portals: sealed under an opaque name, readable only by the user", async () => {
  const { system, path } = await newStore();
  const again = await openStore(system);
  assert.equal(plain(await again?.shared.portals.find(portalKey(tokens.portal))), plain(tokens));
  assert.equal(plain((await again?.shared.portals.all())?.[0]), plain(tokens));
  assert.doesNotMatch(new TextDecoder().decode(system.files.read(path)), /aoaAAAAAG|awsapps/);
  assert.match(path, /\/[0-9a-f]{32}$/);
  assert.equal(system.files.facts(path)?.mode, 0o600);
});

Deno.test("portals: other endpoints are another sign-in", async () => {
  const { store } = await newStore();
  const fips = tokensAt(tokens.portal.startUrl, { fips: true });
  assert.equal(await store.shared.portals.find(portalKey(fips.portal)), undefined);
  await store.shared.portals.save(portalKey(fips.portal), fips);
  assert.equal((await store.shared.portals.all()).length, 2);
  assert.equal(await store.shared.portals.remove(portalKey(fips.portal)), true);
  assert.equal(await store.shared.portals.remove(portalKey(fips.portal)), false);
  assert.equal((await store.shared.portals.all()).length, 1);
});

Deno.test("portals: a damaged one counts as missing, is reported by verify, and is replaced", async () => {
  const { system, store, path } = await newStore();
  system.files.remove(path);
  system.files.create(path, new TextEncoder().encode("x.y.z"), 0o600);
  assert.equal(await store.shared.portals.find(portalKey(tokens.portal)), undefined);
  assert.deepEqual(await store.shared.portals.all(), []);
  const { problems } = await checkStore(system, store.home, decodeSource, { waits: true });
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /a kept sign-in at an access portal/);
  await store.shared.portals.save(portalKey(tokens.portal), tokens);
  assert.ok(await store.shared.portals.find(portalKey(tokens.portal)));
});

Deno.test("portals: no file passes for another", async () => {
  const { system, store, folder, path } = await newStore();
  const other = tokensAt("https://other.awsapps.com/start");
  await store.shared.portals.save(portalKey(other.portal), other);
  const names = system.files.list(folder).map((name) => `${folder}/${name}`);
  system.files.rename(path, names.find((each) => each !== path) ?? "");
  assert.equal(await store.shared.portals.find(portalKey(other.portal)), undefined);
});

Deno.test("portals: one that others can read is rejected", async () => {
  const { system, store, path } = await newStore();
  const bytes = system.files.read(path) ?? assert.fail();
  system.files.remove(path);
  system.files.create(path, bytes, 0o644);
  await assert.rejects(store.shared.portals.find(portalKey(tokens.portal)), (error) => {
    assert.ok(error instanceof Failure);
    return error.code === "store-open";
  });
});

Deno.test("portals: a rekey seals them again, and rm --all removes them", async () => {
  const { system, store } = await newStore();
  const file = readStoreFile(system, store.home) ?? assert.fail();
  await rekey(system, () => file, decodeSource, () => Promise.resolve([]));
  const again = await openStore(system) ?? assert.fail();
  assert.equal(plain(await again.shared.portals.find(portalKey(tokens.portal))), plain(tokens));
  await again.removeAll();
  assert.deepEqual(await again.shared.portals.all(), []);
});

Deno.test("portals: a sign-in is forgotten even without a connection", async () => {
  const { system, store } = await newStore();
  const refusal = new Failure("tls", "the certificates are none");
  const signIn = { shelf: "portals", name: portalKey(tokens.portal) } as const;
  const { was, trouble } = await signOut(system, store, signIn, () => Promise.reject(refusal));
  assert.equal(trouble, refusal);
  assert.equal(was, true);
  assert.deepEqual(await store.shared.portals.all(), []);
});
