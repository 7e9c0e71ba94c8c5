// Signatures of team files: what athm accepts, what it rejects, and malformed input of any kind.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { trustedKeys } from "../../src/migration/team/keys.ts";
import { verifySignature } from "../../src/migration/team/signature.ts";
import {
  armored,
  newSigner,
  signerTypes,
  type Signing,
  type TestSigner,
} from "../support/team_signer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const keysIn = (text: string) => trustedKeys("team.pub", bytes(text));
const message = "athm: 1\n";

async function verified(signature: string, keyFile: string, text = message) {
  return await verifySignature(
    bytes(text),
    bytes(signature),
    await keysIn(keyFile),
    "team.yaml.sig",
  );
}

async function refusal(signer: TestSigner, how: Signing, says: RegExp) {
  await assert.rejects(
    verified(await signer.sign(message, how), signer.publicKey),
    (error) => error instanceof Failure && error.code === "untrusted" && says.test(error.message),
  );
}

for (const type of signerTypes) {
  Deno.test(`signature: ${type} is valid for its own text, key and namespace only`, async () => {
    const signer = await newSigner(type);
    const signature = await signer.sign(message);
    const { fingerprint, comment } = await verified(signature, signer.publicKey);
    assert.match(fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/);
    assert.equal(comment, "ann@example.com");
    await verified(await signer.sign(message, { hash: "sha256" }), signer.publicKey);
    await assert.rejects(
      verified(signature, signer.publicKey, "athm: 1 \n"),
      /team\.yaml\.sig does not match the file: the file was changed after it was signed/,
    );
    await assert.rejects(
      verified(signature, (await newSigner(type)).publicKey),
      /made with a key that is not in the file of --signed-by/,
    );
    await refusal(signer, { namespace: "git" }, /was made for "git", not for "athm"/);
    await refusal(signer, { hash: "sha1" }, /uses "sha1", which athm does not accept/);
    await refusal(signer, { version: 2 }, /is not a signature made by ssh-keygen/);
    await refusal(signer, { scheme: "constructor" }, /uses "constructor", which/);
  });
}

Deno.test("signature: RSA with SHA-1 and keys under 2048 bits are rejected", async () => {
  await refusal(await newSigner("ssh-rsa"), { scheme: "ssh-rsa" }, /uses "ssh-rsa", which athm/);
  const weak = await newSigner("ssh-rsa", { bits: 1024 });
  await assert.rejects(keysIn(weak.publicKey), /contains no public key that athm can use/);
});

Deno.test("signature: a key may not use the scheme of another type", async () => {
  const signer = await newSigner("ecdsa-sha2-nistp256");
  await refusal(signer, { scheme: "ssh-ed25519" }, /uses "ssh-ed25519", which athm/);
});

Deno.test("signature: control characters of a foreign namespace are not printed", async () => {
  await refusal(await newSigner(), { namespace: "\x1b[2Jgit" }, /was made for "\?\[2Jgit", not/);
});

Deno.test("keys: any key of the file may sign, in each form of line that ssh-keygen reads", async () => {
  const [first, second] = [await newSigner(), await newSigner("ecdsa-sha2-nistp384")];
  const file = [
    "# the team's keys",
    "",
    `ann@example.com,bob@example.com ${first.publicKey}`,
    `carol@example.com namespaces="git,ath*" ${second.publicKey}`,
    "sk-ssh-ed25519@openssh.com AAAA ignored",
  ].join("\r\n");
  const keys = await keysIn(file);
  assert.equal(keys.length, 2);
  for (const signer of [first, second]) await verified(await signer.sign(message), file);
});

Deno.test("keys: a key for other namespaces is not used, and an unknown option is an error", async () => {
  const { publicKey } = await newSigner();
  await assert.rejects(keysIn(`ann namespaces="git" ${publicKey}`), /contains no public key/);
  await assert.rejects(keysIn(`namespaces="git" ${publicKey}`), /contains no public key/);
  for (
    const option of [
      "cert-authority",
      'valid-before="20250101"',
      'namespaces="athm",valid-before="20250101"',
      'namespaces="!athm,*"',
    ]
  ) {
    await assert.rejects(
      keysIn(`# one\nann ${option} ${publicKey}`),
      /team\.pub, line 2: athm does not support the option "/,
      option,
    );
  }
});

Deno.test("keys: a private key, a large file and a file without keys are errors", async () => {
  await assert.rejects(
    keysIn("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n"),
    /team\.pub is a private key/,
  );
  await assert.rejects(keysIn("#".repeat(65 * 1024)), /is larger than 64 KiB/);
  for (const text of ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAA", "\0\xff"]) {
    await assert.rejects(keysIn(text), /contains no public key that athm can use/, text);
  }
});

/** Only `Failure`, whatever the input. */
async function refusesOnly(work: () => Promise<unknown>) {
  await work().then(
    () => assert.fail("accepted"),
    (error) => assert.ok(error instanceof Failure, String(error)),
  );
}

Deno.test("signature: one changed bit of text or signature never verifies, in any type", async () => {
  for (const type of signerTypes) {
    const signer = await newSigner(type);
    const whole = Uint8Array.fromBase64(
      (await signer.sign(message)).replace(/-----[^-]+-----|\s/g, ""),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length * 8 - 1), async (bit) => {
        const other = whole.slice();
        other[bit >> 3]! ^= 1 << (bit & 7);
        await refusesOnly(() => verified(armored(other), signer.publicKey));
      }),
      { numRuns: 60 },
    );
  }
});

Deno.test("signature: truncated, lengthened and arbitrary bytes are errors", async () => {
  const signer = await newSigner();
  const whole = Uint8Array.fromBase64(
    (await signer.sign(message)).replace(/-----[^-]+-----|\s/g, ""),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.uint8Array({ maxLength: 40 }),
      async (at, more) => {
        const cut = whole.slice(0, at);
        await refusesOnly(() => verified(armored(cut), signer.publicKey));
        await refusesOnly(() =>
          verified(armored(new Uint8Array([...cut, ...more, 0])), signer.publicKey)
        );
      },
    ),
    { numRuns: 100 },
  );
  for (
    const text of [
      "",
      "x",
      armored(new Uint8Array(0)),
      "\n".repeat(20_000),
      armored(new Uint8Array(20_000)),
    ]
  ) {
    await refusesOnly(() => verified(text, signer.publicKey));
  }
});

Deno.test("keys: arbitrary keys and lines are errors, never exceptions", async () => {
  const types = fc.constantFrom(...signerTypes);
  await fc.assert(
    fc.asyncProperty(
      types,
      fc.uint8Array({ maxLength: 80 }),
      fc.string(),
      async (type, blob, text) => {
        await refusesOnly(() => keysIn(`${type} ${blob.toBase64()}`));
        await refusesOnly(() => keysIn(text));
      },
    ),
    { numRuns: 200 },
  );
});
