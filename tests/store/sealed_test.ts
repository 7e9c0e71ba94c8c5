import assert from "node:assert/strict";
import fc from "fast-check";
import { compactDecrypt, CompactEncrypt } from "jose";
import { keyFromBase64, storeKeys } from "../../src/store/sealing/keys.ts";
import { decodeSource } from "../../src/sources/all_sources.ts";
import { decodeProfile, decodeSession, encodeRecord } from "../../src/store/sealing/records.ts";
import { seal, type SealedAs, sealedLimit, unseal } from "../../src/store/sealing/sealed.ts";
import { openStore } from "../../src/session/stores.ts";
import { anyCharacter } from "../support/any_character.ts";
import {
  anyProfile,
  anySession,
  canary,
  fails,
  home,
  keysProfile,
  newStore,
  runs,
  sampleSession,
  shown,
} from "../support/store_samples.ts";

const bytes = () => Uint8Array.from({ length: 32 }, (_, at) => at);
const { sealing } = await storeKeys(bytes());
const as: SealedAs = { purpose: "athm-session", id: "0123456789abcdef0123456789abcdef" };
const header = { alg: "dir", enc: "A256GCM", typ: as.purpose, v: 1, kid: as.id };
const iv = () => crypto.getRandomValues(new Uint8Array(12));
const utf8 = (text: string) => new TextEncoder().encode(text);

const profileIn = (bytes: Uint8Array) => decodeProfile(bytes, decodeSource);

Deno.test("jose opens what athm sealed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (content) => {
      const plain = Uint8Array.from(content);
      const file = new TextDecoder().decode(await seal(sealing, as, iv(), plain));
      const opened = await compactDecrypt(file, bytes());
      assert.deepEqual(opened.protectedHeader, header);
      assert.deepEqual(Uint8Array.from(opened.plaintext), plain);
    }),
    runs(200),
  );
});

Deno.test("athm opens what jose sealed with the same header", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (content) => {
      const plain = Uint8Array.from(content);
      const file = await new CompactEncrypt(plain).setProtectedHeader(header).encrypt(bytes());
      assert.deepEqual(await unseal(sealing, as, utf8(file)), plain);
    }),
    runs(200),
  );
});

Deno.test("the key in store.json opens a profile's file with jose", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  const { key } = JSON.parse(system.files.text(`${home}/store.json`) ?? "");
  const [file = ""] = system.files.all(`${home}/profiles`);
  const opened = await compactDecrypt(system.files.text(file) ?? "", keyFromBase64(key)!);
  assert.equal(opened.protectedHeader.kid, file.slice(-32));
  assert.equal(JSON.parse(new TextDecoder().decode(opened.plaintext)).name, "example");
});

Deno.test("a header with another order, key, purpose or ID is rejected", async () => {
  const reordered = { enc: "A256GCM", alg: "dir", typ: as.purpose, v: 1, kid: as.id };
  const file = await new CompactEncrypt(utf8("x")).setProtectedHeader(reordered).encrypt(bytes());
  assert.equal(await unseal(sealing, as, utf8(file)), "damaged");
  const ours = await seal(sealing, as, iv(), utf8("x"));
  const other = await storeKeys(bytes().reverse());
  assert.equal(await unseal(other.sealing, as, ours), "damaged");
  assert.equal(await unseal(sealing, { ...as, purpose: "athm-profile" }, ours), "damaged");
  assert.equal(await unseal(sealing, { ...as, id: "f".repeat(32) }, ours), "damaged");
});

Deno.test("a higher version in the header is newer; with another purpose, damage", async () => {
  const sealed = (change: Record<string, unknown>) =>
    new CompactEncrypt(utf8("x")).setProtectedHeader({ ...header, ...change }).encrypt(bytes());
  assert.equal(await unseal(sealing, as, utf8(await sealed({ v: 2 }))), "newer");
  assert.equal(await unseal(sealing, as, utf8(await sealed({ v: 17, more: "x" }))), "newer");
  for (const v of [0, -1, 1.5, "2", true]) {
    assert.equal(await unseal(sealing, as, utf8(await sealed({ v }))), "damaged");
  }
  const profile = await sealed({ v: 2, typ: "athm-profile" });
  assert.equal(await unseal(sealing, as, utf8(profile)), "damaged");
});

Deno.test("a file above the size limit is neither written nor read", async () => {
  await assert.rejects(seal(sealing, as, iv(), new Uint8Array(sealedLimit)), RangeError);
  assert.equal(await unseal(sealing, as, new Uint8Array(sealedLimit + 1)), "damaged");
  const { store } = await newStore();
  const roleArns = [canary.repeat(20_000)];
  await fails(
    "usage",
    () => store.saveProfile(keysProfile("big", { roleArns }), { replace: true }),
  );
});

Deno.test("a file with any flipped bit, truncated or extended anywhere is rejected", async () => {
  const file = await seal(sealing, as, iv(), utf8(JSON.stringify({ content: canary })));
  for (let bit = 0; bit < file.length * 8; bit++) {
    const changed = file.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(typeof await unseal(sealing, as, changed), "string", `bit ${bit}`);
  }
  for (let length = 0; length < file.length; length++) {
    assert.equal(await unseal(sealing, as, file.slice(0, length)), "damaged", `length ${length}`);
  }
  const text = new TextDecoder().decode(file);
  for (const end of ["\n", " ", ".", "A", "=", "\0", "\uFEFF"]) {
    assert.equal(await unseal(sealing, as, utf8(text + end)), "damaged", JSON.stringify(end));
    assert.equal(await unseal(sealing, as, utf8(end + text)), "damaged", JSON.stringify(end));
  }
});

Deno.test("junk is rejected and never crashes the reader", async () => {
  const start = new TextDecoder().decode(await seal(sealing, as, iv(), utf8(""))).split(".")[0];
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((content) => Uint8Array.from(content)),
    fc.string({ unit: anyCharacter }).map((tail) => utf8(`${start}..${tail}`)),
    fc.stringMatching(/^[A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{0,40}){0,4}$/).map((tail) =>
      utf8(`${start}..${tail}`)
    ),
  );
  await fc.assert(
    fc.asyncProperty(junk, async (content) => {
      assert.equal(await unseal(sealing, as, content), "damaged");
    }),
    runs(3000),
  );
});

Deno.test("records round-trip", () => {
  fc.assert(
    fc.property(anyProfile, (profile) => {
      assert.deepEqual(shown(profileIn(encodeRecord(profile))), shown(profile));
    }),
    runs(1000),
  );
  fc.assert(
    fc.property(anySession, fc.string(), (session, fingerprint) => {
      const record = { session, fingerprint };
      assert.deepEqual(shown(decodeSession(encodeRecord(record))), shown(record));
    }),
    runs(1000),
  );
});

Deno.test("a record with a missing or wrong field, or no JSON, is damaged", () => {
  const whole = JSON.parse(new TextDecoder().decode(encodeRecord(keysProfile("example"))));
  const decoded = (value: unknown) => profileIn(utf8(JSON.stringify(value)));
  assert.equal(typeof decoded(whole), "object");
  for (const field of Object.keys(whole)) {
    const { [field]: _, ...lacking } = whole;
    assert.equal(decoded(lacking), "damaged", `without ${field}`);
    for (const wrong of [null, 7, true, [7]]) {
      assert.equal(decoded({ ...whole, [field]: wrong }), "damaged", `${field} = ${wrong}`);
    }
  }
  for (const name of ["", "../x", "a b", "x".repeat(65)]) {
    assert.equal(decoded({ ...whole, name }), "damaged");
  }
  for (const text of ["", "null", "[]", "{", '"x"', "\xff"]) {
    assert.equal(profileIn(utf8(text)), "damaged");
  }
  assert.equal(profileIn(new Uint8Array([0xff, 0xfe])), "damaged");
  assert.equal(decodeSession(encodeRecord(keysProfile("example"))), "newer");
});

Deno.test("an unknown field or source means a newer athm", () => {
  const whole = JSON.parse(new TextDecoder().decode(encodeRecord(keysProfile("example"))));
  const decoded = (value: unknown) => profileIn(utf8(JSON.stringify(value)));
  assert.equal(decoded({ ...whole, boundary: "x" }), "newer");
  assert.equal(decoded({ ...whole, role: { boundary: "x" } }), "newer");
  for (const kind of ["passkey", "constructor", "__proto__"]) {
    assert.equal(decoded({ ...whole, source: { kind } }), "newer");
  }
  assert.equal(decoded({ ...whole, source: { kind: "saml", via: "telepathy" } }), "newer");
  const polluted = JSON.stringify(whole).replace("{", '{"__proto__":{"x":1},');
  assert.equal(profileIn(utf8(polluted)), "newer");
});

Deno.test("no file passes for another kind or name", async () => {
  const { system, store } = await newStore();
  for (const name of ["one", "two"]) {
    await store.saveProfile(keysProfile(name), { replace: false });
    await store.saveSession(name, sampleSession(name), "f");
  }
  const all = ["profiles", "sessions"].flatMap((folder) => system.files.all(`${home}/${folder}`));
  const before = system.files.snapshot();
  assert.equal(all.length, 4);
  for (const from of all) {
    for (const to of all.filter((path) => path !== from)) {
      system.files.put(to, system.files.read(from)!);
      const again = await openStore(system);
      let refused = 0;
      for (const name of ["one", "two"]) {
        for (const look of [() => again?.profile(name), () => again?.session(name, "f")]) {
          await Promise.resolve(look()).catch((error) => {
            assert.equal(error.code, "store-damaged");
            refused++;
          });
        }
      }
      assert.equal(refused, 1, `${from} in the place of ${to}`);
      system.files.restore(before);
    }
  }
});
