/**
 * Several athm processes on one machine in memory, and an AWS that shares their clock.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Narrowing } from "../../src/model/credentials.ts";
import { Failure, type FailureCode } from "../../src/model/failure.ts";
import type { Profile } from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { type ProfileSession, sessionOf } from "../../src/session/keep.ts";
import { openOrCreateStore, type Store } from "../../src/session/stores.ts";
import { type FakeAws, startFakeAws, type UserKey } from "./fake_aws.ts";
import { httpTo } from "./http_to_fake.ts";
import { type MemoryFiles, memoryFiles } from "./memory_files.ts";
import type { System } from "../../src/system/system.ts";
import { settle, type TestSystem, testSystem } from "./test_system.ts";

/** Milliseconds. */
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;

export const role = "arn:aws:iam::123456789012:role/deploy";

/** The options of a command line. */
export interface Asked {
  /** Minimum lifetime in milliseconds. */
  readonly minTtl?: number;
  readonly rotate?: boolean;
  readonly narrowing?: Narrowing;
}

/** One athm process. */
export interface Machine {
  readonly system: TestSystem;
  readonly store: Store;
  /** Its messages, except the notice about the store's key. */
  readonly said: () => readonly string[];
  /** Number of pending waits. */
  readonly sleepers: () => number;
  /** The profile's session; the clock advances while something waits for it. */
  ask(name: string, asked?: Asked): Promise<ProfileSession>;
  /** The same, with a clock that only the test advances. */
  begin(name: string, asked?: Asked): Promise<ProfileSession>;
}

export interface MachineOptions {
  readonly pid?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds that its clock is ahead of AWS's; not for the first machine. */
  readonly ahead?: number;
  /** Awaited before each of its requests. */
  readonly before?: (request: Request) => Promise<void>;
  /** Replaces anything else. */
  readonly system?: Partial<Omit<System, "files">>;
}

/** The machine, the cloud, and a user with a key. */
export interface SessionWorld {
  readonly aws: FakeAws;
  readonly files: MemoryFiles;
  readonly key: UserKey;
  /** A profile with the user's key, by default without roles. */
  profile(name: string, extra?: Partial<Profile>): Profile;
  /** Another process. */
  machine(options?: MachineOptions): Promise<Machine>;
  /** Advances every process's clock, and AWS's. */
  advance(milliseconds: number): Promise<void>;
  /** Actions requested from AWS, with the status of each response. */
  calls(): string[];
}

/** A test with its own world; closes everything afterward. */
export function sessionTest(name: string, run: (world: SessionWorld) => Promise<void>): void {
  Deno.test(`session: ${name}`, async () => {
    let now = () => Date.now();
    const files = memoryFiles(() => now());
    const machines: Machine[] = [];
    await using aws = await startFakeAws({ clock: () => now() });
    const key = aws.addUser({ name: "ann" });
    aws.addRole({ arn: role, maxDuration: 12 * 3600 });

    const world: SessionWorld = {
      aws,
      files,
      key,
      profile: (name, extra = {}) => ({
        name,
        source: {
          kind: "keys",
          accessKeyId: key.accessKeyId,
          secretAccessKey: new Secret(key.secretAccessKey),
        },
        roleArns: [],
        role: {},
        network: {},
        ...extra,
      }),
      machine: async ({ pid = 4321, env = {}, ahead = 0, before, system: other } = {}) => {
        const system = testSystem({
          files,
          pid,
          env: { HOME: "/home/ann", USER: "ann", ...env },
          ...machines.length ? { now: now() + ahead } : {},
          system: { http: httpTo(aws, before), ...other },
        });
        if (!machines.length) now = () => system.now();
        const machine = await newMachine(system, (step) => world.advance(step));
        machines.push(machine);
        return machine;
      },
      advance: async (milliseconds) => {
        for (const { system } of machines) await system.advance(milliseconds);
      },
      calls: () => aws.calls.map(({ action, status }) => `${action} ${status}`),
    };
    await run(world);
  });
}

/** Turns of the event loop after which nothing more is expected. */
const mostTurns = 5000;

async function newMachine(
  system: TestSystem,
  advance: (milliseconds: number) => Promise<void>,
): Promise<Machine> {
  let sleeping = 0;
  const { sleep } = system;
  system.sleep = async (milliseconds, signal) => {
    sleeping++;
    try {
      await sleep(milliseconds, signal);
    } finally {
      sleeping--;
    }
  };
  const store = await openOrCreateStore(system);
  const begin = (name: string, { rotate = false, ...asked }: Asked = {}) => {
    const after = rotate ? { after: system.now() } : {};
    return sessionOf(system, store, name, { ...asked, ...after });
  };
  return {
    system,
    store,
    begin,
    said: () => system.captured.said.filter((line) => !line.includes("store's key")),
    sleepers: () => sleeping,
    async ask(name, asked) {
      let ended = false;
      const session = begin(name, asked);
      const end = () => void (ended = true);
      session.then(end, end);
      for (let turn = 0; !ended; turn++) {
        assert.ok(turn < mostTurns, "it never came to an end");
        await settle();
        if (sleeping > 0) await advance(second);
      }
      return await session;
    },
  };
}

/** Waits until something is true, without advancing a clock. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    assert.ok(turn < mostTurns, `it never came to hold: ${holds}`);
    await settle();
  }
}

/** The failure of `work`, which must have this code and message. */
export async function failsAs(
  code: FailureCode,
  work: Promise<unknown>,
  says: RegExp,
  hint = /(?:)/,
): Promise<void> {
  const error = await work.then(() => assert.fail("it succeeded"), (error) => error);
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, says);
  assert.match(error.hint ?? "", hint);
}

/** A gate at which requests wait, and a promise of the first one. */
export function gate() {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const pass = () => {
    reach();
    return opened;
  };
  return { pass, open, reached };
}
