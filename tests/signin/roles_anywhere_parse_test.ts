// The parsers of certificates, keys, PKCS #11 URIs and lists of tokens end for any input, with a
// value or a failure that quotes no secret.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { anywhereEndpoint, anywhereRegion } from "../../src/model/roles_anywhere.ts";
import { certificatesIn } from "../../src/signin/certificate/certificate.ts";
import {
  derValues,
  ecdsaSequence,
  isForClients,
  isPkcs12,
} from "../../src/signin/certificate/der.ts";
import { passphraseIn } from "../../src/signin/certificate/passphrase.ts";
import { tokensIn } from "../../src/signin/certificate/pkcs11.ts";
import { parsePkcs11Uri } from "../../src/signin/certificate/pkcs11_uri.ts";
import { openPrivateKey } from "../../src/signin/certificate/private_key.ts";
import { createClientAuthority } from "../support/client_certificates.ts";
import { memoryFiles } from "../support/memory_files.ts";

const anyBytes = fc.uint8Array({ maxLength: 600 }).map((bytes) => new Uint8Array(bytes));
const utf8 = new TextEncoder();

/** Only a `Failure` may come out. */
function failsOnly(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
  }
}

Deno.test("certificates: any bytes and any damage give certificates or a failure", async () => {
  const { cert } = await (await createClientAuthority()).issue({ name: "web" });
  const [own] = certificatesIn(utf8.encode(cert), "f", "--certificate");
  const der = own?.der ?? assert.fail();
  assert.ok(isForClients(der));
  assert.ok(!isPkcs12(der));
  const read = (bytes: Uint8Array<ArrayBuffer>) =>
    failsOnly(() => certificatesIn(bytes, "f", "--certificate"));
  fc.assert(fc.property(anyBytes, read));
  fc.assert(fc.property(fc.nat(der.length - 1), fc.nat(255), (at, byte) => {
    const damaged = der.slice();
    damaged[at] = byte;
    read(damaged);
    isForClients(damaged);
  }));
  fc.assert(fc.property(fc.nat(cert.length), (at) => read(utf8.encode(cert.slice(0, at)))));
  assert.throws(
    () => certificatesIn(utf8.encode(cert.repeat(11)), "f", "--chain"),
    /more than 10/,
  );
});

Deno.test("certificates: the purpose of a server is not a client's", async () => {
  const authority = await createClientAuthority();
  for (const [usage, expected] of [["server", false], ["client", true], ["none", true]] as const) {
    const { cert } = await authority.issue({ name: "web", usage });
    assert.equal(certificatesIn(utf8.encode(cert), "f", "o")[0]?.isForClients, expected, usage);
  }
});

Deno.test("keys: any bytes give a failure", async () => {
  await fc.assert(fc.asyncProperty(anyBytes, async (bytes) => {
    await assert.rejects(openPrivateKey(bytes, "f", () => Promise.resolve(undefined)), Failure);
  }));
});

Deno.test("passphrase files: the first line in UTF-8, and nothing that would be a wrong PIN", () => {
  const files = memoryFiles();
  const read = (content: string | Uint8Array) => {
    files.put("/pki/pin", content);
    return passphraseIn({ files }, "/pki/pin").reveal();
  };
  for (const text of ["1234", "1234\n", "1234\r\nmore", "\ufeff1234"]) {
    assert.equal(read(text), "1234");
  }
  assert.equal(read(" blåbær \n"), " blåbær ");
  assert.throws(() => read("\n1234"), /the first line of \/pki\/pin is empty/);
  const utf16 = [...utf8.encode("1234")].flatMap((byte) => [byte, 0]);
  for (const bytes of [[0xff, 0xfe, ...utf16], utf16, [0x31, 0xe9]]) {
    assert.throws(
      () => read(new Uint8Array(bytes)),
      /--key-passphrase-file: .* is not text in UTF-8/,
    );
  }
});

Deno.test("DER: values fill the bytes, or there are none", () => {
  fc.assert(fc.property(anyBytes, (bytes) => {
    const total = derValues(bytes)?.reduce((sum, { content }) => sum + content.length + 2, 0);
    assert.ok(total === undefined || total <= bytes.length);
  }));
});

Deno.test("ECDSA: both numbers survive as positive integers", () => {
  const sizes = fc.constantFrom(64, 96, 132);
  fc.assert(
    fc.property(sizes.chain((size) => fc.uint8Array({ minLength: size, maxLength: size })), (
      bytes,
    ) => {
      const raw = new Uint8Array(bytes);
      const [all] = derValues(ecdsaSequence(raw)) ?? [];
      const numbers = derValues(all?.content ?? new Uint8Array()) ?? [];
      const half = raw.length / 2;
      const value = (part: Uint8Array<ArrayBuffer>) => BigInt(`0x${part.toHex()}`);
      assert.deepEqual(
        numbers.map(({ content }) => value(content)),
        [value(raw.slice(0, half)), value(raw.slice(half))],
      );
      assert.ok(numbers.every(({ content }) => (content[0] ?? 0) < 0x80));
    }),
  );
});

Deno.test("PKCS #11: a URI is parsed or refused, and no value is an option", () => {
  fc.assert(fc.property(fc.string({ maxLength: 80 }), (text) => {
    failsOnly(() => parsePkcs11Uri(text));
    failsOnly(() => parsePkcs11Uri(`pkcs11:${text}`));
    failsOnly(() => tokensIn(text));
  }));
  fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 40 }), (label) => {
    failsOnly(() => {
      const { token } = parsePkcs11Uri(`pkcs11:token=${encodeURIComponent(label)};id=%01%ff`);
      assert.equal(token, label);
      assert.ok(!label.startsWith("-"));
    });
  }));
  assert.equal(parsePkcs11Uri("pkcs11:id=%01%Ffa").id, "01ff61");
  const { module, pinFile } = parsePkcs11Uri(
    "pkcs11:id=%01?module-path=opensc-pkcs11.so&pin-source=file:///etc/pki/pin",
  );
  assert.deepEqual([module, pinFile], ["opensc-pkcs11.so", "/etc/pki/pin"]);
  for (const relative of ["pin-source=pin", "pin-source=file:pin", "module-path=lib/p11.so"]) {
    assert.throws(() => parsePkcs11Uri(`pkcs11:id=%01?${relative}`), /must be an absolute path/);
  }
  assert.throws(() => parsePkcs11Uri("pkcs11:id=%01?pin-value=1234"), (error) => {
    assert.ok(error instanceof Failure && !error.message.includes("1234"));
    return true;
  });
});

Deno.test("Roles Anywhere: endpoints of partitions, FIPS, dual-stack and one's own", () => {
  const url = (region: string, network = {}) => anywhereEndpoint({ region }, network).url;
  assert.equal(url("eu-west-1"), "https://rolesanywhere.eu-west-1.amazonaws.com");
  assert.equal(url("cn-north-1"), "https://rolesanywhere.cn-north-1.amazonaws.com.cn");
  assert.equal(
    url("us-gov-west-1", { fips: true }),
    "https://rolesanywhere-fips.us-gov-west-1.amazonaws.com",
  );
  assert.equal(url("eu-west-1", { dualstack: true }), "https://rolesanywhere.eu-west-1.api.aws");
  assert.throws(() => url("eu-west-1", { fips: true }), /no FIPS endpoint in eu-west-1/);
  const id = "00112233-4455-6677-8899-aabbccddeeff";
  const region = (arn: string) => anywhereRegion(arn, "trust-anchor", "--trust-anchor-arn");
  assert.equal(
    region(`arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/${id}`),
    "eu-west-1",
  );
  for (
    const wrong of [
      `arn:aws:rolesanywhere:eu-west-1:123456789012:profile/${id}`,
      `arn:aws:rolesanywhere:cn-north-1:123456789012:trust-anchor/${id}`,
      `arn:aws:iam::123456789012:role/build`,
    ]
  ) assert.throws(() => region(wrong), Failure);
});
