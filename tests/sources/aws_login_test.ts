// The console's sign-in: when and by which process keys are refreshed, when a person signs in, and
// AWS's errors.

import assert from "node:assert/strict";
import type { ConsoleSignIn } from "../../src/model/console_sign_in.ts";
import { Failure } from "../../src/model/failure.ts";
import type { AwsLoginSource, NetworkSettings } from "../../src/model/profile.ts";
import { pendingProofs } from "../../src/session/sign_in/proofs.ts";
import { keysOf, proveAtConsole } from "../../src/sources/aws_login_sign_in.ts";
import type { ProofContext } from "../../src/sources/source.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { withoutQuestions } from "../../src/system/terminal.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { consolePrincipal } from "../support/fake_aws/signin.ts";
import { httpTo } from "../support/http_to_fake.ts";
import { pastedCode } from "../support/story_signin.ts";
import { settle, type TestSystem, testSystem } from "../support/test_system.ts";

const minute = 60_000;
const developer = "arn:aws:sts::123456789012:assumed-role/Developer";

interface World {
  readonly aws: FakeAws;
  readonly system: TestSystem;
  /** URLs opened in a browser. */
  readonly opened: string[];
  source: AwsLoginSource;
  network: NetworkSettings;
  region: string;
  /** A sign-in with keys newer than `after`; the clock advances while something waits for it. */
  signIn(after?: number): Promise<ConsoleSignIn>;
  /** AWS's actions with their hosts and responses; clears them. */
  calls(): string[];
}

function consoleTest(name: string, run: (world: World) => Promise<void>): void {
  Deno.test(`aws-login: ${name}`, async () => {
    let now = () => Date.now();
    await using aws = await startFakeAws({ clock: () => now() });
    aws.signin.principal = consolePrincipal(`${developer}/ann`);
    const opened: string[] = [];
    const system = testSystem({
      answers: [],
      system: {
        http: httpTo(aws),
        listen: denoSystem().listen,
        browser: {
          isThere: () => Promise.resolve(true),
          // The fake's pages are in memory, but redirect to a real port.
          open: async (url) => {
            opened.push(url);
            const location = (await aws.handle(new Request(url))).headers.get("location");
            if (location !== null) await (await fetch(location)).text();
            return true;
          },
        },
      },
    });
    now = () => system.now();
    const proofs = pendingProofs();
    let seen = 0;
    const world: World = {
      aws,
      system,
      opened,
      source: { kind: "aws-login" },
      network: {},
      region: "eu-west-1",
      async signIn(after = 0) {
        const context: ProofContext = {
          system,
          network: world.network,
          proofs,
          http: (url) => system.http(url),
          ask: () => assert.fail("no command is run"),
          help: () => assert.fail("no program was expected"),
          browserFolder: () => assert.fail("no browser profile is used"),
          region: world.region,
          after,
        };
        let ended = false;
        const end = () => void (ended = true);
        const proving = proveAtConsole(world.source, context);
        proving.then(end, end);
        for (let turn = 0; !ended && turn < 5_000; turn++) {
          await settle();
          if (turn % 50 === 49) await system.advance(100);
        }
        const proven = await proving;
        if ("error" in proven) throw proven.error;
        world.source = proven.source;
        return proven.proof;
      },
      calls: () => {
        const fresh = aws.calls.slice(seen);
        seen = aws.calls.length;
        return fresh.map(({ action, status, host }) => `${action} ${status} ${host}`);
      },
    };
    await run(world);
  });
}

const host = "eu-west-1.signin.aws.amazon.com";

async function refuses(
  { aws }: World,
  made: Promise<unknown>,
  code: string,
  says: RegExp,
  hint = /(?:)/,
): Promise<void> {
  const error = await made.then(() => assert.fail("it succeeded"), (error) => error);
  assert.ok(error instanceof Failure, String(error));
  assert.match(error.message, says);
  assert.match(error.hint ?? "", hint);
  assert.equal(error.code, code, error.message);
  const all = `${error.message} ${error.hint} ${Deno.inspect(error)}`;
  for (const secret of aws.secrets()) assert.ok(!all.includes(secret), "a secret is in the error");
}

consoleTest(
  "asks the person once and refreshes the keys at half of their life",
  async (world) => {
    const { signIn, calls, system, aws } = world;
    const first = await signIn();
    assert.deepEqual(calls(), [
      `AuthorizeOAuth2Access 302 ${host}`,
      `CreateOAuth2Token 200 ${host}`,
    ]);
    assert.equal(first.principal, developer);
    assert.equal(world.source.principal, developer);
    assert.equal(first.session.arn, `${developer}/ann`);
    assert.equal(first.session.account, "123456789012");
    await system.advance(7 * minute);
    assert.equal(await signIn(), first);
    assert.deepEqual(calls(), []);
    await system.advance(minute);
    const second = await signIn();
    assert.deepEqual(calls(), [`CreateOAuth2Token 200 ${host}`]);
    assert.ok(second.session.expires > first.session.expires);
    assert.equal(second.session.arn, `${developer}/ann`);
    // Refresh tokens rotate: the one that was used is gone, the new one works.
    await system.advance(20 * minute);
    await signIn();
    assert.deepEqual(calls(), [`CreateOAuth2Token 200 ${host}`]);
    assert.equal([...aws.signin.refreshTokens.values()].filter(({ used }) => !used).length, 1);
  },
);

consoleTest("counts the keys' life from the request", async ({ signIn, system }) => {
  const before = system.now();
  const { session } = await signIn();
  assert.ok(session.issued >= before && session.issued <= system.now());
  assert.equal(session.expires - session.issued, 15 * minute);
});

consoleTest(
  "refreshes for callers that need newer keys, shares them with the others",
  async (world) => {
    const { signIn, calls, system } = world;
    const { session } = await signIn();
    calls();
    await system.advance(minute);
    assert.equal((await signIn(session.issued - 1)).session, session);
    assert.deepEqual(calls(), []);
    const forced = await signIn(system.now());
    assert.ok(forced.session.issued > session.issued);
    assert.deepEqual(calls(), [`CreateOAuth2Token 200 ${host}`]);
  },
);

consoleTest("refreshes in the region of the sign-in, whatever is set later", async (world) => {
  const { signIn, calls, system } = world;
  await signIn();
  calls();
  world.region = "us-east-2";
  await system.advance(10 * minute);
  assert.equal((await signIn()).region, "eu-west-1");
  assert.deepEqual(calls(), [`CreateOAuth2Token 200 ${host}`]);
});

consoleTest(
  "signs in at GovCloud's FIPS host with --fips, separately from other profiles",
  async (world) => {
    const { signIn, calls, aws } = world;
    aws.signin.principal = consolePrincipal("arn:aws-us-gov:iam::123456789012:user/ann");
    world.region = "us-gov-west-1";
    world.network = { fips: true };
    await signIn();
    const fips = "signin-fips.amazonaws-us-gov.com";
    assert.deepEqual(calls(), [
      `AuthorizeOAuth2Access 302 ${fips}`,
      `CreateOAuth2Token 200 ${fips}`,
    ]);
    world.network = {};
    await signIn();
    assert.deepEqual(calls(), [
      "AuthorizeOAuth2Access 302 us-gov-west-1.signin.amazonaws-us-gov.com",
      "CreateOAuth2Token 200 us-gov-west-1.signin.amazonaws-us-gov.com",
    ]);
    world.region = "eu-west-1";
    world.network = { fips: true };
    world.source = { kind: "aws-login" };
    await refuses(
      world,
      signIn(),
      "usage",
      /--fips: AWS sign-in has no FIPS endpoint in eu-west-1/,
    );
  },
);

consoleTest("tells the person why to sign in again after twelve hours", async (world) => {
  const { signIn, calls, system, opened } = world;
  await signIn();
  calls();
  await system.advance(12 * 60 * minute);
  const { terminal } = system;
  Object.assign(system, { terminal: withoutQuestions(terminal) });
  const ended = /^the console sign-in as \S+Developer has expired, and prompts are disabled$/;
  await refuses(world, signIn(), "needs-person", ended, /^sign in on a terminal: athm aws exec/);
  assert.deepEqual(calls(), [`CreateOAuth2Token 403 ${host}`]);
  Object.assign(system, { terminal });
  await signIn();
  assert.equal(opened.length, 2);
  assert.ok(system.captured.said.includes(`athm: the console sign-in as ${developer} has expired`));
});

consoleTest("uses a new state, challenge and proof key for each sign-in", async (world) => {
  const first = await world.signIn();
  world.source = { kind: "aws-login" };
  const second = await world.signIn();
  assert.notEqual(first.proofKey.x, second.proofKey.x);
  const [a, b] = world.opened.map((url) => new URL(url).searchParams);
  for (const name of ["state", "code_challenge"]) {
    assert.match(a?.get(name) ?? "", /^[A-Za-z0-9_-]{43}$/);
    assert.notEqual(a?.get(name), b?.get(name));
  }
});

consoleTest(
  "signs in again if the refresh token was used elsewhere",
  async (world) => {
    const { signIn, aws, system, calls } = world;
    await signIn();
    for (const token of aws.signin.refreshTokens.values()) token.used = true;
    calls();
    await system.advance(10 * minute);
    await signIn();
    assert.deepEqual(calls().map((call) => call.split(" ").slice(0, 2).join(" ")), [
      "CreateOAuth2Token 400",
      "AuthorizeOAuth2Access 302",
      "CreateOAuth2Token 200",
    ]);
  },
);

consoleTest("rejects another identity and keeps the sign-in", async (world) => {
  const { signIn, aws, system } = world;
  await signIn();
  await system.advance(13 * 60 * minute);
  aws.signin.principal = consolePrincipal("arn:aws:iam::210987654321:user/bob");
  await refuses(
    world,
    signIn(),
    "source",
    /^you signed in as arn:aws:iam::210987654321:user\/bob, but the profile belongs to \S+Developer$/,
    /choose that session in the browser/,
  );
  // The same role under another session name is the same identity.
  aws.signin.principal = consolePrincipal(`${developer}/ann-2`);
  assert.equal((await signIn()).session.arn, `${developer}/ann-2`);
});

consoleTest(
  "uses unexpired keys while AWS is unreachable, never expired ones",
  async (world) => {
    const { signIn, aws, system } = world;
    const first = await signIn();
    aws.behave({ kind: "drop" }, Infinity);
    await system.advance(9 * minute);
    assert.equal(await signIn(), first);
    const away = new RegExp(`^cannot (?:reach|connect to) ${host}`);
    await refuses(world, signIn(system.now()), "network", away);
    await system.advance(5.5 * minute);
    await refuses(world, signIn(), "network", away);
    aws.clearBehaviors();
    assert.ok((await signIn()).session.expires > system.now());
  },
);

consoleTest("proves possession on AWS's time if the machine's clock is wrong", async (world) => {
  const { signIn, aws, calls, system } = world;
  aws.skew(20 * minute);
  const { session } = await signIn();
  assert.equal(session.expires - session.issued, 15 * minute);
  assert.ok(session.expires < system.now() + 16 * minute);
  assert.deepEqual(calls().map((call) => call.split(" ")[1]), ["302", "400", "200"]);
});

consoleTest("prompts for the code with --remote and opens no browser", async (world) => {
  const { system, aws, opened, calls } = world;
  world.source = { kind: "aws-login", remote: true, endpointUrl: aws.url };
  Object.assign(system.terminal, {
    askSecret: () => pastedCode(system.captured.said.join("\n")),
  });
  // The page is fetched from a real port, which takes real time.
  const signIn = await world.signIn();
  assert.equal(signIn.client, "cross-device");
  assert.equal(signIn.endpoint, aws.url);
  assert.deepEqual(opened, []);
  assert.deepEqual(calls().map((call) => call.split(" ")[0]), [
    "AuthorizeOAuth2Access",
    "ShowCode",
    "CreateOAuth2Token",
  ]);
});

consoleTest(
  "counts a role assumed from a role's keys as chained, but not from a user's",
  async (world) => {
    const role = keysOf(await world.signIn());
    assert.equal(role.chained, true);
    world.source = { kind: "aws-login" };
    world.aws.signin.principal = consolePrincipal("arn:aws:iam::123456789012:user/team/ann");
    const user = keysOf(await world.signIn());
    assert.equal(user.chained, false);
    assert.equal(user.arn, "arn:aws:iam::123456789012:user/team/ann");
  },
);
