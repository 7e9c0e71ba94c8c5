/** Real processes that share one sign-in at an access portal. */
import assert from "node:assert/strict";
import { athmHome } from "../support/athm_home.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { signInHome } from "../support/portal_home.ts";

const many = 20;

Deno.test("portal: twenty profiles with an expired token make one refresh", async () => {
  await using aws = await startFakeAws();
  await using home = await athmHome();
  const names = Array.from({ length: many }, (_, index) => `p${index}`);
  await signInHome(home, aws, names, -1000);
  const outcomes = await Promise.all(names.map((name) =>
    new Deno.Command(home.athm, {
      args: ["aws", "exec", name, "--", "/bin/sh", "-c", 'echo "$AWS_ACCESS_KEY_ID"'],
      cwd: home.folder,
      clearEnv: true,
      env: Object.fromEntries(home.env),
      stdin: "null",
    }).output()
  ));
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const wrong = outcomes.filter(({ code }) => code !== 0).map(({ stderr }) => text(stderr));
  assert.deepEqual(wrong, []);
  const keys = outcomes.map(({ stdout }) => text(stdout).trim());
  assert.ok(keys.every((key) => /^ASIA/.test(key)));
  assert.equal(new Set(keys).size, many);
  const count = (action: string) => aws.calls.filter((call) => call.action === action).length;
  assert.equal(count("CreateToken"), 1);
  assert.equal(count("GetRoleCredentials"), many);
  assert.equal(aws.calls.length, many + 1);
});

Deno.test("portal: renews a running child's session and the token without a person", async () => {
  await using aws = await startFakeAws({ sessionLifetime: () => 6 });
  await using home = await athmHome();
  await signInHome(home, aws, ["prod"], -1000);
  const ran = await home.run("athm aws exec prod --min-ttl 1 -- sleep 6");
  assert.equal(ran.exit, 0, ran.err);
  const actions = aws.calls.map(({ action, status }) => `${action} ${status}`);
  assert.equal(actions.filter((each) => each === "CreateToken 200").length, 1);
  assert.ok(actions.filter((each) => each === "GetRoleCredentials 200").length >= 2, `${actions}`);
});
