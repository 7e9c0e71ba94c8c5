// What `doctor`, `ls` and `show` report about a certificate for IAM Roles Anywhere before AWS does.

import assert from "node:assert/strict";
import { certificateProblems } from "../../src/signin/certificate/check.ts";
import { type Certificate, certificatesIn } from "../../src/signin/certificate/certificate.ts";
import { allowsSignatures } from "../../src/signin/certificate/der.ts";
import { certificateWarning } from "../../src/model/roles_anywhere.ts";
import type { Profile, RolesAnywhereSource } from "../../src/model/profile.ts";
import { run } from "../../src/program.ts";
import { sourceOf } from "../../src/sources/all_sources.ts";
import { type ClientOptions, createClientAuthority } from "../support/client_certificates.ts";
import { machine, says } from "../support/doctor_machine.ts";
import { missing, ran, unless } from "../support/programs.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { testStart } from "../support/test_system.ts";
import { KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } from "@peculiar/x509";

const day = 86_400_000;
const authority = await createClientAuthority(testStart);
const other = await createClientAuthority(testStart);

const parsed = (pem: string) => certificatesIn(new TextEncoder().encode(pem), "f", "o");
const [ca, root] = [parsed(authority.chain), parsed(authority.root)].map(([one]) =>
  one ?? assert.fail()
);

async function own(options: Partial<ClientOptions> = {}): Promise<Certificate> {
  const { cert } = await authority.issue({ name: "web", ...options });
  return parsed(cert)[0] ?? assert.fail();
}

const problems = (
  first: Certificate,
  others: readonly (Certificate | undefined)[],
  now = testStart,
) =>
  certificateProblems([first, ...others.filter((each) => each !== undefined)], now)
    .map(({ level, text }) => `${level} ${text}`);

Deno.test("certificates: a good one, with or without its chain, has no problems", async () => {
  const good = await own();
  assert.deepEqual(problems(good, []), []);
  assert.deepEqual(problems(good, [ca, root]), []);
  assert.deepEqual(problems(await own({ usage: "none" }), [ca]), []);
});

Deno.test("certificates: each problem has a sentence", async () => {
  const cases: readonly (readonly [Partial<ClientOptions>, readonly RegExp[]])[] = [
    [{ days: 14 }, [/^warning the certificate expires in 14 days, at 20/]],
    [{ days: -1, begins: -3 }, [/^failed the certificate expired at 20/]],
    [{ begins: 2 }, [/^failed the certificate is not valid before 20/]],
    [{ usage: "server" }, [/^failed the certificate is not for client authentication/]],
    [{ signs: false }, [/^failed the certificate is not for digital signatures/]],
    [{ isCa: true }, [/^failed .*digital signatures/, /^failed the certificate is that of a CA/]],
  ];
  for (const [options, expected] of cases) {
    const found = problems(await own(options), [ca]);
    assert.equal(found.length, expected.length, found.join("\n"));
    expected.forEach((pattern, at) => assert.match(found[at] ?? "", pattern));
  }
  const [stranger] = parsed(other.chain);
  const good = await own();
  assert.deepEqual(problems(good, [stranger]), [
    "warning the chain is broken: CN=web, O=Example was not issued by the next certificate, " +
    "CN=Example Clients CA, O=Example",
  ]);
  assert.deepEqual(problems(good, [root, ca]).map((each) => each.startsWith("warning the chain")), [
    true,
    true,
  ]);
  // The CA certificates of the test end after 400 days.
  const late = problems(await own({ days: 800 }), [ca], testStart + 390 * day);
  assert.match(
    late.join(),
    /^warning the CA certificate CN=Example Clients CA.* expires in 10 days/,
  );
});

Deno.test("certificates: an issuer must be a CA", async () => {
  const alg = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(alg, true, ["sign", "verify"]) as CryptoKeyPair;
  const dates = { notBefore: new Date(testStart - day), notAfter: new Date(testStart + 90 * day) };
  const common = { signingAlgorithm: alg, ...dates };
  const issuer = await X509CertificateGenerator.createSelfSigned({
    name: "CN=no CA",
    keys,
    ...common,
  });
  const made = await X509CertificateGenerator.create({
    subject: "CN=web",
    issuer: "CN=no CA",
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    ...common,
  });
  const [first, second] = [made, issuer].map((each) => parsed(each.toString("pem"))[0]);
  assert.ok(first && second);
  assert.equal(allowsSignatures(first.der), undefined);
  assert.deepEqual(problems(first, [second]), [
    "warning the certificate names no key usage, and IAM Roles Anywhere requires digital signature",
    "failed the CA certificate CN=no CA is not that of a CA",
  ]);
});

Deno.test("certificates: signed with SHA-1", async () => {
  const alg = {
    ...{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-1", modulusLength: 2048 },
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await crypto.subtle.generateKey(alg, true, ["sign", "verify"]) as CryptoKeyPair;
  const dates = { notBefore: new Date(testStart - day), notAfter: new Date(testStart + 90 * day) };
  const made = async (issuer: string, subject: string) => {
    const pem = await X509CertificateGenerator.create({
      ...{ subject, issuer, publicKey: keys.publicKey, signingKey: keys.privateKey },
      ...{ signingAlgorithm: alg, ...dates },
      extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
    });
    return parsed(pem.toString("pem"))[0];
  };
  const [web, ca, root] = [
    await made("CN=CA", "CN=web"),
    await made("CN=root", "CN=CA"),
    await made("CN=root", "CN=root"),
  ];
  assert.ok(web);
  const rejected = "is signed with SHA-1 or MD5, which IAM Roles Anywhere rejects";
  // AWS has the root, whose own signature proves nothing.
  assert.deepEqual(problems(web, [ca, root]).filter((each) => each.includes("SHA-1")), [
    `failed the certificate ${rejected}`,
    `failed the CA certificate CN=CA ${rejected}`,
  ]);
});

Deno.test({
  ...unless(missing("openssl"), "certificates: of CAs whose keys and signatures the runtime lacks"),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "athm-ca-" });
    const openssl = async (...args: string[]) => {
      const outcome = await ran("openssl", args, { cwd: folder });
      assert.equal(outcome?.code, 0, outcome?.err);
    };
    try {
      await openssl("genpkey", "-algorithm", "RSA", "-out", "web.key");
      await openssl("req", "-new", "-key", "web.key", "-subj", "/CN=web", "-out", "web.csr");
      for (
        const [algorithm, option, ...more] of [
          ["EC", "ec_paramgen_curve:P-521"],
          ["EC", "ec_paramgen_curve:brainpoolP256r1"],
          ["RSA", "rsa_keygen_bits:2048", "-sigopt", "rsa_padding_mode:pss"],
        ] as const
      ) {
        await openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", "ca.key");
        await openssl("req", "-x509", "-key", "ca.key", "-subj", "/CN=ca", "-out", "ca.pem");
        const files = ["-in", "web.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "web.pem"];
        await openssl("x509", "-req", "-CAcreateserial", "-sha256", ...more, ...files);
        const [web, ca] = ["web", "ca"].map((name) =>
          parsed(Deno.readTextFileSync(`${folder}/${name}.pem`))[0] ?? assert.fail()
        );
        assert.ok(web && ca);
        const found = problems(web, [ca], Date.now());
        assert.deepEqual(found.filter((each) => !each.includes("key usage")), [], option);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("certificates: the warning begins 14 days before the end", () => {
  const at = (left: number) => certificateWarning("it", testStart + left, testStart);
  assert.equal(at(14 * day + 1), undefined);
  assert.match(at(14 * day) ?? "", /^it expires in 14 days, at /);
  assert.match(at(1) ?? "", /^it expires in 1 day, at /);
  assert.match(at(0) ?? "", /^it expired at /);
});

const sample = sourceOf({ kind: "roles-anywhere" } as RolesAnywhereSource).sample();
function profile(name: string, settings: Partial<RolesAnywhereSource>): Profile {
  const { kind, trustAnchorArn, profileArn } = sample;
  const source = { kind, trustAnchorArn, profileArn, certificate: "/pki/c.pem", ...settings };
  const roleArns = ["arn:aws:iam::123456789012:role/build"];
  return {
    name,
    source: { privateKey: "/pki/none.key", ...source },
    roleArns,
    role: {},
    network: {},
  };
}

function withoutKey(profile: Profile): Profile {
  const { privateKey: _, ...source } = profile.source as RolesAnywhereSource;
  return { ...profile, source };
}

Deno.test("doctor reads the certificates of profiles, without their keys", async () => {
  const files = memoryFiles();
  files.put("/pki/c.pem", (await authority.issue({ name: "web", days: 3, usage: "server" })).cert);
  files.put("/pki/good.pem", (await authority.issue({ name: "web" })).cert);
  const { cert, key } = await authority.issue({ name: "both" });
  files.put("/pki/both.pem", `${cert}${key}`, 0o644);
  files.put("/pki/open.key", "whatever", 0o644);
  files.put("/pki/group.key", "whatever", 0o640);
  const profiles = [
    profile("a", {}),
    profile("b", {}),
    profile("good", { certificate: "/pki/good.pem" }),
    profile("group", { certificate: "/pki/good.pem", privateKey: "/pki/group.key" }),
    profile("lost", { certificate: "/pki/lost.pem" }),
    profile("open", { certificate: "/pki/good.pem", privateKey: "/pki/open.key" }),
    withoutKey(profile("together", { certificate: "/pki/both.pem" })),
  ];
  const [builtIn, ...found] = await says("certificates", { files, profiles });
  assert.equal(builtIn, "ok built-in and system certificates");
  const expected = [
    /^warning a, b: the certificate expires in 3 days, at 20/,
    /^failed a, b: the certificate is not for client authentication/,
    /^ok good, group: \/pki\/good\.pem expires at 20/,
    /^failed lost: --certificate: file \/pki\/lost\.pem not found$/,
    /^warning open: the mode of \/pki\/open\.key lets every user read the private key$/,
    /^warning together: the mode of \/pki\/both\.pem lets every user read the private key$/,
  ];
  assert.equal(found.length, expected.length, found.join("\n"));
  expected.forEach((pattern, at) => assert.match(found[at] ?? "", pattern));
});

Deno.test("ls and show warn of the end of the certificate last used, and exit with 0", async () => {
  const { system } = await machine({
    profiles: [
      profile("ended", { certificateEnds: testStart - day }),
      profile("new", {}),
      profile("soon", { certificateEnds: testStart + 2 * day }),
      profile("well", { certificateEnds: testStart + 30 * day }),
    ],
  });
  assert.equal(await run(["aws", "ls"], system), 0);
  const said = system.captured.said.splice(0).join("\n");
  assert.match(
    said,
    /^athm: warning: the certificate of ended expired at \S+\nathm: warning: the certificate of soon expires in 2 days, at \S+$/,
  );
  assert.equal(await run(["aws", "show", "soon"], system), 0);
  assert.match(system.captured.said.join("\n"), /^athm: warning: the certificate of soon expires/);
});
