// ssh-keygen (OpenSSH) and athm verify each other's signatures of team files.

import assert from "node:assert/strict";
import { trustedKeys } from "../../src/migration/team/keys.ts";
import { verifySignature } from "../../src/migration/team/signature.ts";
import { missing, ran, unless } from "../support/programs.ts";
import { newSigner, signerTypes } from "../support/team_signer.ts";

const message = "athm: 1\nserial: 1\nprofiles: {}\n";

const kinds: readonly (readonly [type: string, bits: string])[] = [
  ["ed25519", "256"],
  ["ecdsa", "256"],
  ["ecdsa", "384"],
  ["ecdsa", "521"],
  ["rsa", "2048"],
];

async function keygen(folder: string, ...args: readonly string[]) {
  const outcome = await ran("ssh-keygen", args, { cwd: folder });
  assert.equal(outcome?.code, 0, outcome?.err);
}

Deno.test({
  ...unless(missing("ssh-keygen"), "team files: athm verifies what ssh-keygen signs"),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const read = (name: string) => Deno.readFileSync(`${folder}/${name}`);
      const text = new TextEncoder().encode(message);
      await Deno.writeFile(`${folder}/team.yaml`, text);
      for (const [type, bits] of kinds) {
        const name = `${type}${bits}`;
        await keygen(folder, "-q", "-t", type, "-b", bits, "-N", "", "-C", "ann", "-f", name);
        const keys = await trustedKeys(name, read(`${name}.pub`));
        const shown = await ran("ssh-keygen", ["-l", "-f", `${folder}/${name}.pub`]);
        assert.ok(shown?.out.includes(` ${keys[0]?.fingerprint} `), shown?.out);
        const sign = async (namespace: string, hash: string) => {
          await Deno.remove(`${folder}/team.yaml.sig`).catch(() => {});
          const how = ["-n", namespace, "-O", `hashalg=${hash}`, "-f", name, "team.yaml"];
          await keygen(folder, "-Y", "sign", "-q", ...how);
          return read("team.yaml.sig");
        };
        for (const hash of ["sha256", "sha512"]) {
          const signer = await verifySignature(text, await sign("athm", hash), keys, "sig");
          assert.equal(signer, keys[0]);
        }
        const other = await sign("file", "sha512");
        await assert.rejects(verifySignature(text, other, keys, "sig"), /made for "file"/);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  ...unless(missing("ssh-keygen"), "team files: ssh-keygen verifies what the tests' signer signs"),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const type of signerTypes) {
        const signer = await newSigner(type);
        await Deno.writeTextFile(`${folder}/allowed`, `ann ${signer.publicKey}\n`);
        await Deno.writeTextFile(`${folder}/sig`, await signer.sign(message));
        const args = ["-Y", "verify", "-n", "athm", "-I", "ann", "-f", "allowed", "-s", "sig"];
        const verify = new Deno.Command("ssh-keygen", {
          args,
          cwd: folder,
          stdin: "piped",
          stdout: "null",
          stderr: "piped",
        }).spawn();
        const input = verify.stdin.getWriter();
        await input.write(new TextEncoder().encode(message));
        await input.close();
        const { code, stderr } = await verify.output();
        assert.equal(code, 0, `${type}: ${new TextDecoder().decode(stderr)}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
