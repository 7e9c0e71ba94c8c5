// Whole screens as users see them, at 80 and at 40 columns, stored in tests/golden. `deno task
// golden` rewrites them; review the differences.

import assert from "node:assert/strict";
import type { Session } from "../../src/model/credentials.ts";
import type { Profile } from "../../src/model/profile.ts";
import { resolved } from "../../src/session/sign_in/fingerprint.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { noTerminal, unless } from "../support/programs.ts";
import { screenOf } from "../support/screen.ts";
import { keysProfile, sampleSession } from "../support/store_samples.ts";
import { makePrograms } from "../support/story_shim.ts";
import { findPty, type Move, runAtTerminal } from "../support/terminal_session.ts";

const pty = Deno.build.os === "windows" ? undefined : await findPty();
const writing = Deno.env.get("ATHM_GOLDEN") === "write";
const key = btoa("golden screens have this as key!");
const minute = 60_000;

/** A folder whose name always has the same length, because lines are cut by it. */
interface Place extends AsyncDisposable {
  readonly folder: string;
  readonly env: Map<string, string>;
}

async function newPlace(): Promise<Place> {
  const number = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const folder = `/tmp/g${String(number % 1_000_000).padStart(6, "0")}`;
  await Deno.mkdir(folder, { mode: 0o700 });
  const programs = await makePrograms();
  await Deno.rename(`${programs}/athm`, `${folder}/athm`);
  await Deno.remove(programs, { recursive: true });
  return {
    folder,
    env: new Map(Object.entries({
      PATH: `${folder}:/usr/bin:/bin`,
      HOME: folder,
      LANG: "C.UTF-8",
      ATHM_HOME: `${folder}/s`,
      ATHM_KEY: key,
    })),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Stores profiles with sessions that last this many minutes. */
async function fill(
  { env }: Place,
  profiles: readonly (readonly [profile: Profile, minutes?: number])[],
): Promise<void> {
  const system = { ...denoSystem(), env: { get: (name: string) => env.get(name) } };
  const store = await openOrCreateStore(system);
  for (const [profile, minutes] of profiles) {
    await store.saveProfile(profile, { replace: false });
    if (minutes === undefined) continue;
    // Times are rounded up to the minute, so they stay the same for the next 59 seconds.
    const expires = Date.now() + minutes * minute - 1000;
    const session: Session = {
      ...sampleSession(),
      issued: expires - 60 * minute,
      expires,
      account: "012345678901",
    };
    await store.saveSession(profile.name, session, (await resolved(system, store, profile)).mark);
  }
}

const several: readonly (readonly [Profile, number?])[] = [
  [keysProfile("example"), 42],
  [keysProfile("production-administration", {
    roleArns: [
      "arn:aws-us-gov:iam::210987654321:role/AWSReservedSSO_AdministratorAccess_0123456789abcdef",
    ],
    network: { region: "us-gov-west-1", fips: true },
  })],
  [keysProfile("short"), 5],
  [keysProfile("yesterday"), -600],
  [{
    name: "below",
    source: { kind: "profile", from: "example" },
    roleArns: [],
    role: {},
    network: { endpointUrl: "https://vpce-0123456789abcdef0.sts.eu-west-1.vpce.amazonaws.com" },
  }],
];

/** Replaces what depends on the program, the machine and the time. */
function settled(screen: string, folder: string): string {
  return screen.replaceAll(folder, "/tmp/gNNNNNN").replaceAll(
    /127\.0\.0\.1:\d{5}/g,
    "127.0.0.1:NNNNN",
  )
    .replace(/^(ok +version +)athm [\s\S]*?\n(?=(?:ok|warn|FAIL) )/m, "$1VERSION\n");
}

async function holdGolden(name: string, screen: string): Promise<void> {
  const file = new URL(`../golden/${name}.txt`, import.meta.url);
  if (writing) await Deno.writeTextFile(file, screen);
  else {assert.equal(
      screen,
      await Deno.readTextFile(file),
      `${name}; deno task golden rewrites it`,
    );}
}

/** Runs it on a terminal with this many columns, and returns all output. */
async function shown(
  { folder, env }: Place,
  command: string,
  columns: number,
  moves: readonly Move[] = [],
): Promise<{ readonly raw: string; readonly exit: number }> {
  const line = `stty cols ${columns} rows 24; ${command}`;
  const watched = await runAtTerminal(pty!, line, moves, { cwd: folder, env, limit: 60_000 });
  assert.deepEqual([watched.stuck, watched.left], [undefined, []], watched.screen);
  return watched;
}

function test(name: string, work: (columns: number) => Promise<void>): void {
  for (const columns of [80, 40]) {
    Deno.test({
      ...unless(noTerminal(pty), `golden: ${name} at ${columns} columns`),
    }, () => work(columns));
  }
}

test("ls", async (columns) => {
  await using place = await newPlace();
  await fill(place, several);
  const { raw, exit } = await shown(place, "athm aws ls", columns);
  assert.equal(exit, 0);
  // Green, yellow and red by the time left, and nothing else.
  // deno-lint-ignore no-control-regex
  const colors = Array.from(raw.matchAll(/\x1b\[(\d+)m(\w+)\x1b\[0m/g), ([, ...all]) => all);
  assert.deepEqual(colors, [["32", "42m"], ["33", "5m"], ["31", "expired"]]);
  await holdGolden(`ls-${columns}`, settled(screenOf(raw, columns), place.folder));
  const plain = await shown(place, "NO_COLOR=1 athm aws ls", columns);
  assert.ok(!plain.raw.includes("\x1b"), plain.raw);
  assert.equal(screenOf(plain.raw, columns), screenOf(raw, columns));
});

test("add", async (columns) => {
  await using place = await newPlace();
  const see = (pattern: RegExp, text: string): Move[] => [
    { kind: "see", pattern, line: 0 },
    { kind: "type", text, line: 0 },
  ];
  const { raw, exit } = await shown(
    place,
    "athm aws add example --no-login --region eu-central-1 --role-arn arn:aws:iam::012345678901:role/reader",
    columns,
    [
      ...see(/\[1\]: /, "AKIAIOSFODNN7EXAMPLE"),
      ...see(/secret.*: /i, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ],
  );
  assert.equal(exit, 0);
  await holdGolden(`add-${columns}`, settled(screenOf(raw, columns), place.folder));
});

test("doctor", async (columns) => {
  await using aws = await startFakeAws();
  await using place = await newPlace();
  await fill(place, [[keysProfile("example", { network: { endpointUrl: aws.url } })]]);
  place.env.set("ATHM_PROFILE", "example");
  place.env.set("AWS_CREDENTIAL_EXPIRATION", new Date(Date.now() - 90 * minute).toISOString());
  place.env.set("AWS_REGION", "eu-central-1");
  place.env.set("AWS_DEFAULT_REGION", "eu-west-1");
  const { raw, exit } = await shown(place, "athm doctor", columns);
  assert.equal(exit, 1);
  await holdGolden(`doctor-${columns}`, settled(screenOf(raw, columns), place.folder));
});

test("confirm", async (columns) => {
  await using place = await newPlace();
  const confirmed = keysProfile("example", {
    roleArns: ["arn:aws:iam::012345678901:role/deploy"],
    confirm: 900,
  });
  await fill(place, [[confirmed, 42], [keysProfile("other")]]);
  const { raw, exit } = await shown(
    place,
    "athm aws ls; athm aws exec example --region eu-west-1 -- make deploy --token x STAGE=test",
    columns,
    [
      { kind: "see", pattern: /\[y\/N\]/, line: 0 },
      { kind: "type", text: "n", line: 0 },
    ],
  );
  assert.equal(exit, 125);
  await holdGolden(`confirm-${columns}`, settled(screenOf(raw, columns), place.folder));
});

test("choice", async (columns) => {
  await using place = await newPlace();
  await fill(place, several);
  const { raw, exit } = await shown(place, "athm aws show > /dev/null", columns, [
    { kind: "see", pattern: /> example/, line: 0 },
    { kind: "send", text: "e", line: 0 },
    { kind: "see", pattern: /Profile: e/, line: 0 },
    { kind: "key", name: "down", line: 0 },
    { kind: "see", pattern: /> short|> yesterday/, line: 0 },
    { kind: "key", name: "enter", line: 0 },
  ]);
  assert.equal(exit, 0);
  const clearing = raw.lastIndexOf("\r\x1b[J");
  await holdGolden(
    `choice-${columns}`,
    settled(screenOf(raw.slice(0, clearing), columns), place.folder),
  );
  // Nothing of it stays except keys pressed before raw mode, if any.
  assert.equal(screenOf(raw, columns), "");
});
