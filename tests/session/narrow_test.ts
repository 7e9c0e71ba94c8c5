// Narrower sessions: whatever happened before, no use gets a session that may do more than it asked for.
// The fake AWS enforces session policies, so a session that is too wide is one that may do too much.

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Narrowing, Session } from "../../src/model/credentials.ts";
import { Failure } from "../../src/model/failure.ts";
import { keptSession, profileNamed } from "../../src/session/keep.ts";
import { keep } from "../../src/session/renewal/keeper.ts";
import { servedClients } from "../../src/session/serving/serving.ts";
import { hashOfToken } from "../../src/session/serving/token.ts";
import { storedRenewal } from "../../src/session/renewal/renewal.ts";
import type { System } from "../../src/system/system.ts";
import type { FakeAws } from "../support/fake_aws.ts";
import { may } from "../support/fake_aws/policies.ts";
import { httpTo } from "../support/http_to_fake.ts";
import {
  hour,
  type Machine,
  minute,
  role,
  sessionTest,
  type SessionWorld,
} from "../support/session_world.ts";
import { settle } from "../support/test_system.ts";

const actions = ["ListTables", "GetItem", "PutItem", "DeleteTable"]
  .map((action) => `dynamodb:${action}`);

const allowing = (...Action: string[]) =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Action, Resource: "*" }] });

/** Each restriction, and what it allows. */
const restrictions: readonly (readonly [Narrowing | undefined, readonly string[]])[] = [
  [undefined, actions],
  [{ readOnly: true }, actions.slice(0, 2)],
  [{ policy: allowing("dynamodb:ListTables") }, actions.slice(0, 1)],
  [{ policy: allowing("dynamodb:PutItem") }, [actions[2] ?? ""]],
  [{ policyArns: ["arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"] }, actions],
];

function allowedTo(aws: FakeAws, { accessKeyId }: Session): readonly string[] {
  const principal = aws.identity(accessKeyId);
  assert.ok(principal, "the session is AWS's");
  return actions.filter((action) => may(principal, action));
}

async function addProfiles({ profile }: SessionWorld, { store }: Machine): Promise<void> {
  const settings = { replace: false };
  await store.saveProfile(profile("key"), settings);
  await store.saveProfile(profile("role", { roleArns: [role] }), settings);
  await store.saveProfile(
    profile("alias", { source: { kind: "profile", from: "role" } }),
    settings,
  );
  await store.saveProfile(
    profile("of-key", { source: { kind: "profile", from: "key" } }),
    settings,
  );
  await store.saveProfile(
    profile("limited", { roleArns: [role], role: { policy: allowing("dynamodb:GetItem") } }),
    settings,
  );
}

const names = ["key", "role", "alias", "of-key", "limited"];

type Step =
  | {
    readonly kind: "use" | "rotate" | "renew" | "serve";
    readonly name: string;
    readonly to: number;
  }
  | ClientStep
  | { readonly kind: "wait"; readonly minutes: number }
  | { readonly kind: "trouble"; readonly code: string; readonly status: number }
  | { readonly kind: "change"; readonly name: string };

/** A client of `athm serve`, where the client and the server have a restriction or none. */
interface ClientStep {
  readonly kind: "fetch" | "end";
  readonly name: string;
  readonly to: number;
  readonly server: number;
  readonly usual: boolean;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("fetch" as const, "fetch" as const, "fetch" as const, "end" as const),
      // Few, so that clients of one profile meet.
      name: fc.constantFrom("key", "role"),
      to: fc.nat({ max: restrictions.length - 1 }),
      server: fc.constantFrom(0, 0, 0, 0, 1, 2),
      usual: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("use" as const, "rotate" as const, "renew" as const, "serve" as const),
      name: fc.constantFrom(...names),
      to: fc.nat({ max: restrictions.length - 1 }),
    }),
  },
  fc.record({ kind: fc.constant("wait" as const), minutes: fc.integer({ min: 1, max: 90 }) }),
  fc.constantFrom(
    { kind: "trouble" as const, code: "ServiceUnavailable", status: 503 },
    { kind: "trouble" as const, code: "AccessDenied", status: 403 },
    { kind: "trouble" as const, code: "PackedPolicyTooLarge", status: 400 },
  ),
  fc.record({ kind: fc.constant("change" as const), name: fc.constantFrom("key", "role") }),
);

/** What a use got: a session, or nothing because athm or AWS refused. */
async function used(work: Promise<Session>): Promise<Session | undefined> {
  return await work.catch((error) => {
    if (error instanceof Failure) return undefined;
    throw error;
  });
}

sessionTest("no sequence of uses gets a session wider than it asked for", async (world) => {
  const requests = counted(httpTo(world.aws));
  const one = await world.machine({ system: { http: requests.http } });
  const other = await world.machine({ pid: 2 });
  await addProfiles(world, one);
  const counts = { handedOut: 0, fetched: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      world.aws.clearBehaviors();
      await using servers = clientsOn(world, one, requests.idle);
      for (const [at, each] of steps.entries()) {
        const machine = at % 2 ? one : other;
        if (each.kind === "wait") await world.advance(each.minutes * minute);
        else if (each.kind === "fetch" || each.kind === "end") {
          const session = await used(servers.step(each));
          if (session) hold(world.aws, each, session, counts);
          if (session) counts.fetched++;
        } else if (each.kind === "trouble") {
          world.aws.behave({ ...each, kind: "fail", message: "no" }, 4);
        } else if (each.kind === "change") {
          const profile = await profileNamed(one.store, each.name);
          const duration = profile.role.duration === 3600 ? 1800 : 3600;
          await one.store.saveProfile({ ...profile, role: { duration } }, { replace: true });
        } else {
          const [narrowing] = restrictions[each.to] ?? assert.fail();
          const session = await used(by(each.kind, machine, each.name, narrowing, world));
          if (!session) continue;
          hold(world.aws, each, session, counts);
        }
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(counts.handedOut > 100 && counts.fetched > 50, JSON.stringify(counts));
});

/** Counts the requests under way. */
function counted(connect: System["http"]) {
  let pending = 0;
  const http: System["http"] = async (...all) => {
    const connected = await connect(...all);
    return {
      send: async (...request) => {
        pending++;
        return await connected.send(...request).finally(() => pending--);
      },
      [Symbol.dispose]: () => connected[Symbol.dispose](),
    };
  };
  async function idle(): Promise<void> {
    for (let quiet = 0; quiet < 60; quiet = pending ? 0 : quiet + 1) await settle();
  }
  return { http, idle };
}

/** Asserts that the session may do no more than was asked for. */
function hold(
  aws: FakeAws,
  each: Step & { readonly to: number; readonly name: string },
  session: Session,
  counts: { handedOut: number },
): void {
  counts.handedOut++;
  const usual = "usual" in each && each.usual;
  const limits = [...usual ? [] : [each.to], ..."server" in each ? [each.server] : []];
  const may = allowedTo(aws, session);
  for (const limit of limits) {
    const [, allowed] = restrictions[limit] ?? assert.fail();
    const wide = may.filter((action) => !allowed.includes(action));
    assert.deepEqual(wide, [], JSON.stringify(each));
  }
  if (each.name === "limited") assert.deepEqual(may, ["dynamodb:GetItem"]);
}

const usualToken = "u".repeat(43);

/** Servers with the restrictions 0 to 2, and clients with each restriction for each profile. */
function clientsOn(
  world: SessionWorld,
  { system, store, sleepers }: Machine,
  idle: () => Promise<void>,
) {
  const stop = new AbortController();
  const servers = restrictions.slice(0, 3).map(([narrowing]) =>
    servedClients(system, {
      store,
      only: [],
      confirmed: new Map(),
      narrowing,
      usual: { exists: () => true, has: (token) => token === usualToken },
      signal: stop.signal,
    })
  );
  const tokenOf = ({ name, to }: ClientStep) => `${name}-${to}`.padEnd(40, ".");
  async function step(each: ClientStep): Promise<Session> {
    const { name, to, usual, server, kind } = each;
    const token = tokenOf(each);
    const hash = await hashOfToken(token);
    if (kind === "end") await store.clients.remove(hash);
    else if (!await store.clients.find(hash)) {
      const [narrowing] = restrictions[to] ?? assert.fail();
      const label = `${name}-${to}`;
      const times = { added: system.now(), expires: system.now() + hour };
      const client = { label, tokenHash: hash, profiles: [name], ...times };
      await store.clients.save(hash, narrowing ? { ...client, narrowing } : client);
    }
    const found = await servers[server]?.client(usual ? usualToken : token);
    const gone = kind === "end" && !usual;
    assert.equal(found === undefined, gone);
    if (!found) throw new Failure("not-found", "it ended");
    return await (found.credentials(`/${name}`) ?? assert.fail("its own profile"));
  }
  return {
    step: (each: ClientStep) => inTime(world, sleepers, step(each)),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      for (const { tokenHash } of await store.clients.all()) await store.clients.remove(tokenHash);
      // A renewal in the background goes on to its end.
      await idle();
    },
  };
}

/** Advances the clock while the work waits for it. */
async function inTime<T>(
  world: SessionWorld,
  sleepers: () => number,
  work: Promise<T>,
): Promise<T> {
  let ended = false;
  const end = () => void (ended = true);
  work.then(end, end);
  for (let turn = 0; !ended && turn < 400; turn++) {
    await new Promise((done) => setTimeout(done));
    if (sleepers() > 0) await world.advance(1000);
  }
  return await work;
}

async function by(
  kind: "use" | "rotate" | "renew" | "serve",
  machine: Machine,
  name: string,
  narrowing: Narrowing | undefined,
  world: SessionWorld,
): Promise<Session> {
  const asked = narrowing ? { narrowing } : {};
  if (kind === "use") return (await machine.ask(name, asked)).session;
  if (kind === "rotate") return (await machine.ask(name, { ...asked, rotate: true })).session;
  const renewal = storedRenewal(machine.system, machine.store, name, { narrowing });
  const work = kind === "renew"
    ? renewal.renew(machine.system.now())
    : keep(machine.system, undefined, renewal).current();
  return await inTime(world, machine.sleepers, work);
}

sessionTest("a narrower session is kept beside the full one, for all processes", async (world) => {
  const one = await world.machine();
  await addProfiles(world, one);
  const full = await one.ask("role");
  const narrow = await one.ask("role", { narrowing: { readOnly: true } });
  assert.notEqual(full.session.accessKeyId, narrow.session.accessKeyId);
  const made = world.calls().length;
  const other = await world.machine({ pid: 2 });
  const again = await other.ask("role", { narrowing: { readOnly: true } });
  assert.equal(again.session.accessKeyId, narrow.session.accessKeyId);
  assert.equal((await other.ask("role")).session.accessKeyId, full.session.accessKeyId);
  assert.equal(world.calls().length, made);
});

sessionTest("changed settings leave no narrower session behind that is used", async (world) => {
  const athm = await world.machine();
  await addProfiles(world, athm);
  await athm.ask("role", { narrowing: { readOnly: true } });
  const profile = await profileNamed(athm.store, "role");
  const limited = { ...profile, role: { policy: allowing("dynamodb:GetItem") } };
  await athm.store.saveProfile(limited, { replace: true });
  assert.equal(
    await keptSession(athm.system, athm.store, limited, { readOnly: true }),
    undefined,
  );
});

sessionTest("removing a profile or its session removes the narrower ones", async (world) => {
  const athm = await world.machine();
  await addProfiles(world, athm);
  for (const name of ["role", "key"]) await athm.ask(name, { narrowing: { readOnly: true } });
  assert.equal((await athm.store.narrowed("role")).length, 1);
  assert.equal(await athm.store.removeSession("role"), true);
  assert.deepEqual(await athm.store.narrowed("role"), []);
  await athm.store.removeProfile("key");
  assert.deepEqual(await athm.store.narrowed("key"), []);
});

sessionTest("keeps the newest narrower sessions, and no expired ones", async (world) => {
  const athm = await world.machine();
  await addProfiles(world, athm);
  const numbered = (each: number) => ({ policy: allowing(`dynamodb:ListTables${each}`) });
  for (let each = 0; each < 18; each++) await athm.ask("role", { narrowing: numbered(each) });
  const kept = await athm.store.narrowed("role");
  assert.equal(kept.length, 16);
  assert.deepEqual(kept[0]?.narrowing, numbered(17));
  await world.advance(2 * hour);
  await athm.ask("role", { narrowing: { readOnly: true } });
  assert.deepEqual((await athm.store.narrowed("role")).map(({ narrowing }) => narrowing), [{
    readOnly: true,
  }]);
});

sessionTest(
  "a logout during a sign-in is not undone by saving a narrower session",
  async (world) => {
    const athm = await world.machine();
    await addProfiles(world, athm);
    await athm.ask("role", { narrowing: { readOnly: true } });
    const [kept] = await athm.store.narrowed("role");
    assert.ok(kept);
    const { saveNarrowed } = await import("../../src/store/narrowed.ts");
    const opened = await openedStore(athm);
    const { find } = opened.narrowed;
    let isFirst = true;
    const narrowed = {
      ...opened.narrowed,
      find: async (name: string) => {
        const found = await find(name);
        if (isFirst) await athm.store.removeSession(name);
        isFirst = false;
        return found;
      },
    };
    const made = { ...kept, narrowing: { policy: allowing("*") }, fingerprint: "another" };
    await saveNarrowed(athm.system, { ...opened, narrowed }, "role", made);
    assert.deepEqual((await athm.store.narrowed("role")).map((each) => each.fingerprint), [
      "another",
    ]);
  },
);

async function openedStore({ system, store }: Machine) {
  const { openedWith } = await import("../../src/store/opened.ts");
  const { fetchKeys, readStoreFile } = await import("../../src/store/store_file.ts");
  const { decodeSource } = await import("../../src/sources/all_sources.ts");
  const file = readStoreFile(system, store.home);
  assert.ok(file);
  return openedWith(system, file, await fetchKeys(system, file), decodeSource);
}

sessionTest("an empty restriction is an error, not the full session", async (world) => {
  const athm = await world.machine();
  await addProfiles(world, athm);
  for (const narrowing of [{}, { readOnly: false }, { policyArns: [] }]) {
    await assert.rejects(athm.ask("role", { narrowing }), /requires a policy/);
  }
});
