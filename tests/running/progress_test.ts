// Long operations are shown on a terminal, cleared afterward, and shown nowhere else.

import assert from "node:assert/strict";
import { athmHome } from "../support/athm_home.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { noTerminal, unless } from "../support/programs.ts";
import { screenOf } from "../support/screen.ts";
import { findPty, runAtTerminal } from "../support/terminal_session.ts";

const pty = Deno.build.os === "windows" ? undefined : await findPty();

Deno.test({
  ...unless(
    noTerminal(pty),
    "progress: a slow sign-in shows only on a terminal and leaves nothing behind",
  ),
}, async () => {
  await using aws = await startFakeAws();
  const user = aws.addUser({});
  await using home = await athmHome({
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  });
  const add = `athm --no-prompt aws add example --from-env --no-login --endpoint-url ${aws.url}`;
  assert.equal((await home.run(add)).exit, 0);
  const place = { cwd: home.folder, env: home.env, limit: 60_000 };
  const rotate = "athm aws exec example --rotate";
  const slowly = async (command: string) => {
    aws.behave({ kind: "slow", ms: 1500 });
    const { raw, exit, left } = await runAtTerminal(pty!, command, [], place);
    assert.deepEqual([exit, left], [0, []], raw);
    return raw;
  };
  const raw = await slowly(rotate);
  assert.match(raw, /- (signing in to example|waiting for 127\.0\.0\.1)/);
  assert.match(screenOf(raw, 100), /^athm: example: new session until [^\n]*\n$/);
  for (const command of [`CI=1 ${rotate}`, `TERM=dumb ${rotate}`, `${rotate} 2>log; cat log`]) {
    assert.match(await slowly(command), /^athm: example: new session until [^\r\n]*\r\n$/, command);
  }
  const traced = await slowly(`${rotate} --debug`);
  assert.ok(!traced.includes("\x1b") && !traced.includes("signing in to"), traced);

  // The command's output is unchanged, and a kept session shows nothing.
  const kept = await runAtTerminal(pty!, "athm aws exec example -- echo ran", [], place);
  assert.equal(kept.raw, "ran\r\n");
});
