// Encrypted private keys as OpenSSL wrote them over the years, and as other programs still do.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { openPrivateKey } from "../../src/signin/certificate/private_key.ts";
import { missing, unless } from "../support/programs.ts";

const passphrase = "a pässphrase";

async function openssl(input: string, ...args: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command("openssl", {
    args,
    env: { WORDS: passphrase },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout } = await child.output();
  assert.ok(success, args.join(" "));
  return stdout;
}

const ec = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const pkcs8 = "pkcs8 -topk8 -passout env:WORDS";

/** By the command that writes it. */
const supported = [
  `${pkcs8} -v2 aes-256-cbc`,
  `${pkcs8} -v2 aes-256-cbc -v2prf hmacWithSHA512`,
  `${pkcs8} -scrypt`,
  // The default until OpenSSL 1.1, and of `openssl req`.
  `${pkcs8} -v2 aes-128-cbc -v2prf hmacWithSHA1`,
  `${pkcs8} -v2 des3 -v2prf hmacWithSHA1`,
  `${pkcs8} -v2 des3`,
  `${pkcs8} -v2 aes-192-cbc`,
  `${pkcs8} -v1 PBE-SHA1-3DES`,
  `${pkcs8} -v2 aes-256-cbc -outform DER`,
  `${pkcs8} -v2 des3 -outform DER`,
  "ec -aes128 -passout env:WORDS",
  "ec -des3 -passout env:WORDS",
];

Deno.test({
  ...unless(missing("openssl"), "keys: each form of encryption opens with its passphrase alone"),
  fn: async () => {
    const plain = new TextDecoder().decode(await openssl("", ...ec.split(" ")));
    const open = (bytes: Uint8Array<ArrayBuffer>, words: string) => {
      let asked = 0;
      const key = openPrivateKey(bytes, "/pki/web.key", (attempt) => {
        asked++;
        return Promise.resolve(attempt === 1 ? new Secret(words) : undefined);
      });
      return key.then((key) => ({ key, asked }), (error) => ({ error, asked }));
    };
    for (const command of supported) {
      const bytes = await openssl(plain, ...command.split(" "));
      const right = await open(bytes, passphrase);
      assert.ok("key" in right, `${command}: ${"error" in right && right.error}`);
      assert.equal(right.key.export({ type: "pkcs8", format: "pem" }), plain, command);
      assert.equal(right.asked, 1);
      const wrong = await open(bytes, "another one");
      assert.ok("error" in wrong && wrong.error instanceof Failure, command);
      assert.equal(
        wrong.error.message,
        "the passphrase does not open the private key /pki/web.key",
        command,
      );
    }
    // Damage never leads to anything but a key or a failure, and to no long wait.
    const known = await openssl(plain, ...supported[3]?.split(" ") ?? [], "-outform", "DER");
    const damage = fc.asyncProperty(fc.nat(known.length - 1), fc.nat(255), async (at, byte) => {
      const damaged = known.slice();
      damaged[at] = byte;
      const outcome = await open(damaged, passphrase);
      assert.ok("key" in outcome || outcome.error instanceof Failure, String(outcome));
    });
    await fc.assert(damage, { numRuns: 60 });
    const strange = await open(
      await openssl(plain, ...`${pkcs8} -v2 camellia-256-cbc`.split(" ")),
      passphrase,
    );
    assert.ok("error" in strange && strange.error instanceof Failure);
    assert.deepEqual([strange.error.message, strange.error.hint], [
      "--private-key: /pki/web.key is encrypted in a way that athm does not support",
      "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out NEW",
    ]);
  },
});
