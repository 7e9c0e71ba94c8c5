import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { checkMfaSerial } from "../../src/model/limits.ts";
import { type CodeWanted, withMfaCode } from "../../src/signin/mfa_code.ts";
import type { Dialog } from "../../src/system/dialog.ts";
import { refuses } from "../support/refuses.ts";
import { failsAs } from "../support/session_world.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const serial = "arn:aws:iam::123456789012:mfa/ann";

/** A device that takes this code alone; the codes that were sent, and what was said on the way. */
function device(
  good: string,
  answers: readonly string[] | undefined,
  wanted: Partial<CodeWanted> = {},
) {
  const system = testSystem(answers ? { answers } : {});
  const sent: string[] = [];
  const ask = () => Promise.reject(new Error("no command was to be run"));
  const run = () =>
    withMfaCode({ system, serial, ask, ...wanted }, ({ mfaSerial, mfaCode }) => {
      assert.equal(mfaSerial, serial);
      sent.push(mfaCode);
      return mfaCode === good
        ? Promise.resolve("in")
        : Promise.reject(new Failure("mfa-code", "the code is wrong", "wait"));
    });
  return { system, sent, run };
}

Deno.test("mfa: the third try may succeed; a rejected code is not sent again", async () => {
  const { run, sent, system } = device("333333", ["111111", "111111", "333 333"]);
  assert.equal(await run(), "in");
  assert.deepEqual(sent, ["111111", "333333"]);
  assert.match(system.captured.said[0] ?? "", /the code is wrong: wait/);
  assert.match(system.captured.said[1] ?? "", /was just used/);
});

Deno.test("mfa: allows three tries, including malformed codes, and shows no code", async () => {
  const { run, sent, system } = device("999999", ["12", "222222", "333333", "999999"]);
  await failsAs("mfa-code", run(), /wrong/);
  assert.deepEqual(sent, ["222222", "333333"]);
  assert.equal(system.asked.length, 3);
  assert.doesNotMatch(system.captured.said.join(), /222222|333333/);
});

Deno.test("mfa: prints the reason where it prompts, even while stderr is captured", async () => {
  const system = testSystem({ answers: ["111111", "222222"] });
  const told: string[] = [];
  system.terminal.tell = (text) => Promise.resolve(void told.push(text));
  assert.equal(await device("222222", [], { system }).run(), "in");
  assert.deepEqual([told, system.captured.said], [["athm: the code is wrong: wait"], []]);
});

Deno.test("mfa: soon after a sign-in, suggests that a rejected code was already used", async () => {
  const recent = device("1", undefined, { given: "222222", lastUsed: testStart - 12_000 });
  await failsAs("mfa-code", recent.run(), /wrong, or is the one used 12 s ago/, /next one/);
  const old = device("1", undefined, { given: "222222", lastUsed: testStart - 61_000 });
  await failsAs("mfa-code", old.run(), /^the code is wrong$/);
});

Deno.test("mfa: tries a given code once; Ctrl-C ends the prompts", async () => {
  const given = device("1", ["333333"], { given: "222222" });
  await failsAs("mfa-code", given.run(), /wrong/);
  assert.deepEqual([given.sent, given.system.asked], [["222222"], []]);
  const cancelled = device("1", []);
  await failsAs("cancelled", cancelled.run(), /cancelled/);
  assert.equal(cancelled.system.asked.length, 1);
});

Deno.test("mfa: runs the command again once the device has another code", async () => {
  const slept: number[] = [];
  const system = testSystem({ now: testStart + 12_000 });
  system.sleep = (milliseconds) => Promise.resolve(void slept.push(milliseconds));
  // Within its 30 seconds it prints the code that was used.
  const codes = ["111111\n", "111111\n", "222222\n"];
  const ask = () => Promise.resolve(codes.shift() ?? "222222\n");
  const changing = device("222222", undefined, { command: "totp", ask, system });
  assert.equal(await changing.run(), "in");
  assert.deepEqual([changing.sent, slept], [["111111", "222222"], [18_500]]);
  assert.match(system.captured.said.at(-1) ?? "", /waiting 19 s for the next code/);
  const same = device("1", undefined, { command: "totp", ask, system });
  await failsAs("source", same.run(), /30 s later it printed the same code/, /manually/);
  assert.deepEqual([same.sent, slept.length], [["222222"], 2]);
});

Deno.test("mfa: does not retry other errors with another code", async () => {
  const { system } = device("1", ["111111", "222222"]);
  const ask = () => Promise.reject(new Error("no command was to be run"));
  const denied = withMfaCode({ system, serial, ask }, () => {
    return Promise.reject(new Failure("aws", "the device is not the caller's"));
  });
  await failsAs("aws", denied, /not the caller's/);
  assert.equal(system.asked.length, 1);
});

// A window, where there is no terminal.

Deno.test("mfa: without a terminal, prompts in a window and shows the reason on a retry", async () => {
  const questions: string[] = [];
  const dialog: Dialog = {
    canAsk: () => Promise.resolve(true),
    allows: () => assert.fail("a code is no yes or no"),
    ask: (question) => {
      questions.push(question);
      return Promise.resolve(questions.length === 1 ? "111111" : "222222");
    },
  };
  const { run } = device("222222", undefined, { system: { ...testSystem(), dialog } });
  assert.equal(await run(), "in");
  assert.equal(questions[0], `MFA code for ${serial}:`);
  assert.equal(questions[1], `the code is wrong\nMFA code for ${serial}:`);
  const nobody = device("1", undefined);
  await failsAs("needs-person", nobody.run(), /prompts are disabled/, /--mfa-code/);
});

Deno.test("mfa: rejects a security key's ARN with a hint", () => {
  for (const partition of ["aws", "aws-us-gov", "aws-cn"]) {
    const key = `arn:${partition}:iam::123456789012:u2f/user/ann/key-7`;
    assert.match(
      refuses(() => checkMfaSerial(key), /security key/).hint ?? "",
      /authenticator app/,
    );
  }
  assert.equal(checkMfaSerial(serial), serial);
  assert.equal(checkMfaSerial("GAHT12345678"), "GAHT12345678");
});
