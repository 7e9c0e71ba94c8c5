/** How the runtime changes the environment, which differs on Windows. */
import assert from "node:assert/strict";
import { childEnvironment } from "../../src/delivery/environment.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { applied } from "../support/applied_environment.ts";
import { numbered } from "../support/keeper_world.ts";
import { hour } from "../support/session_world.ts";
import { testStart } from "../support/test_system.ts";

const session = numbered(1, testStart, hour);

Deno.test("environment: a real child gets exactly the inherited and changed variables", async () => {
  const system = denoSystem();
  const before = { AWS_PROFILE: "p", Aws_Profile: "q", ATHM_KEY: "k", AWS_REGION: "r", OTHER: "o" };
  const earlier = Object.keys(before).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(before)) Deno.env.set(name, value);
  try {
    const change = childEnvironment({ profile: "example", session, region: "eu-west-1" });
    const expected = applied(Deno.env.toObject(), change, system.platform);
    const script = "console.log(JSON.stringify(Deno.env.toObject()))";
    const spec = { command: Deno.execPath(), args: ["eval", script], seconds: 60, bytes: 2 ** 20 };
    const { stdout } = await system.children.help({ ...spec, ...change });
    assert.deepEqual(JSON.parse(stdout), expected);
  } finally {
    for (const [name, value] of earlier) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
});
