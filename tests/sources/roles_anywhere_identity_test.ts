// The certificate, chain and private key of a profile's files, whatever their format and order.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { askQuestions } from "../../src/line/question.ts";
import { valuesOf } from "../../src/line/values.ts";
import type { RolesAnywhereSource } from "../../src/model/profile.ts";
import { run } from "../../src/program.ts";
import { rolesAnywhere } from "../../src/sources/roles_anywhere.ts";
import { identityOf } from "../../src/sources/roles_anywhere_identity.ts";
import { certificatesIn } from "../../src/signin/certificate/certificate.ts";
import {
  type ClientFiles,
  type ClientOptions,
  createClientAuthority,
} from "../support/client_certificates.ts";
import { machine, says } from "../support/doctor_machine.ts";
import { anchorArn, anywhereProfileArn } from "../support/fake_aws/anywhere.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { certificateBag, keyBag, pkcs12 } from "../support/pkcs12.ts";
import { testStart, testSystem } from "../support/test_system.ts";
import { BasicConstraintsExtension, PemConverter, X509CertificateGenerator } from "@peculiar/x509";

const path = "/pki/web.p12";
const roleArn = "arn:aws:iam::123456789012:role/build";
const authority = await createClientAuthority(testStart);
const other = await createClientAuthority(testStart);
const issue = (options: Partial<ClientOptions> = {}) =>
  authority.issue({ name: "web", ...options });

const certificates = (pem: string) => certificatesIn(new TextEncoder().encode(pem), "f", "o");
const certificateBags = (...pems: readonly string[]) =>
  pems.flatMap(certificates).map(({ der }) => certificateBag(der));
const keyOf = ({ key }: ClientFiles) =>
  keyBag(
    new Uint8Array(createPrivateKey(String(key)).export({ type: "pkcs8", format: "der" })),
  );

const source: RolesAnywhereSource = {
  kind: "roles-anywhere",
  trustAnchorArn: anchorArn,
  profileArn: anywhereProfileArn,
  certificate: path,
};

async function identity(file: string | Uint8Array, more: Partial<RolesAnywhereSource> = {}) {
  const files = memoryFiles();
  files.put(path, file);
  files.put("/pki/chain.pem", authority.chain);
  const found = await identityOf({ ...source, ...more }, testSystem({ files }));
  return { ...found, names: found.certificates.map(({ subject }) => subject.split(",")[0]) };
}

Deno.test("Roles Anywhere: a PKCS #12 file in any order gives the key's certificate, then its chain", async () => {
  const own = await issue();
  const stranger = await other.issue({ name: "other" });
  const bags = [
    ...certificateBags(authority.root, stranger.cert, authority.chain, other.chain, own.cert),
    keyOf(own),
  ];
  const expected = ["CN=web", "CN=Example Clients CA"];
  for (const all of [bags, bags.toReversed()]) {
    const { names } = await identity(pkcs12(all));
    assert.deepEqual(names.slice(0, 2), expected);
    assert.equal(names.length, 3);
    assert.ok(!names.includes("CN=other"));
  }
  const alone = pkcs12([keyOf(own), ...certificateBags(own.cert)]);
  assert.deepEqual((await identity(alone)).names, ["CN=web"]);
  assert.deepEqual((await identity(alone, { chain: "/pki/chain.pem" })).names, expected);
});

Deno.test("Roles Anywhere: of a bundle of CAs, those of the certificate are sent, and 5 at most", async () => {
  const { cert, key } = await issue();
  const others = await Promise.all(Array.from({ length: 6 }, () => createClientAuthority()));
  const bundle = [...others.map(({ chain }) => chain), authority.root, authority.chain].join("");
  assert.deepEqual((await identity(`${cert}${bundle}${key}`)).names, [
    "CN=web",
    "CN=Example Clients CA",
  ]);

  const long = await chainOf(6);
  await assert.rejects(
    () => identity(long),
    /the chain has 6 certificates of CAs, and IAM Roles Anywhere accepts 5$/,
  );
  assert.equal((await identity(await chainOf(5))).names.length, 6);
});

Deno.test("Roles Anywhere: only the certificate itself must have an RSA or EC key", async () => {
  const keys = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const dates = { notBefore: new Date(testStart - 1000), notAfter: new Date(testStart + 90_000) };
  const made = await X509CertificateGenerator.createSelfSigned({
    ...{ name: "CN=modern", keys: keys as CryptoKeyPair, signingAlgorithm: { name: "Ed25519" } },
    ...dates,
  });
  const { cert, key } = await issue();
  const modern = made.toString("pem");
  assert.deepEqual((await identity(`${cert}${modern}\n${key}`)).names, ["CN=web", "CN=modern"]);
  await assert.rejects(
    () => identity(`${modern}\n${key}`),
    /^Failure: --certificate: the certificate of CN=modern in \/pki\/web\.p12 has an unsupported key$/,
  );
});

/** A client's certificate with its key, below this many CAs and a root, in PEM. */
async function chainOf(count: number): Promise<string> {
  const alg = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const newKeys = async () =>
    await crypto.subtle.generateKey(alg, true, ["sign", "verify"]) as CryptoKeyPair;
  const dates = { notBefore: new Date(testStart - 1000), notAfter: new Date(testStart + 90_000) };
  const pems: string[] = [];
  let [issuer, signer] = ["CN=root", await newKeys()];
  for (const at of Array.from({ length: count + 2 }).keys()) {
    const keys = at === 0 ? signer : await newKeys();
    const subject = at === 0 ? issuer : `CN=${at}`;
    const made = await X509CertificateGenerator.create({
      ...{ subject, issuer, publicKey: keys.publicKey, signingKey: signer.privateKey },
      ...{ signingAlgorithm: alg, ...dates },
      extensions: [new BasicConstraintsExtension(at <= count, undefined, true)],
    });
    pems.unshift(made.toString("pem"));
    [issuer, signer] = [subject, keys];
  }
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", signer.privateKey);
  return `${pems.join("\n")}\n${PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag)}`;
}

Deno.test("Roles Anywhere: of two certificates of one key, the one that ends last is used", async () => {
  const old = await issue({ days: 3 });
  const publicKey = certificates(old.cert)[0]?.x509.publicKey.export({
    type: "spki",
    format: "der",
  });
  const renewed = await issue({ days: 30, publicKey: new Uint8Array(publicKey ?? []) });
  const pems = [old.cert, renewed.cert, old.cert];
  const { certificates: [own] } = await identity(pkcs12([...certificateBags(...pems), keyOf(old)]));
  assert.equal(own.serial, certificates(renewed.cert)[0]?.serial);
});

Deno.test("Roles Anywhere: a PKCS #12 file must have one certificate with its private key", async () => {
  const [one, two] = [await issue(), await issue({ name: "two", key: "p384" })];
  const both = [...certificateBags(one.cert, two.cert), keyOf(one), keyOf(two)];
  for (
    const [bags, what] of [
      [[], "no private key"],
      [certificateBags(one.cert), "no private key"],
      [[keyOf(one)], "no certificate for its private key"],
      [[keyOf(one), ...certificateBags(two.cert)], "no certificate for its private key"],
      [both, "2 certificates with private keys"],
    ] as const
  ) {
    await assert.rejects(identity(pkcs12(bags)), {
      code: "source",
      message: `--certificate: ${path} contains ${what}`,
    });
  }
  const whole = pkcs12([keyOf(one), ...certificateBags(one.cert)]);
  await assert.rejects(identity(whole, { tpm: "0x81000001" }), {
    message: `--certificate: ${path} is a PKCS #12 file`,
    hint: "omit the option for the private key, which is in this file",
  });
  const garbage = pkcs12([keyBag(new Uint8Array([0x30, 0])), ...certificateBags(one.cert)]);
  await assert.rejects(identity(garbage), /contains a damaged key$/);
});

Deno.test("Roles Anywhere: a file in PEM may have the private key too", async () => {
  const { cert, key } = await issue();
  for (const text of [`${cert}${key}`, `${key}${cert}${authority.chain}`]) {
    const { names, key: found } = await identity(text);
    assert.equal(names[0], "CN=web");
    assert.ok(found);
  }
  await assert.rejects(identity(cert), {
    code: "source",
    message: `--certificate: ${path} contains no private key`,
  });
  await assert.rejects(identity(`${cert}${(await issue()).key}`), /does not belong/);
});

const arns = [
  ...["--roles-anywhere", "--trust-anchor-arn", anchorArn, "--ra-profile-arn", anywhereProfileArn],
  ...["--role-arn", roleArn],
];

Deno.test("add: asks for a PKCS #12 file's passphrase once", async () => {
  const whole = Deno.readFileSync(new URL("../fixtures/pkcs12/openssl.p12", import.meta.url));
  const secret = "a-test-passphrase";
  for (const more of [["--keep"], []]) {
    const files = memoryFiles();
    files.put(path, whole);
    const env = { ATHM_PASSPHRASE: "x" };
    const { system, asked: sent } = await machine({ files, env, answers: [secret] });
    const args = ["aws", "add", "web", ...arns, "--certificate", path, ...more];
    assert.equal(await run(args, system), 1);
    const { asked, captured } = system;
    assert.deepEqual(asked.map(({ question }) => question), [`Passphrase of ${path}: `]);
    // The endpoint of this test responds with a redirect, which is an error.
    assert.equal(sent.length, 1);
    assert.ok(!captured.said.join("\n").includes(secret));
  }
});

Deno.test("add: asks for no file of the private key if the certificate's file has it", async () => {
  const { cert, key } = await issue();
  const files = memoryFiles();
  files.put(path, pkcs12([keyOf({ cert, key }), ...certificateBags(cert)]));
  files.put("/pki/both.pem", `${cert}${key}`);
  files.put("/pki/web.pem", cert);
  files.put("/pki/web.key", key);
  const asked = async (certificate: string) => {
    const system = testSystem({ files, answers: [certificate, "/pki/web.key"] });
    const questions = rolesAnywhere.questions?.filter(({ option }) =>
      ["certificate", "private-key"].includes(option)
    );
    const known = new Set(rolesAnywhere.options.map(({ name }) => name));
    const asking = { system, suggested: new Map(), profiles: [] };
    const values = await askQuestions(questions ?? [], valuesOf(new Map(), known), asking);
    assert.equal(values.text("certificate"), certificate);
    return values.text("private-key");
  };
  assert.equal(await asked(path), undefined);
  assert.equal(await asked("/pki/both.pem"), undefined);
  assert.equal(await asked("/pki/web.pem"), "/pki/web.key");
});

Deno.test("doctor: reads a PKCS #12 file without a question", async () => {
  const files = memoryFiles();
  const { cert, key } = await issue({ days: 3 });
  files.put("/pki/open.p12", pkcs12([keyOf({ cert, key }), ...certificateBags(cert)]));
  files.put(path, Deno.readFileSync(new URL("../fixtures/pkcs12/openssl.p12", import.meta.url)));
  files.put("/pki/words", "a-test-passphrase\n");
  files.put("/pki/damaged.p12", pkcs12([]).subarray(0, 20));
  const profile = (name: string, settings: Partial<RolesAnywhereSource>) => ({
    name,
    source: { ...source, ...settings },
    roleArns: [roleArn],
    role: {},
    network: {},
  });
  const [, ...found] = await says("certificates", {
    files,
    profiles: [
      profile("closed", {}),
      profile("damaged", { certificate: "/pki/damaged.p12" }),
      profile("file", { passphraseFile: "/pki/words" }),
      profile("open", { certificate: "/pki/open.p12" }),
    ],
  });
  const expected = [
    /^ok closed: \/pki\/web\.p12 was not read: it requires a passphrase$/,
    /^failed damaged: --certificate: \/pki\/damaged\.p12 is a damaged PKCS #12 file$/,
    /^ok file: \/pki\/web\.p12 expires at 21\d\d-/,
    /^warning open: the certificate expires in 3 days/,
  ];
  assert.equal(found.length, expected.length, found.join("\n"));
  expected.forEach((pattern, at) => assert.match(found[at] ?? "", pattern));
});
