// Clients of `athm serve`: who may fetch what, until when, and what the audit log says of it.

import assert from "node:assert/strict";
import { Failure, type FailureCode } from "../../src/model/failure.ts";
import type { Narrowing, Session } from "../../src/model/credentials.ts";
import type { ServeClient } from "../../src/model/proofs.ts";
import { profileNamed } from "../../src/session/keep.ts";
import { type Resolved, resolved } from "../../src/session/sign_in/fingerprint.ts";
import { type Clients, servedClients, type Serving } from "../../src/session/serving/serving.ts";
import { hashOfToken } from "../../src/session/serving/token.ts";
import type { AuditEvent } from "../../src/system/system.ts";
import {
  type Machine,
  minute,
  role,
  second,
  sessionTest,
  type SessionWorld,
} from "../support/session_world.ts";
import { settle } from "../support/test_system.ts";

const tokenOf = (label: string) => `token-of-${label}`.padEnd(43, ".");
const usualToken = tokenOf("default");

interface ServedWorld {
  readonly athm: Machine;
  readonly clients: Clients;
  readonly events: AuditEvent[];
  /** Removes and brings back the token of `default`. */
  usualExists: boolean;
  add(label: string, extra?: Partial<ServeClient>): Promise<ServeClient>;
  /** What a client gets at a path: a session, nothing, or a failure; undefined for no client. */
  get(label: string, path?: string): Promise<Session | Failure | "nothing" | undefined>;
}

function clientTest(
  name: string,
  run: (world: SessionWorld & ServedWorld) => Promise<void>,
  serving: Partial<Serving> = {},
): void {
  sessionTest(`clients: ${name}`, async (world) => {
    const athm = await world.machine();
    const settings = { replace: false };
    for (const each of ["work", "other"]) {
      await athm.store.saveProfile(world.profile(each, { roleArns: [role] }), settings);
    }
    const stop = new AbortController();
    const events: AuditEvent[] = [];
    const served: ServedWorld = {
      athm,
      events,
      usualExists: true,
      clients: servedClients({
        ...athm.system,
        audit: (...all) => Promise.resolve(void events.push(...all)),
      }, {
        store: athm.store,
        only: [],
        confirmed: new Map(),
        narrowing: undefined,
        usual: {
          exists: () => served.usualExists,
          has: (token) => served.usualExists && token === usualToken,
        },
        signal: stop.signal,
        ...serving,
      }),
      async add(label, extra = {}) {
        const tokenHash = await hashOfToken(tokenOf(label));
        const added = athm.system.now();
        const client = { label, tokenHash, profiles: ["work"], added, ...extra };
        await athm.store.clients.save(tokenHash, client);
        return client;
      },
      async get(label, path = "/work") {
        const client = await served.clients.client(tokenOf(label));
        if (!client) return undefined;
        const work = client.credentials(path);
        if (!work) return "nothing";
        let ended = false;
        const outcome = work.catch((error: unknown) => error as Failure)
          .finally(() => ended = true);
        while (!ended) await settle();
        return await outcome;
      },
    };
    try {
      await run({
        ...world,
        ...served,
        get usualExists() {
          return served.usualExists;
        },
        set usualExists(value) {
          served.usualExists = value;
        },
      });
    } finally {
      stop.abort();
    }
  });
}

function isSession(value: unknown): Session {
  assert.ok(value && !(value instanceof Failure) && value !== "nothing", String(value));
  return value as Session;
}

function isFailure(value: unknown, code: FailureCode, says: RegExp): void {
  assert.ok(value instanceof Failure, String(value));
  assert.equal(value.code, code);
  assert.match(`${value.message} (${value.hint})`, says);
}

clientTest("each token opens only its own profiles, with its own restriction", async (world) => {
  await world.add("narrow", { narrowing: { readOnly: true } });
  await world.add("wide", { profiles: ["work", "other"] });
  const narrow = isSession(await world.get("narrow"));
  const wide = isSession(await world.get("wide"));
  assert.notEqual(narrow.accessKeyId, wide.accessKeyId);
  const again = isSession(await world.get("narrow", "/WORK"));
  assert.equal(again.accessKeyId, narrow.accessKeyId);
  isSession(await world.get("wide", "/other"));
  for (const path of ["/other", "/", "/nobody", "/work/", "/../work", "/default"]) {
    assert.equal(await world.get("narrow", path), "nothing", path);
  }
  assert.equal(isSession(await world.get("default")).accessKeyId, wide.accessKeyId);
  assert.equal(await world.get("nobody"), undefined);
  const [policies] = world.aws.calls.filter(({ action }) => action === "AssumeRole")
    .map(({ params }) => params["PolicyArns.member.1.arn"]);
  assert.equal(policies, "arn:aws:iam::aws:policy/ReadOnlyAccess");
});

clientTest(
  "a token is none that is empty, short, long or has the text of a hash",
  async (world) => {
    const { tokenHash } = await world.add("one");
    for (
      const token of ["", "x", tokenHash, `${tokenOf("one")} `, "x".repeat(257), "é".repeat(40)]
    ) {
      assert.equal(await world.clients.client(token), undefined, token);
    }
  },
);

clientTest("a record is not used under another token's name", async ({ add, clients, athm }) => {
  const made = await add("one");
  await athm.store.clients.save(await hashOfToken(tokenOf("two")), made);
  assert.equal(await clients.client(tokenOf("two")), undefined);
});

clientTest("a client's token is never that of default, even in its file", async (world) => {
  const tokenHash = await hashOfToken(usualToken);
  const narrowing = { readOnly: true };
  const one = { label: "one", tokenHash, profiles: ["work"], narrowing, added: 0 };
  const { clients } = world.athm.store;
  isSession(await world.get("default", "/other"));
  await clients.save(tokenHash, one);
  assert.equal(await world.get("default", "/other"), "nothing");
  isSession(await world.get("default"));
  assert.deepEqual(
    world.events.filter(({ client }) => client)
      .map(({ event, client, narrowed }) => [event, client, narrowed]),
    [
      ["serve", "default", undefined],
      ["serve-refused", "one", undefined],
      ["serve", "one", "read-only"],
    ],
  );
});

clientTest("removing a client works at its next request", async (world) => {
  const { tokenHash } = await world.add("one");
  isSession(await world.get("one"));
  await world.athm.store.clients.remove(tokenHash);
  assert.equal(await world.get("one"), undefined);
  world.usualExists = false;
  assert.equal(await world.get("default"), undefined);
});

clientTest("a client ends by itself, and its last credentials say so", async (world) => {
  await world.add("one", { expires: world.athm.system.now() + 10 * minute });
  const { expires } = isSession(await world.get("one"));
  assert.equal(expires, world.athm.system.now() + 10 * minute);
  assert.ok(isSession(await world.get("default")).expires > expires);
  await world.advance(10 * minute - 1);
  isSession(await world.get("one"));
  await world.advance(1);
  isFailure(await world.get("one"), "needs-person", /one expired at 2026-.*serve token add one/);
  assert.deepEqual(world.events.at(-1), {
    event: "serve-refused",
    client: "one",
    profile: "work",
  });
});

clientTest("a removed or renamed profile is a clear error, for its own clients", async (world) => {
  await world.add("one");
  isSession(await world.get("one"));
  isSession(await world.get("default"));
  await world.athm.store.renameProfile("work", "renamed", []);
  const says = /work of the client one was removed or renamed \(run athm serve token add one/;
  // A look at the profile that was under way holds for another second.
  let got = await world.get("one");
  for (let turn = 0; !(got instanceof Failure) && turn < 5; turn++) {
    await world.advance(second);
    got = await world.get("one");
  }
  isFailure(got, "not-found", says);
  assert.equal(await world.get("one", "/renamed"), "nothing");
  await world.advance(2 * second);
  isFailure(await world.get("default"), "not-found", /^not found/);
  isFailure(await world.get("default", "/nobody"), "not-found", /^not found/);
});

clientTest("a client that is gone no longer keeps its session fresh", async (world) => {
  const { tokenHash } = await world.add("one", { narrowing: { readOnly: true } });
  isSession(await world.get("one"));
  const made = () => world.aws.calls.length;
  const before = made();
  for (let turn = 0; turn < 100 && made() === before; turn++) await world.advance(minute);
  assert.equal(made(), before + 1, "renewed while the client is there");
  await world.athm.store.clients.remove(tokenHash);
  for (let turn = 0; turn < 180; turn++) await world.advance(minute);
  assert.equal(made(), before + 1);
  assert.deepEqual(world.athm.said(), []);
  assert.equal(world.athm.sleepers(), 0);
});

clientTest("every fetch is in the log with its client, and what was refused", async (world) => {
  const narrowing: Narrowing = { readOnly: true };
  await world.add("one", { narrowing });
  isSession(await world.get("one"));
  isSession(await world.get("one"));
  await world.get("one", "/other");
  await world.get("one", "/a b");
  isSession(await world.get("default", "/other"));
  await world.clients.logged();
  const of = (event: AuditEvent["event"], client: string, profile?: string, narrowed?: string) => ({
    event,
    client,
    profile,
    narrowed,
  });
  assert.deepEqual(
    world.events.filter(({ event }) => event.startsWith("serve")).map((
      { event, client = "", profile, narrowed },
    ) => of(event, client, profile, narrowed)),
    [
      of("serve", "one", "work", "read-only"),
      of("serve", "one", "work", "read-only"),
      of("serve-refused", "one", "other"),
      of("serve-refused", "one"),
      of("serve", "default", "other"),
    ],
  );
  const [, first] = world.events;
  assert.match(first?.session?.arn ?? "", /:assumed-role\/deploy\//);
});

clientTest(
  "a server's own restriction holds for every client, and never joins another",
  async (world) => {
    await world.add("same", { narrowing: { readOnly: true } });
    await world.add("none");
    await world.add("another", {
      narrowing: { policyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] },
    });
    const same = isSession(await world.get("same"));
    assert.equal(isSession(await world.get("none")).accessKeyId, same.accessKeyId);
    assert.equal(isSession(await world.get("default")).accessKeyId, same.accessKeyId);
    isFailure(await world.get("another"), "source", /AWS cannot apply both/);
    const made = world.aws.calls.filter(({ action }) => action === "AssumeRole");
    assert.equal(made.length, 1);
  },
  { narrowing: { readOnly: true } },
);

clientTest("a server for some profiles says which it does not serve", async (world) => {
  await world.add("one", { profiles: ["work", "other"] });
  isSession(await world.get("one"));
  isFailure(await world.get("one", "/other"), "not-found", /this server does not serve other/);
  assert.equal(await world.get("default", "/other"), "nothing");
}, { only: ["Work"] });

clientTest("a client's failure is the profile's, with its hint", async (world) => {
  await world.add("one", { narrowing: {} });
  isFailure(await world.get("one"), "usage", /a narrower session requires a policy/);
});

const asking = async ({ athm, profile }: SessionWorld & ServedWorld) =>
  await athm.store.saveProfile(profile("work", { roleArns: [role], confirm: 900 }), {
    replace: true,
  });

clientTest("a confirmed profile is served only if the server was started for it", async (world) => {
  await world.add("narrow", { narrowing: { readOnly: true } });
  await world.add("wide");
  isSession(await world.get("default"));
  // It ends what runs too.
  await asking(world);
  await world.advance(2 * second);
  for (const label of ["default", "wide"]) {
    isFailure(await world.get(label), "denied", /work asks before each use.*athm serve work/);
  }
  isSession(await world.get("narrow"));
});

const allowed = new Map<string, Resolved>();

clientTest("a confirmed profile is served as a person allowed it, and no other", async (world) => {
  const { athm: { system, store }, profile } = world;
  await asking(world);
  allowed.set("work", await resolved(system, store, await profileNamed(store, "work")));
  isSession(await world.get("default"));
  await store.saveProfile(
    profile("next", { roleArns: [role], role: { duration: 901 }, confirm: 0 }),
    {
      replace: false,
    },
  );
  await store.renameProfile("work", "old", []);
  await store.renameProfile("next", "work", []);
  await world.advance(2 * second);
  const made = world.aws.calls.length;
  isFailure(await world.get("default"), "denied", /work asks before each use/);
  assert.equal(world.aws.calls.length, made);
}, { only: ["work"], confirmed: allowed });

clientTest("a client that ends during a sign-in gets nothing", async (world) => {
  const { athm: { store, system } } = world;
  const expires = system.now() + 500;
  await world.add("late", { expires });
  const { tokenHash } = await world.add("gone");
  const lock = await store.signInLock("work");
  const held = lock.tryLock() ?? assert.fail();
  const [late, gone, usual] = ["late", "gone", "default"].map((label) => world.get(label));
  for (let turn = 0; turn < 20; turn++) await settle();
  await store.clients.remove(tokenHash);
  world.usualExists = false;
  await world.advance(500);
  held.release();
  isFailure(await late, "needs-person", /late expired/);
  isFailure(await gone, "denied", /the token of the client gone was removed/);
  isFailure(await usual, "denied", /the token of the client default was removed/);
  const refused = world.events.filter(({ event }) => event === "serve-refused");
  assert.deepEqual(refused.map(({ client }) => client).sort(), ["gone", "late"]);
  assert.ok(!world.events.some(({ event }) => event === "serve"));
});
