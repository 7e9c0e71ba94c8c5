// Keys in hardware, without the hardware: a wrong PIN or password counts, and a few lock it.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { RolesAnywhereSource } from "../../src/model/profile.ts";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { type Certificate, certificatesIn } from "../../src/signin/certificate/certificate.ts";
import type { RunHelper } from "../../src/signin/certificate/helper.ts";
import { signedByToken } from "../../src/signin/certificate/pkcs11.ts";
import { parsePkcs11Uri } from "../../src/signin/certificate/pkcs11_uri.ts";
import { sourceOf } from "../../src/sources/all_sources.ts";
import { proveByCertificate } from "../../src/sources/roles_anywhere_sign_in.ts";
import type { ProofContext } from "../../src/sources/source.ts";
import { noDialog } from "../../src/system/dialog.ts";
import type { System } from "../../src/system/system.ts";
import { createClientAuthority } from "../support/client_certificates.ts";
import type { MemoryFiles } from "../support/memory_files.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = await (async () => {
  const publicKey = new Uint8Array(keys.publicKey.export({ type: "spki", format: "der" }));
  const authority = await createClientAuthority(testStart);
  return (await authority.issue({ name: "hardware", publicKey })).cert;
})();
const certificate: Certificate = certificatesIn(new TextEncoder().encode(pem), "f", "o")[0] ??
  assert.fail("no certificate");

/** What pkcs11-tool lists, with these flags. */
const listed = (flags: string) =>
  "Slot 0 (0x1): a reader\n  token label        : my token\n" +
  `  token flags        : login required, token initialized${flags}\n`;

/** Plays pkcs11-tool: lists these flags in turn, and answers each signature with this error. */
function tool(flags: readonly string[], stderr: string) {
  const left = [...flags];
  const pins: (string | undefined)[] = [];
  const run: RunHelper = ({ args, set }) => {
    const captured = { bytes: new Uint8Array(), stderr };
    if (args.includes("--list-token-slots")) {
      const next = left.shift();
      return Promise.resolve(
        next === undefined
          ? { code: 1, stdout: "", captured }
          : { code: 0, stdout: listed(next), captured },
      );
    }
    pins.push(set?.KEY_PIN);
    return Promise.resolve({ code: 1, stdout: "", captured });
  };
  return { run, pins };
}

async function failureOf(
  uri: string,
  run: RunHelper,
  pin: { readonly fromFile?: string; readonly typed?: string },
): Promise<Failure> {
  const signer = signedByToken(parsePkcs11Uri(uri), certificate, run, {
    fromFile: pin.fromFile === undefined ? undefined : new Secret(pin.fromFile),
    ask: () => Promise.resolve(new Secret(pin.typed ?? assert.fail("no prompt was expected"))),
  });
  try {
    await signer(new Uint8Array(32));
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return assert.fail("it signed");
}

const uri = "pkcs11:token=my%20token;id=%01?module-path=/opt/my%20lib/p11.so";
const wrong = "error: PKCS11 function C_Login failed: rv = CKR_PIN_INCORRECT (0xa0)";

Deno.test("PKCS #11: after a wrong PIN, says how near the token is to locking itself", async () => {
  for (
    const [after, message, hint] of [
      ["", /^the token my token rejected the PIN$/, /a few wrong PINs lock the token$/],
      [", user PIN count low", /rejected the PIN$/, /a few wrong PINs lock the token$/],
      [", final user PIN try", /rejected the PIN$/, /another wrong PIN locks the token$/],
      [", user PIN locked", /^the PIN of the token my token is locked$/, /^unlock it/],
    ] as const
  ) {
    const { run, pins } = tool(["", after], wrong);
    const failure = await failureOf(uri, run, { typed: "9999" });
    assert.match(failure.message, message, after);
    assert.match(String(failure.hint), hint, after);
    assert.deepEqual(pins, ["9999"]);
  }
});

Deno.test("PKCS #11: a window shows the warning with its question, a terminal before it", async () => {
  for (const canAsk of [false, true]) {
    const shown: string[] = [];
    const answered = (text: string) => Promise.resolve((shown.push(text), "0000"));
    const plain = testSystem();
    const system = testSystem({
      system: {
        dialog: { ...noDialog, canAsk: () => Promise.resolve(true), ask: answered },
        terminal: {
          ...plain.terminal,
          canAsk,
          askSecret: answered,
          tell: (text) => Promise.resolve(void shown.push(text)),
        },
      },
    });
    system.files.put("/pki/c.pem", pem);
    const { run } = tool([", final user PIN try", ", user PIN locked"], wrong);
    const { tpm: _, ...others } = source;
    const proven = await proveByCertificate({ ...others, pkcs11: uri }, context(system, run));
    assert.ok("proof" in proven);
    await assert.rejects(() => proven.proof.signer.sign(text), /is locked/);
    const warning = "the last PIN was wrong, and another wrong one locks the token";
    assert.deepEqual(
      shown,
      canAsk
        ? [`athm: warning: ${warning}`, "PIN of the token my token: "]
        : [`PIN of the token my token (${warning}):`],
    );
  }
});

Deno.test("PKCS #11: Enter alone is never sent as a PIN", async () => {
  const { run, pins } = tool([""], "");
  assert.equal((await failureOf(uri, run, { typed: "" })).message, "no PIN was entered");
  assert.deepEqual(pins, []);
});

Deno.test("PKCS #11: with a PIN pad, Enter alone leaves the PIN to the pad", async () => {
  const questions: string[] = [];
  const logins: (readonly string[])[] = [];
  const { run } = tool([", PIN pad present", ", PIN pad present"], wrong);
  const signer = signedByToken(
    parsePkcs11Uri(uri),
    certificate,
    (spec) => {
      if (spec.args.includes("--login")) {
        logins.push([...spec.args, ...Object.keys(spec.set ?? {})]);
      }
      return run(spec);
    },
    {
      fromFile: undefined,
      ask: (question) => Promise.resolve((questions.push(question), new Secret(""))),
    },
  );
  await assert.rejects(() => signer(new Uint8Array(32)), /rejected the PIN/);
  assert.deepEqual(questions, ["PIN of the token my token (empty: on its PIN pad)"]);
  assert.equal(logins.length, 1);
  assert.ok(!logins[0]?.some((word) => word === "--pin" || word === "KEY_PIN"));
});

Deno.test("PKCS #11: a file's PIN is not sent after a wrong one; the command unlocks this token", async () => {
  const { run, pins } = tool([", user PIN count low"], "");
  const { message, hint } = await failureOf(uri, run, { fromFile: "1234" });
  assert.match(message, /^the last PIN for the token my token was wrong/);
  assert.equal(
    hint,
    "enter the right PIN once: pkcs11-tool --module '/opt/my lib/p11.so' --token-label 'my token' " +
      "--login --list-objects; then correct the file",
  );
  assert.deepEqual(pins, []);
});

Deno.test("PKCS #11: no token, or a module that cannot be loaded, has its own hint", async () => {
  for (
    const [given, stderr, message, hint] of [
      [
        "pkcs11:token=a;id=%01",
        "No slots.\n",
        "--pkcs11: token a not found",
        "connect it, and check whether the URI requires a module-path; pkcs11-tool --list-token-slots lists tokens",
      ],
      [
        uri,
        "No slots.\n",
        "--pkcs11: token my token not found",
        "connect it, and check module-path in the URI; pkcs11-tool --module '/opt/my lib/p11.so' --list-token-slots lists tokens",
      ],
      [
        uri,
        "sc_dlopen failed: no such file\nerror: Failed to load pkcs11 module\nAborting.\n",
        "--pkcs11: pkcs11-tool cannot load the module /opt/my lib/p11.so",
        "check module-path in the URI",
      ],
    ] as const
  ) {
    const failure = await failureOf(given, tool([], stderr).run, {});
    assert.deepEqual([failure.message, failure.hint], [message, hint]);
  }
});

const text = new TextEncoder().encode("what AWS verifies");

/** Plays tpm2_sign for a key with or without a password, and counts wrong uses as a TPM does. */
function chip(files: MemoryFiles, password: string) {
  const state = { wrong: 0 };
  const run: RunHelper = ({ args, input = "" }) => {
    const captured = { bytes: new Uint8Array(), stderr: "" };
    if (input !== password) {
      state.wrong++;
      const stderr = "ERROR: Esys_Sign(0x98E) - tpm:session(1):the authorization HMAC check failed";
      return Promise.resolve({ code: 1, stdout: "", captured: { ...captured, stderr } });
    }
    const digest = files.read(args.at(-1) ?? "")?.toHex();
    const signed =
      [text, new Uint8Array(1)].find((each) =>
        createHash("sha256").update(each).digest("hex") === digest
      ) ?? assert.fail("an unknown digest");
    files.put(args[args.indexOf("-o") + 1] ?? "", sign("sha256", signed, keys.privateKey));
    return Promise.resolve({ code: 0, stdout: "", captured });
  };
  return { run, state };
}

const sample = sourceOf({ kind: "roles-anywhere" } as RolesAnywhereSource).sample();
const { trustAnchorArn, profileArn } = sample;
const source: RolesAnywhereSource = {
  ...{ kind: "roles-anywhere", trustAnchorArn, profileArn },
  ...{ certificate: "/pki/c.pem", tpm: "0x81000001" },
};

function context(system: System, help: RunHelper): ProofContext {
  const unused = () => assert.fail("not needed");
  return {
    ...{ system, help, network: {}, region: "eu-west-1", after: 0 },
    ...{
      proofs: { get: unused, forget: unused },
      http: unused,
      ask: unused,
      browserFolder: unused,
    },
  };
}

Deno.test("TPM: a person is asked once, so that no try counts as a wrong password", async () => {
  for (const password of ["", "words"]) {
    const system = testSystem({ answers: [password] });
    system.files.put("/pki/c.pem", pem);
    const { run, state } = chip(system.files, password);
    const proven = await proveByCertificate(source, context(system, run));
    assert.ok("proof" in proven);
    await proven.proof.signer.sign(text);
    assert.equal(state.wrong, 0);
    assert.equal(proven.source.tpmPassword, password !== "");
    assert.deepEqual(system.asked, [
      { question: "Password of the TPM key 0x81000001 (empty: none): ", secret: true },
    ]);
  }
});

Deno.test("TPM: without prompts, the key is tried without a password once and never again", async () => {
  const system = testSystem();
  system.files.put("/pki/c.pem", pem);
  const { run, state } = chip(system.files, "words");
  const proven = await proveByCertificate(source, context(system, run));
  assert.ok("error" in proven && proven.error instanceof Failure);
  assert.equal(
    proven.error.message,
    "cannot prompt for the password of the TPM key 0x81000001: prompts are disabled",
  );
  const corrected = proven.corrected ?? assert.fail("nothing was learned");
  assert.ok("error" in await proveByCertificate(corrected, context(system, run)));
  assert.equal(state.wrong, 1);

  const open = chip(system.files, "");
  const good = await proveByCertificate(source, context(system, open.run));
  assert.ok("proof" in good && good.source.tpmPassword === false);
  assert.equal(open.state.wrong, 0);
});
