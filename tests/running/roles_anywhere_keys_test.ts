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
import { noToken, noTpm, softToken, softTpm, tokenPin } from "../support/key_hardware.ts";
import { unless } from "../support/programs.ts";
import { createClientAuthority } from "../support/client_certificates.ts";

const text = new TextEncoder().encode("what AWS verifies");

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
  ...unless(noToken, "PKCS #11: signs with a token's keys, and sends a wrong PIN of a file once"),
  fn: async () => {
    await using token = await softToken();
    const run = runWith(token.env);
    const signer = (pin: string, certificate: Awaited<ReturnType<typeof certificateFor>>) => {
      const uri = parsePkcs11Uri(token.uri("0a"));
      const given = { fromFile: new Secret(pin), ask: () => assert.fail("a PIN is there") };
      return signedBy(signedByToken(uri, certificate, run, given), certificate, "--pkcs11");
    };
    const ec = await certificateFor(await token.make("EC:prime256v1", "0a"));
    assert.ok((await signer(tokenPin, ec)(text)).length > 60);
    // The key of another certificate is found before anything is sent to AWS.
    const other = await certificateFor(await token.make("EC:prime256v1", "0b"));
    await assert.rejects(() => signer(tokenPin, other)(text), /does not match/);
    await token.delete("0a");
    const rsa = await certificateFor(await token.make("rsa:2048", "0a"));
    assert.ok((await signer(tokenPin, rsa)(text)).length > 60);
    run.pins.length = 0;
    await assert.rejects(() => signer("9999", rsa)(text), /rejected the PIN/);
    await assert.rejects(() => signer("9999", rsa)(text), /last PIN .* was wrong/);
    await assert.rejects(() => signer("9999", rsa)(text), /last PIN .* was wrong/);
    assert.deepEqual(run.pins, ["9999"]);
    await token.remove();
    await assert.rejects(() => signer(tokenPin, rsa)(text), /token build not found/);
  },
});

Deno.test({
  ...unless(noTpm, "TPM 2: signs with a persistent key, with and without a password"),
  fn: async () => {
    await using tpm = await softTpm();
    const run = runWith(tpm.env);
    const { files } = denoSystem();
    for (
      const [kind, handle, auth] of [
        ["ecc256", "0x81000001", undefined],
        ["rsa2048", "0x81000002", "a password"],
      ] as const
    ) {
      const certificate = await certificateFor(await tpm.make(kind, handle, auth));
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
  },
});
