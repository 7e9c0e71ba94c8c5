// Keys that never leave their hardware: SoftHSM by pkcs11-tool, and an emulated TPM by tpm2_sign.

import assert from "node:assert/strict";
import { certificatesIn } from "../../src/signin/certificate/certificate.ts";
import type { RunHelper } from "../../src/signin/certificate/helper.ts";
import { signedByToken } from "../../src/signin/certificate/pkcs11.ts";
import { parsePkcs11Uri } from "../../src/signin/certificate/pkcs11_uri.ts";
import { signedBy } from "../../src/signin/certificate/signer.ts";
import { signedByTpm } from "../../src/signin/certificate/tpm.ts";
import { Secret } from "../../src/model/secret.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { missing, unless } from "../support/programs.ts";
import { createClientAuthority } from "../support/client_certificates.ts";

const softHsm = "/usr/lib/softhsm/libsofthsm2.so";
const text = new TextEncoder().encode("what AWS verifies");

async function ran(env: Record<string, string>, command: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, env }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return stdout;
}

/** As athm runs them, with the test's variables. */
function runWith(env: Record<string, string>): RunHelper & { readonly pins: string[] } {
  const pins: string[] = [];
  const run: RunHelper = (spec) => {
    pins.push(...Object.values(spec.set ?? {}));
    const limits = { seconds: 60, bytes: 256 * 1024, unset: [] };
    return denoSystem().children.help({ ...limits, ...spec, set: { ...env, ...spec.set } });
  };
  return Object.assign(run, { pins });
}

async function certificateFor(publicKey: Uint8Array<ArrayBuffer>) {
  const authority = await createClientAuthority();
  const { cert } = await authority.issue({ name: "hardware", publicKey });
  const [own] = certificatesIn(new TextEncoder().encode(cert), "cert.pem", "--certificate");
  return own ?? assert.fail("no certificate");
}

Deno.test({
  ...unless(
    missing("pkcs11-tool", "softhsm2-util"),
    "PKCS #11: signs with a token's keys, and sends a wrong PIN of a file once",
  ),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "athm-token-" });
    try {
      const env = { SOFTHSM2_CONF: `${folder}/conf` };
      await Deno.mkdir(`${folder}/tokens`);
      await Deno.writeTextFile(`${folder}/conf`, `directories.tokendir = ${folder}/tokens\n`);
      const init = ["--init-token", "--free", "--label", "build", "--pin", "1234", "--so-pin"];
      await ran(env, "softhsm2-util", ...init, "5678");
      const tool = ["--module", softHsm, "--token-label", "build"];
      const run = runWith(env);
      const signer = (pin: string, certificate: Awaited<ReturnType<typeof certificateFor>>) => {
        const uri = parsePkcs11Uri(`pkcs11:token=build;id=%0a?module-path=${softHsm}`);
        const given = { fromFile: new Secret(pin), ask: () => assert.fail("a PIN is there") };
        return signedBy(signedByToken(uri, certificate, run, given), certificate, "--pkcs11");
      };
      for (const [kind, id] of [["EC:prime256v1", "0a"], ["rsa:2048", "0a"]] as const) {
        const login = [...tool, "--login", "--pin", "1234"];
        const made = ["--keypairgen", "--key-type", kind, "--id", id, "--label", "k"];
        await ran(env, "pkcs11-tool", ...login, ...made);
        const read = ["--read-object", "--type", "pubkey", "--id", id];
        const publicKey = await ran(env, "pkcs11-tool", ...tool, ...read);
        const certificate = await certificateFor(publicKey);
        assert.ok((await signer("1234", certificate)(text)).length > 60, kind);
        // The key of another certificate is found before anything is sent to AWS.
        const other = await certificateFor(
          new Uint8Array(
            await crypto.subtle.exportKey(
              "spki",
              (await crypto.subtle.generateKey(
                { name: "ECDSA", namedCurve: "P-256" },
                true,
                ["sign", "verify"],
              )).publicKey,
            ),
          ),
        );
        if (kind.startsWith("EC")) {
          await assert.rejects(() => signer("1234", other)(text), /does not match/);
          for (const type of ["privkey", "pubkey"]) {
            const gone = ["--delete-object", "--type", type, "--id", id];
            await ran(env, "pkcs11-tool", ...login, ...gone);
          }
          continue;
        }
        run.pins.length = 0;
        await assert.rejects(() => signer("9999", certificate)(text), /rejected the PIN/);
        await assert.rejects(() => signer("9999", certificate)(text), /last PIN .* was wrong/);
        await assert.rejects(() => signer("9999", certificate)(text), /last PIN .* was wrong/);
        assert.deepEqual(run.pins, ["9999"]);
        await Deno.remove(`${folder}/tokens`, { recursive: true });
        await Deno.mkdir(`${folder}/tokens`);
        await assert.rejects(() => signer("1234", certificate)(text), /token build not found/);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  ...unless(
    missing("swtpm", "tpm2_sign"),
    "TPM 2: signs with a persistent key, with and without a password",
  ),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "athm-tpm-" });
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const tpm = new Deno.Command("swtpm", {
      args: [
        ...["socket", "--tpm2", "--tpmstate", `dir=${folder}`],
        ...["--server", `type=tcp,port=${port},bindaddr=127.0.0.1`],
        ...["--ctrl", `type=tcp,port=${port + 1},bindaddr=127.0.0.1`],
        ...["--flags", "not-need-init,startup-clear"],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const env = { TPM2TOOLS_TCTI: `swtpm:host=127.0.0.1,port=${port}` };
      const at = (name: string) => `${folder}/${name}`;
      for (let tries = 0;; tries++) {
        const { success } = await new Deno.Command("tpm2_createprimary", {
          args: ["-Q", "-c", at("primary")],
          env,
          stdout: "null",
          stderr: "null",
        }).output();
        if (success) break;
        assert.ok(tries < 100, "the TPM does not start");
        await new Promise((done) => setTimeout(done, 50));
      }
      const run = runWith(env);
      const { files } = denoSystem();
      for (
        const [kind, handle, auth] of [
          ["ecc256", "0x81000001", ""],
          ["rsa2048", "0x81000002", "a password"],
        ] as const
      ) {
        const password = auth ? ["-p", auth] : [];
        const parts = ["-u", at("pub"), "-r", at("priv"), "-C", at("primary")];
        await ran(env, "tpm2_create", "-Q", "-G", kind, ...parts, ...password);
        await ran(env, "tpm2_flushcontext", "-t");
        await ran(env, "tpm2_load", "-Q", ...parts, "-c", at("key"));
        await ran(env, "tpm2_evictcontrol", "-Q", "-C", "o", "-c", at("key"), handle);
        await ran(env, "tpm2_flushcontext", "-t");
        const pem = ["-c", handle, "-f", "der", "-o", at(`${kind}.der`)];
        await ran(env, "tpm2_readpublic", "-Q", ...pem);
        const certificate = await certificateFor(await Deno.readFile(at(`${kind}.der`)));
        const sign = (secret?: Secret) =>
          signedBy(
            signedByTpm({ files }, handle, certificate, run, secret),
            certificate,
            "--tpm",
          )(text);
        assert.ok((await sign(auth ? new Secret(auth) : undefined)).length > 60, kind);
        if (!auth) continue;
        await assert.rejects(() => sign(), /requires a password/);
        await assert.rejects(() => sign(new Secret("wrong")), /rejected the password/);
      }
    } finally {
      tpm.kill("SIGTERM");
      await tpm.status;
      await Deno.remove(folder, { recursive: true });
    }
  },
});
