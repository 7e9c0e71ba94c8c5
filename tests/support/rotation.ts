/**
 * A machine with profiles that share a key, and athm on it with a clock that advances by itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Profile } from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { run } from "../../src/program.ts";
import type { Store } from "../../src/store/store.ts";
import type { System } from "../../src/system/system.ts";
import { type Machine, role, second, type SessionWorld } from "./session_world.ts";
import { settle } from "./test_system.ts";

/** Runs athm while the clock advances by itself. */
export async function athm(world: SessionWorld, system: System, args: string): Promise<number> {
  let code: number | undefined;
  let sleeping = 0;
  const sleep: System["sleep"] = async (milliseconds, signal) => {
    sleeping++;
    await system.sleep(milliseconds, signal).finally(() => sleeping--);
  };
  run(args.split(" "), { ...system, sleep }).then((ended) => void (code = ended));
  for (let turn = 0; code === undefined; turn++) {
    assert.ok(turn < 20_000, "it never came to an end");
    await settle();
    if (sleeping > 0) await world.advance(second);
  }
  return code;
}

/** A profile's stored key. */
export function keyId(profile: Profile | undefined): string {
  assert.equal(profile?.source.kind, "keys");
  return profile?.source.kind === "keys" ? profile.source.accessKeyId : "";
}

/** Two profiles with the user's key, and one with another key. */
export async function prepared(world: SessionWorld): Promise<{ machine: Machine; store: Store }> {
  const machine = await world.machine();
  const { store } = machine;
  const other = world.aws.addUser({ name: "olaf" });
  const source = {
    kind: "keys" as const,
    accessKeyId: other.accessKeyId,
    secretAccessKey: new Secret(other.secretAccessKey),
  };
  await store.saveProfile(world.profile("example"), { replace: false });
  await store.saveProfile(world.profile("deploy", { roleArns: [role] }), { replace: false });
  await store.saveProfile(world.profile("other", { source }), { replace: false });
  return { machine, store };
}
