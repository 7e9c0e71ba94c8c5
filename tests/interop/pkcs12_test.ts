// PKCS #12 files that OpenSSL writes here open, whatever its options for algorithms.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { Secret } from "../../src/model/secret.ts";
import { certificateOf } from "../../src/signin/certificate/certificate.ts";
import { openPkcs12 } from "../../src/signin/certificate/pkcs12.ts";
import { isKeyOf } from "../../src/signin/certificate/signer.ts";
import { createClientAuthority } from "../support/client_certificates.ts";
import { missing, ran, unless } from "../support/programs.ts";

const passphrase = "pass phräse";
const legacyCiphers = ["PBE-SHA1-3DES", "PBE-SHA1-RC2-40", "PBE-SHA1-RC2-128"];

/** Options of `openssl pkcs12 -export`, and the kind of the key. */
const ways = [
  ["rsa"],
  ["p256", "-macalg", "sha384", "-iter", "10000"],
  ["p384", "-macalg", "sha1", "-keypbe", "AES-128-CBC", "-certpbe", "NONE"],
  ["rsa", "-legacy"],
  ["p256", "-legacy", "-descert"],
  ["p384", "-keypbe", "NONE", "-certpbe", "NONE"],
  ...legacyCiphers.map((name) => ["p256", "-legacy", "-keypbe", name, "-certpbe", name] as const),
  ["p256", "-legacy", "-nomac"],
  ["p256", "-nomac", "-nomaciter", "-noiter"],
] as const;

/** A program in a folder with a key, its certificate and the CA's. */
async function folderWith(kind: "rsa" | "p256" | "p384") {
  const authority = await createClientAuthority();
  const { cert, key } = await authority.issue({ name: "web", key: kind });
  const folder = await Deno.makeTempDir({ prefix: "athm-pkcs12-" });
  for (const [name, text] of [["cert", cert], ["key", String(key)], ["chain", authority.chain]]) {
    await Deno.writeTextFile(`${folder}/${name}.pem`, text ?? "", { mode: 0o600 });
  }
  await Deno.writeTextFile(`${folder}/words`, passphrase);
  return {
    folder,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function opens(path: string, count: number, what: string, word = passphrase): Promise<void> {
  const { certificates, keys: [key = assert.fail()] } = await openPkcs12(
    await Deno.readFile(path),
    path,
    (attempt) => Promise.resolve(attempt === 1 ? new Secret(word) : undefined),
  );
  assert.equal(certificates.length, count, what);
  const own = createPrivateKey({ key: key as never, format: "der", type: "pkcs8" });
  const fitting = certificates.filter((der) => isKeyOf(own, certificateOf(der, path, "o")));
  assert.equal(fitting.length, 1, what);
}

Deno.test({
  ...unless(missing("openssl"), "PKCS #12: opens files of OpenSSL, whatever their algorithms"),
  fn: async () => {
    for (const kind of ["rsa", "p256", "p384"] as const) {
      await using made = await folderWith(kind);
      for (const [of, ...options] of ways.filter(([of]) => of === kind)) {
        const what = [of, ...options].join(" ");
        const { code, err } = await ran("openssl", [
          ...["pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-name", "my key"],
          ...["-certfile", "chain.pem", "-passout", "file:words", "-out", "all.p12", ...options],
        ], { cwd: made.folder }) ?? assert.fail();
        assert.equal(code, 0, `${what}: ${err}`);
        await opens(`${made.folder}/all.p12`, 2, what);
      }
    }
  },
});

Deno.test({
  ...unless(missing("keytool"), "PKCS #12: opens a key store of Java"),
  fn: async () => {
    await using made = await folderWith("p256");
    const path = `${made.folder}/java.p12`;
    const ascii = "a-test-passphrase";
    const { code, out } = await ran("keytool", [
      ...["-genkeypair", "-alias", "web", "-keyalg", "EC", "-groupname", "secp384r1"],
      ...["-dname", "CN=web", "-storetype", "PKCS12", "-keystore", path],
      ...["-storepass:env", "WORDS"],
    ], { env: { WORDS: ascii } }) ?? assert.fail();
    assert.equal(code, 0, out);
    await opens(path, 1, "keytool", ascii);
  },
});
