// `athm import file`: what another process changes during the question.

import assert from "node:assert/strict";
import type { Profile } from "../../src/model/profile.ts";
import { athm, type Said } from "../support/store_program.ts";
import { disk, file, imports, portal, stored, team } from "../support/team_home.ts";
import { newSigner } from "../support/team_signer.ts";
import { testSystem } from "../support/test_system.ts";

const signedBy = " --signed-by /home/ann/team.pub";

Deno.test("import file: a change by another process during the question is not undone", async () => {
  const [ann, bob] = [await newSigner(), await newSigner()];
  const changes: Readonly<Record<string, Partial<Profile> | undefined>> = {
    "aws set dev --confirm=5m": { confirm: 300 },
    "aws set dev --region=eu-west-3 --no-login": { network: { region: "eu-west-3" } },
    "aws rm dev --yes": undefined,
  };
  for (const [meanwhile, change] of Object.entries(changes)) {
    // The file leaves the profile as it is, but another key signed it; or it changes the profile.
    for (const role of ["dev", "Admin"]) {
      const files = disk();
      const put = async (signer: typeof ann, profiles: Record<string, string>, serial: number) => {
        const text = team(profiles, serial);
        files.put(file, text);
        files.put(`${file}.sig`, await signer.sign(text));
      };
      files.put("/home/ann/team.pub", `${ann.publicKey}\n${bob.publicKey}\n`);
      await put(ann, { dev: portal("dev") }, 1);
      assert.equal((await imports(files, `${signedBy} --yes`)).code, 0);
      const before = (await stored(files)).get("dev")!;
      await put(bob, { dev: portal(role), ops: portal() }, 2);
      const { terminal } = testSystem();
      let other: Said | undefined;
      const ask = async () => {
        // A later question is about what asks by now.
        other ??= await athm(meanwhile, files);
        return "yes";
      };
      const { code, err } = await imports(files, signedBy, {
        system: { terminal: { ...terminal, canAsk: true, ask } },
      });
      assert.equal(other?.code, 0, other?.err);
      assert.equal(code, 1, err);
      assert.match(err, /^athm: skipped dev: another athm process just changed dev$/m);
      assert.match(err, /1 imported, 0 changed, 0 unchanged, 1 skipped$/);
      const now = (await stored(files)).get("dev");
      const { origin: _, ...rest } = { ...before, ...change };
      if (change) assert.partialDeepStrictEqual(now, rest);
      else assert.equal(now, undefined);
    }
  }
});
