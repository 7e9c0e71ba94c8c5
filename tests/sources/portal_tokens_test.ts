// Tokens of an access portal: when they are refreshed, when a person is asked, and how long athm waits.

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import type { Secret } from "../../src/model/secret.ts";
import { withoutQuestions } from "../../src/system/terminal.ts";
import { minute, portalTest, type PortalWorld } from "../support/portal_world.ts";

async function refuses(
  { aws }: PortalWorld,
  token: Promise<Secret>,
  code: string,
  says: RegExp,
  hint = /(?:)/,
): Promise<void> {
  const error = await token.then(() => assert.fail("it succeeded"), (error) => error);
  assert.ok(error instanceof Failure, String(error));
  assert.match(error.message, says);
  assert.match(error.hint ?? "", hint);
  assert.equal(error.code, code, error.message);
  const all = `${error.message} ${error.hint} ${Deno.inspect(error)}`;
  for (const secret of aws.secrets()) assert.ok(!all.includes(secret), "a secret is in the error");
}

portalTest(
  "a person signs in once; the token is refreshed 15 minutes ahead of its end",
  async (world) => {
    const { token, calls, system, aws } = world;
    const first = await token();
    assert.deepEqual(calls(), ["RegisterClient 200", "Authorize 302", "CreateToken 200"]);
    await system.advance(44 * minute);
    assert.equal((await token()).reveal(), first.reveal());
    assert.deepEqual(calls(), []);
    await system.advance(2 * minute);
    const second = await token();
    assert.deepEqual(calls(), ["CreateToken 200"]);
    assert.notEqual(second.reveal(), first.reveal());
    // Refresh tokens rotate: the one that was used is gone, the new one works.
    await system.advance(50 * minute);
    await token();
    assert.deepEqual(calls(), ["CreateToken 200"]);
    assert.equal([...aws.sso.refreshTokens.values()].filter(({ used }) => !used).length, 1);
  },
);

portalTest("refreshes a token that was issued while the clock was ahead", async (world) => {
  const { token, calls, system } = world;
  const { now } = system;
  for (const ahead of [2 * minute, 120 * minute, 24 * 60 * minute]) {
    system.now = () => now() + ahead;
    await token(world.kept.tokens?.accessToken);
    system.now = now;
    calls();
    await token();
    assert.deepEqual(calls(), ["CreateToken 200"]);
    await token();
    assert.deepEqual(calls(), []);
  }
});

portalTest("the verifier, state and challenge are new for each sign-in", async (world) => {
  const { token, desktop } = world;
  await token(await token());
  world.aws.sso.refreshTokens.clear();
  await token(world.kept.tokens!.accessToken);
  const [first, second] = desktop.opened.map((url) => new URL(url).searchParams);
  assert.ok(first && second);
  for (const name of ["state", "code_challenge"]) {
    assert.match(first.get(name) ?? "", /^[A-Za-z0-9_-]{43}$/);
    assert.notEqual(first.get(name), second.get(name));
  }
  assert.equal(first.get("client_id"), second.get("client_id"));
});

portalTest("uses a token that is valid for minutes while the network is down", async (world) => {
  const { token, calls, system, aws } = world;
  const first = await token();
  await system.advance(50 * minute);
  calls();
  aws.behave(
    { kind: "fail", status: 500, code: "InternalServerException", message: "x" },
    Infinity,
  );
  assert.equal((await token()).reveal(), first.reveal());
  assert.deepEqual(calls(), Array(4).fill("CreateToken 500"));
  await system.advance(11 * minute);
  await refuses(world, token(), "aws-passing", /returned a server error for CreateToken/);
});

portalTest(
  "after a rejected refresh, the token is used until it expires, then the person signs in",
  async (world) => {
    const { token, calls, system, aws } = world;
    const first = await token();
    aws.sso.refreshTokens.clear();
    await system.advance(50 * minute);
    calls();
    assert.equal((await token()).reveal(), first.reveal());
    assert.deepEqual(calls(), ["CreateToken 400"]);
    await system.advance(10 * minute);
    const second = await token();
    assert.notEqual(second.reveal(), first.reveal());
    // The client is known still: the person is not shown another one.
    assert.deepEqual(calls(), ["CreateToken 400", "Authorize 302", "CreateToken 200"]);
  },
);

portalTest("uses the token after an unknown refresh error", async (world) => {
  const { token, calls, system, aws } = world;
  const first = await token();
  const refusal = {
    kind: "fail",
    status: 400,
    code: "SomethingNewException",
    message: "x",
  } as const;
  aws.behave({ ...refusal, action: "CreateToken" }, 2);
  await system.advance(50 * minute);
  calls();
  assert.equal((await token()).reveal(), first.reveal());
  await system.advance(11 * minute);
  assert.notEqual((await token()).reveal(), first.reveal());
  assert.deepEqual(calls(), [
    "CreateToken 400",
    "CreateToken 400",
    "Authorize 302",
    "CreateToken 200",
  ]);
});

portalTest(
  "an unknown or expired client registers again",
  async (world) => {
    const { token, calls, system, aws } = world;
    await token();
    aws.sso.clients.clear();
    await system.advance(61 * minute);
    calls();
    await refuses(world, token(undefined, minute), "source", /was not completed/); // the page knows no such client
    aws.sso.refreshTokens.clear();
    await system.advance(91 * 24 * 60 * minute);
    calls();
    await token();
    assert.deepEqual(calls(), ["RegisterClient 200", "Authorize 302", "CreateToken 200"]);
  },
);

portalTest("with a code: an unknown client registers again, once", async (world) => {
  const { token, calls, system, aws } = world;
  aws.sso.person = "elsewhere";
  await token();
  aws.sso.clients.clear();
  await system.advance(61 * minute);
  calls();
  await token();
  assert.deepEqual(calls(), [
    "CreateToken 401",
    "StartDeviceAuthorization 401",
    "RegisterClient 200",
    "StartDeviceAuthorization 200",
    "VerifyDevice 200",
    "CreateToken 200",
  ]);
}, { deviceCode: true });

portalTest(
  "without refresh tokens, the person signs in again when the token expires",
  async (world) => {
    const { token, calls, system, aws } = world;
    aws.sso.refreshes = false;
    const first = await token();
    await system.advance(58 * minute);
    assert.equal((await token()).reveal(), first.reveal());
    await system.advance(2 * minute);
    calls();
    assert.notEqual((await token()).reveal(), first.reveal());
    assert.deepEqual(calls(), ["Authorize 302", "CreateToken 200"]);
  },
);

portalTest("the interval grows by 5 seconds at each slow_down and stays", async (world) => {
  const { token, waits, aws } = world;
  Object.assign(aws.sso, { person: "elsewhere", slowDowns: 2, pendings: 2 });
  await token();
  assert.deepEqual(waits, [1000, 6000, 11_000, 11_000, 11_000]);
}, { deviceCode: true });

portalTest("with a code: waits out a network failure", async (world) => {
  const { token, aws, calls } = world;
  aws.sso.person = "elsewhere";
  const away = {
    kind: "fail",
    status: 503,
    code: "X",
    message: "x",
    action: "CreateToken",
  } as const;
  aws.behave(away, 8);
  await token();
  assert.deepEqual(calls().slice(3), [...Array(8).fill("CreateToken 503"), "CreateToken 200"]);
}, { deviceCode: true });

portalTest("polls until an unused code expires", async (world) => {
  const { token, waits, aws, system } = world;
  Object.assign(aws.sso, { person: "away", deviceLife: 120 });
  const begun = system.now();
  await refuses(world, token(), "source", /the code for .* expired before it was used/);
  assert.ok(waits.length >= 110 && waits.length <= 121, String(waits.length));
  assert.ok(system.now() - begun <= 123_000);
  assert.equal(world.kept.tokens, undefined);
}, { deviceCode: true });

portalTest(
  "if the person never finishes, times out after ten minutes and frees the port",
  async (world) => {
    const { token, desktop, system, aws } = world;
    aws.sso.person = "away";
    const begun = system.now();
    await refuses(
      world,
      token(undefined, minute),
      "source",
      /within 10 minutes/,
      /--sso-device-code/,
    );
    assert.ok(system.now() - begun >= 10 * minute && system.now() - begun < 12 * minute);
    const port = new URL(new URL(desktop.opened[0]!).searchParams.get("redirect_uri")!).port;
    await assert.rejects(fetch(`http://127.0.0.1:${port}/oauth/callback`));
  },
);

portalTest("a port that cannot be opened is reported with an alternative", async (world) => {
  world.system.listen = () => {
    throw new Failure("network", "cannot listen on 127.0.0.1:0: permission denied");
  };
  await refuses(
    world,
    world.token(),
    "network",
    /^cannot receive the browser's callback: cannot listen on 127\.0\.0\.1:0: permission denied$/,
    /--sso-device-code/,
  );
  assert.deepEqual(world.desktop.opened, []);
});

portalTest("without a desktop, prints a code and opens no browser", async (world) => {
  const { token, desktop, aws, system, calls } = world;
  desktop.there = false;
  aws.sso.person = "elsewhere";
  await token();
  assert.deepEqual(desktop.opened, []);
  const [device] = [...calls()].slice(1);
  assert.equal(device, "StartDeviceAuthorization 200");
  assert.match(system.captured.said.join("\n"), /enter the code [A-Z]{4}-[A-Z]{4}/);
});

portalTest("an invalid URL is not opened", async (world) => {
  const { token, desktop, aws } = world;
  const body = JSON.stringify({
    deviceCode: "device-code",
    userCode: "ABCD",
    verificationUri: "javascript:alert(1)",
    expiresIn: 600,
  });
  aws.behave({ kind: "garbage", body, action: "StartDeviceAuthorization" });
  await refuses(world, token(), "source", /the URL to open is not https/);
  assert.deepEqual(desktop.opened, []);
}, { deviceCode: true });

portalTest(
  "with prompts disabled, a refresh works and a sign-in names the command to run",
  async (world) => {
    const { system, token, calls } = world;
    const first = await token();
    Object.assign(system, { terminal: withoutQuestions(system.terminal) });
    await system.advance(61 * minute);
    calls();
    const second = await token();
    assert.notEqual(second.reveal(), first.reveal());
    assert.deepEqual(calls(), ["CreateToken 200"]);
    world.aws.sso.refreshTokens.clear();
    await system.advance(61 * minute);
    await refuses(world, token(), "needs-person", /requires a sign-in/, /^sign in$/);
    assert.deepEqual(calls(), ["CreateToken 400"]);
  },
);

portalTest(
  "a portal that issues the same rejected token again is not asked a third time",
  async (world) => {
    const { token, calls, aws } = world;
    const first = await token();
    aws.sso.accessTokens.clear();
    calls();
    const second = await token(first);
    assert.notEqual(second.reveal(), first.reveal());
    assert.deepEqual(calls(), ["CreateToken 200"]);
  },
);
