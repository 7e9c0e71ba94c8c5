// PKCS #12 files of other programs open with their passphrase, and no other bytes do.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { berValue, charactersOf } from "../../src/signin/certificate/ber.ts";
import { certificateOf } from "../../src/signin/certificate/certificate.ts";
import { isPkcs12 } from "../../src/signin/certificate/der.ts";
import { checkPkcs12, openPkcs12 } from "../../src/signin/certificate/pkcs12.ts";
import { decrypted, macFits } from "../../src/signin/certificate/pkcs12_keys.ts";
import { isKeyOf } from "../../src/signin/certificate/signer.ts";
import {
  certificateBag,
  encryptedKeyBag,
  integer,
  keyBag,
  nestedBags,
  octets,
  oid,
  pkcs12,
  pkcs12Mac,
  sequence,
  tlv,
} from "../support/pkcs12.ts";

const secret = "a-test-passphrase";
const folder = new URL("../fixtures/pkcs12/", import.meta.url);
const read = (name: string) => Deno.readFileSync(new URL(`${name}.p12`, folder));

/** Opens with passphrases, one for each question. */
async function opened(bytes: Uint8Array<ArrayBuffer>, ...words: readonly string[]) {
  return await openedWithin(undefined, bytes, ...words);
}

async function openedWithin(
  most: number | undefined,
  bytes: Uint8Array<ArrayBuffer>,
  ...words: readonly string[]
) {
  let asked = 0;
  const contents = await openPkcs12(bytes, "f.p12", () => {
    const word = words[asked++];
    return Promise.resolve(word === undefined ? undefined : new Secret(word));
  }, most);
  return { ...contents, asked };
}

/**
 * Each with the questions and certificates expected. Windows, macOS and OpenSSL -legacy use the same
 * algorithms.
 */
const files = [
  ["openssl", 1, 2], // PBES2 with AES-256, MAC with SHA-256
  ["openssl-legacy", 1, 2], // 3DES and RC2 with 40 bits, MAC with SHA-1; RSA
  ["openssl-empty", 0, 1], // -passout pass: and P-384
  ["openssl-nomac", 1, 1],
  ["openssl-plain", 0, 1], // -nomac -keypbe NONE -certpbe NONE
  ["openssl-rc2-128", 1, 1], // -certpbe PBE-SHA1-RC2-128 -nomaciter -noiter
  ["openssl-aes-192", 1, 1], // -keypbe AES-192-CBC -certpbe DES-EDE3-CBC -macalg sha512
  ["keytool", 1, 1], // OpenJDK 17
  ["go-pbmac1", 1, 2], // go-pkcs12's Modern2026: RFC 9579
  ["bouncy-castle-empty", 0, 2], // of undefined length, in parts; the passphrase as no bytes
] as const;

for (const [name, asked, count] of files) {
  Deno.test(`PKCS #12: opens ${name}.p12`, async () => {
    const bytes = read(name);
    assert.ok(isPkcs12(bytes));
    checkPkcs12(bytes, "f.p12");
    const { certificates, keys, ...rest } = await opened(bytes, secret);
    assert.equal(rest.asked, asked);
    assert.equal(certificates.length, count);
    const [key = assert.fail(), ...others] = keys;
    assert.deepEqual(others, []);
    const own = createPrivateKey({ key: key as never, format: "der", type: "pkcs8" });
    const fitting = certificates.filter((der) => isKeyOf(own, certificateOf(der, "f", "o")));
    assert.equal(fitting.length, 1);
  });
}

Deno.test("PKCS #12: a wrong passphrase is asked for again, three times at most", async () => {
  for (const name of ["openssl", "openssl-nomac", "go-pbmac1"]) {
    assert.equal((await opened(read(name), "wrong-one", secret)).asked, 2, name);
    await assert.rejects(opened(read(name), "wrong-1", "wrong-2", "wrong-3", secret), {
      code: "source",
      message: "the passphrase does not open the PKCS #12 file f.p12",
    });
    await assert.rejects(opened(read(name)), /does not open the PKCS #12 file f\.p12/, name);
  }
});

Deno.test("PKCS #12: refuses more work than a file of a real program needs", async () => {
  const rejects = async (bytes: Uint8Array<ArrayBuffer>, message: RegExp) => {
    const start = performance.now();
    await assert.rejects(opened(bytes, secret), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.ok(performance.now() - start < 2000);
  };
  const tooMany = /^--certificate: f\.p12 requires too many iterations of key derivation$/;
  await rejects(pkcs12([], 1_250_001), tooMany);
  await rejects(pkcs12([encryptedKeyBag(420_000)]), tooMany);
  await rejects(pkcs12([encryptedKeyBag(0x7fffffff)]), tooMany);
  await rejects(pkcs12([nestedBags(encryptedKeyBag(2_000_001))]), tooMany);
  const damaged = /^--certificate: f\.p12 is a damaged PKCS #12 file$/;
  await rejects(pkcs12([encryptedKeyBag(0)]), damaged);
  await rejects(pkcs12(Array.from({ length: 101 }, () => nestedBags())), damaged);
  let deep = nestedBags();
  for (let level = 0; level < 40; level++) deep = nestedBags(deep);
  await rejects(pkcs12([deep]), damaged);
});

Deno.test("PKCS #12: counts the hashes of a key, and what each of them takes", async () => {
  const salt = octets(new Uint8Array(8));
  const oldCipher = (last: string) =>
    sequence(oid(`2a864886f70d010c01${last}`), sequence(salt, integer(1000)));
  const hmac = (last: string) => sequence(oid(`2a864886f70d02${last}`));
  const derivation = (...more: Uint8Array<ArrayBuffer>[]) =>
    sequence(oid("2a864886f70d01050c"), sequence(salt, integer(1000), ...more));
  const aes256 = sequence(oid("60864801650304012a"), octets(new Uint8Array(16)));
  const newCipher = (...more: Uint8Array<ArrayBuffer>[]) =>
    sequence(oid("2a864886f70d01050d"), sequence(derivation(...more), aes256));
  const work = async (derive: (spend: (work: number) => void) => Promise<unknown>) => {
    let all = 0;
    await derive((each) => void (all += each));
    return all;
  };
  const value = (bytes: Uint8Array) => berValue(charactersOf(bytes));
  for (
    const [algorithm, expected] of [
      [oldCipher("03"), 12_000], // 3DES: a key of two, an IV of one
      [oldCipher("06"), 8000], // RC2 with 40 bits
      [newCipher(), 2000], // SHA-1 for 256 bits
      [newCipher(hmac("09")), 1000],
    ] as const
  ) {
    const data = "0".repeat(16);
    const spent = await work((spend) => decrypted(value(algorithm), data, "x", spend));
    assert.equal(spent, expected, algorithm.toHex());
  }
  for (
    const [algorithm, expected] of [
      [sequence(oid("2b0e03021a")), 4000],
      [sequence(oid("608648016503040203")), 8000], // SHA-512
      [
        sequence(
          oid("2a864886f70d01050e"),
          sequence(derivation(integer(64), hmac("07")), hmac("09")),
        ),
        4000,
      ],
    ] as const
  ) {
    const mac = { algorithm: value(algorithm), digest: "", salt: "s", iterations: 1000 };
    const spent = await work((spend) => macFits(mac, "", "x", spend));
    assert.equal(spent, expected, algorithm.toHex());
  }
});

Deno.test("PKCS #12: the empty passphrases share one limit, and others have their own", async () => {
  // A MAC of 409,600, and 1,024,000 for the rest; only the second of them fits.
  const bytes = read("bouncy-castle-empty");
  assert.equal((await openedWithin(1_843_200, bytes)).asked, 0);
  await assert.rejects(openedWithin(1_843_199, bytes), /does not open the PKCS #12 file/);
  await assert.rejects(openedWithin(400_000, bytes), /requires too many iterations/);
  // A MAC of 8192, and 4096 for the rest.
  const sealed = read("openssl");
  assert.equal((await openedWithin(12_288, sealed, "wrong", secret)).asked, 2);
  await assert.rejects(openedWithin(9000, sealed, secret), /requires too many iterations/);
});

Deno.test("PKCS #12: names the reason if the file and its key have different passphrases", async () => {
  // The MAC of an empty passphrase, over a key that was encrypted with another one.
  const digest = pkcs12Mac([encryptedKeyBag(1)]);
  await assert.rejects(opened(digest), {
    message: "the passphrase of f.p12 does not decrypt what is in it",
  });
});

Deno.test("PKCS #12: names an algorithm that it does not support", async () => {
  const bytes = read("openssl-rc2-128");
  const at = bytes.toHex().indexOf("2a864886f70d010c0103") / 2;
  assert.ok(at > 0);
  const other = (last: number) => {
    const copy = bytes.slice();
    copy[at + 9] = last;
    return copy;
  };
  // The MAC shows that the file was changed, before anything else is read.
  await assert.rejects(opened(other(1), secret), /does not open the PKCS #12 file/);
  const parts = encryptedKeyBag(1).toHex().replace("2a864886f70d010c0103", "2a864886f70d010c0101");
  await assert.rejects(opened(pkcs12([Uint8Array.fromHex(parts)])), {
    message: "--certificate: f.p12 uses an unsupported algorithm (1.2.840.113549.1.12.1.1)",
  });
});

/** Only a `Failure` that quotes no passphrase may come out. */
async function contentsOrFailure(bytes: Uint8Array<ArrayBuffer>) {
  try {
    checkPkcs12(bytes, "f.p12");
    return await opened(bytes, secret);
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.ok(!`${error.message} ${error.hint}`.includes(secret));
    return undefined;
  }
}

Deno.test("PKCS #12: damage gives a failure, and never other contents under a MAC", async () => {
  const sealed = read("openssl-rc2-128");
  const plain = read("openssl-plain");
  const { certificates, keys } = await opened(sealed, secret);
  const damage = fc.tuple(fc.nat(sealed.length - 1), fc.nat(255), fc.boolean());
  await fc.assert(
    fc.asyncProperty(damage, async ([at, byte, cut]) => {
      for (const whole of [sealed, plain]) {
        const bytes = cut ? whole.slice(0, at) : whole.slice();
        if (!cut && at < bytes.length) bytes[at] = byte;
        const found = await contentsOrFailure(bytes);
        if (whole === plain || !found) continue;
        assert.deepEqual([found.certificates, found.keys], [certificates, keys]);
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("PKCS #12: any values of ASN.1 give contents or a failure", async () => {
  const tags = fc.constantFrom(0x02, 0x04, 0x05, 0x06, 0x30, 0x31, 0xa0, 0x80, 0x24, 0x1e);
  const leaf = fc.tuple(tags, fc.uint8Array({ maxLength: 12 })).map(([tag, bytes]) =>
    tlv(tag, [...bytes])
  );
  const { tree } = fc.letrec<{ tree: Uint8Array<ArrayBuffer> }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.tuple(tags, fc.array(tie("tree"), { maxLength: 4 })).map(([tag, parts]) =>
        tlv(tag, ...parts)
      ),
    ),
  }));
  const files = fc.oneof(
    tree,
    fc.array(tree, { maxLength: 4 }).map((parts) => tlv(0x30, [2, 1, 3], ...parts)),
    fc.array(fc.oneof(tree, tree.map(keyBag), tree.map(certificateBag), tree.map(nestedBags)), {
      maxLength: 4,
    }).map((bags) => pkcs12(bags)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(files, async (bytes) => {
      isPkcs12(bytes);
      await contentsOrFailure(bytes);
    }),
    { numRuns: 500 },
  );
});
