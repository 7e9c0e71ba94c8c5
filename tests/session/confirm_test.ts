// Confirmed profiles: no use gets a session without a yes that still lasts for its terminal, except
// one that only reads, and athm never asks twice for the same.

import assert from "node:assert/strict";
import fc from "fast-check";
import { isReadOnly, type Narrowing, type Session } from "../../src/model/credentials.ts";
import { Failure } from "../../src/model/failure.ts";
import { profileNamed } from "../../src/session/keep.ts";
import { obtainOnce } from "../../src/session/once.ts";
import { onceRenewal, storedRenewal } from "../../src/session/renewal/renewal.ts";
import { resolved } from "../../src/session/sign_in/fingerprint.ts";
import { pendingProofs } from "../../src/session/sign_in/proofs.ts";
import type { Store } from "../../src/session/stores.ts";
import {
  addConfirmed,
  type Answer,
  lasting,
  type Place,
  placeAt,
} from "../support/confirm_world.ts";
import {
  failsAs,
  hour,
  type Machine,
  minute,
  role,
  second,
  sessionTest,
} from "../support/session_world.ts";
import { settle } from "../support/test_system.ts";

const policy = (action: string) =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Action: action, Resource: "*" }] });

const narrowings: readonly (Narrowing | undefined)[] = [
  ...[undefined, undefined, undefined, undefined],
  { readOnly: true },
  { policy: policy("s3:GetObject") },
  { policy: policy("*") },
];

/** Seconds that a yes lasts, by what the person sees. */
const times: Readonly<Record<string, number>> = {
  work: lasting,
  "of-work": lasting,
  other: lasting,
  short: 60,
};

type Step =
  | {
    readonly kind: "use" | "rotate" | "renew";
    readonly at: number;
    readonly name: string;
    readonly to: number;
    readonly answer: Answer;
  }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "change" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constantFrom("use" as const, "use" as const, "rotate" as const, "renew" as const),
      at: fc.constantFrom(0, 0, 1, 1, 2, 3),
      name: fc.constantFrom("work", "work", "work", "of-work", "other", "short", "free"),
      to: fc.nat({ max: narrowings.length - 1 }),
      answer: fc.constantFrom<Answer>("y", "y", "n", "ctrl-c", "nobody"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.integer({ min: 1, max: 700 }),
    }),
  },
  fc.record({ kind: fc.constant("change" as const) }),
);

interface Yes {
  readonly terminal: string | undefined;
  readonly name: string;
  readonly to: Narrowing | undefined;
  readonly at: number;
}

sessionTest("no sequence of uses gets a session without a yes that lasts", async (world) => {
  const first = await placeAt(world, "a", 1);
  const places = [
    { terminal: "a", place: first },
    { terminal: "a", place: await placeAt(world, "a", 2) },
    { terminal: "b", place: await placeAt(world, "b", 3) },
    { terminal: undefined, place: await placeAt(world, undefined, 4) },
  ];
  const { store, system } = first.machine;
  await addConfirmed(world, first.machine, role);
  let [granted, remembered, refused] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 20 }), async (steps) => {
      await world.advance(13 * hour); // no yes of an earlier run lasts
      let given: Yes[] = [];
      for (const each of steps) {
        if (each.kind === "wait") await world.advance(each.seconds * second);
        else if (each.kind === "change") {
          const profile = await profileNamed(store, "work");
          const duration = (profile.role.duration ?? 900) + 1; // never again as before
          await store.saveProfile({ ...profile, role: { duration } }, { replace: true });
          given = []; // other settings, other sessions
        } else {
          const { place, terminal } = places[each.at] ?? assert.fail();
          const to = narrowings[each.to];
          place.answer = each.answer;
          place.questions = 0;
          const isFree = each.name === "free" || (to !== undefined && isReadOnly(to));
          const holds = given.some((one) =>
            terminal !== undefined && one.terminal === terminal && one.name === each.name &&
            (one.to === undefined || one.to === to) &&
            system.now() < one.at + (times[each.name] ?? 0) * second
          );
          const session = await used(by(each.kind, place, each.name, to));
          if (each.kind === "renew") {
            assert.equal(place.questions, 0, "a renewal asks");
            continue;
          }
          const said = place.questions > 0;
          assert.equal(said, !isFree && !holds && each.answer !== "nobody");
          const yes = said && each.answer === "y";
          assert.equal(session !== undefined, isFree || holds || yes, JSON.stringify(each));
          if (yes) given.push({ terminal, name: each.name, to, at: system.now() });
          if (yes) granted++;
          if (holds) remembered++;
          if (!session) refused++;
        }
      }
    }),
    { numRuns: 60 },
  );
  const counts = { granted, remembered, refused };
  assert.ok(Math.min(granted, remembered, refused) > 10, JSON.stringify(counts));
});

async function used(work: Promise<Session>): Promise<Session | undefined> {
  return await work.catch((error) => {
    if (error instanceof Failure) return undefined;
    throw error;
  });
}

async function by(
  kind: "use" | "rotate" | "renew",
  { machine }: Place,
  name: string,
  narrowing: Narrowing | undefined,
): Promise<Session> {
  const asked = narrowing ? { narrowing } : {};
  if (kind === "renew") {
    const { system, store } = machine;
    const agreed = await resolved(system, store, await profileNamed(store, name));
    return await storedRenewal(system, store, name, { narrowing, agreed })
      .renew(system.now());
  }
  return (await machine.ask(name, { ...asked, rotate: kind === "rotate" })).session;
}

sessionTest("many that start at once ask once, and a no answers all of them", async (world) => {
  for (const answer of ["y", "n"] as const) {
    const places = await Promise.all([1, 2, 3].map((pid) => placeAt(world, answer, pid)));
    const [first = assert.fail()] = places;
    if (answer === "y") await addConfirmed(world, first.machine, role);
    for (const each of places) {
      each.answer = answer;
      each.think = () => world.advance(second);
    }
    const all = await Promise.allSettled(places.map(({ machine }) => machine.ask("work")));
    const done = answer === "y" ? "fulfilled" : "rejected";
    assert.deepEqual(all.map(({ status }) => status), [done, done, done]);
    assert.equal(places.reduce((sum, { questions }) => sum + questions, 0), 1);
  }
});

sessionTest("an answer that was copied, damaged or written by hand is none", async (world) => {
  const a = await placeAt(world, "a", 1);
  const b = await placeAt(world, "b", 2);
  await addConfirmed(world, a.machine, role);
  const folder = `${a.machine.store.home}/confirmations`;
  for (const place of [a, b]) {
    place.answer = "y";
    await place.machine.ask("work");
  }
  const [one = "", other = ""] = world.files.list(folder);
  const bytes = world.files.read(`${folder}/${one}`) ?? assert.fail();
  const plain = new TextEncoder().encode(`{"answer":"yes","at":${a.machine.system.now()}}`);
  for (const forged of [bytes, bytes.slice(0, -1), plain, new Uint8Array()]) {
    for (const name of [one, other]) {
      world.files.remove(`${folder}/${name}`);
      world.files.create(`${folder}/${name}`, forged, 0o600);
    }
    // At most the one that is still in its own place counts.
    let asked = 0;
    for (const place of [a, b]) {
      place.questions = 0;
      place.answer = "n";
      if (!await used(by("use", place, "work", undefined))) asked++;
    }
    assert.equal(asked, forged === bytes ? 1 : 2);
  }
});

sessionTest(
  "an answer ends when the clock is set back before it, and is then removed",
  async (world) => {
    const place = await placeAt(world, "a", 1);
    await addConfirmed(world, place.machine, role);
    place.answer = "y";
    await place.machine.ask("work");
    const { system, store } = place.machine;
    const now = system.now();
    system.now = () => now - hour;
    place.answer = "nobody";
    await failsAs("needs-person", place.machine.begin("work"), /must be confirmed/, /--read-only/);
    system.now = () => now + 13 * hour;
    place.answer = "y";
    await place.machine.ask("work");
    assert.equal((await store.confirmations.all()).length, 1);
  },
);

sessionTest("settings that are not stored ask as the profile they are based on", async (world) => {
  const place = await placeAt(world, "a", 1);
  await addConfirmed(world, place.machine, role);
  const { system, store } = place.machine;
  const settings = world.profile("profile", { source: { kind: "profile", from: "work" } });
  const open = () => Promise.resolve(store);
  await failsAs("needs-person", obtainOnce(system, settings, open), /the use of work must be/);
  const reading = { narrowing: { readOnly: true } };
  const narrow = await obtainOnce(system, settings, open, reading);
  assert.ok(narrow.session);
  place.answer = "y";
  await obtainOnce(system, settings, open);
  await obtainOnce(system, settings, open);
  assert.equal(place.questions, 1);
  // Not the profile itself: it has another role in general.
  place.answer = "nobody";
  await failsAs("needs-person", place.machine.begin("work"), /must be confirmed/);
});

sessionTest("the audit log has a yes, a no and an interrupted question", async (world) => {
  const place = await placeAt(world, "a", 1);
  await addConfirmed(world, place.machine, role);
  const { system } = place.machine;
  for (const answer of ["n", "ctrl-c", "y", "nobody"] as const) {
    place.answer = answer;
    await used(by("use", place, "work", { policy: policy("*") }));
  }
  assert.deepEqual(
    system.audited.map(({ event, profile, session, narrowed }) => [
      ...[event, profile, session?.arn, session?.account, narrowed],
    ]).slice(0, 3),
    ["deny", "deny", "confirm"].map((event) => [event, "work", role, "123456789012", "policy"]),
  );
});

sessionTest("a disk that keeps no answer costs a question each time", async (world) => {
  const place = await placeAt(world, "a", 1);
  await addConfirmed(world, place.machine, role);
  place.answer = "y";
  await place.machine.ask("work");
  const { system } = place.machine;
  const { create } = system.files;
  system.files.create = (path, bytes, mode) => {
    if (/tmp-/.test(path)) throw new Failure("files", "the disk is full");
    create(path, bytes, mode);
  };
  await world.advance(16 * minute);
  for (let times = 0; times < 2; times++) await place.machine.ask("work");
  assert.equal(place.questions, 3);
  assert.match(
    place.machine.said().join("\n"),
    /the answer about work is not kept: the disk is full/,
  );
});

sessionTest(
  "a server does not hand out a confirmed profile that it was not started for",
  async (world) => {
    const place = await placeAt(world, "a", 1);
    await addConfirmed(world, place.machine, role);
    const { system, store } = place.machine;
    for (const name of ["work", "of-work", "other"]) {
      const renewal = storedRenewal(system, store, name);
      await failsAs("denied", renewal.renew(0), /asks before each use/, /athm serve/);
      await failsAs("denied", renewal.look?.() ?? assert.fail(), /asks before each use/);
      assert.ok(
        await storedRenewal(system, store, name, { narrowing: { readOnly: true } }).renew(0),
      );
    }
    assert.equal(place.questions, 0);
  },
);

/** Gives the name of a profile that does not ask to one that does. */
async function swap(store: Store): Promise<void> {
  await store.renameProfile("free", "old", []);
  await store.renameProfile("work", "free", []);
}

sessionTest("a renewal never gets a confirmed profile that took the name", async (world) => {
  const { machine: { system, store, ask } } = await placeAt(world, "a", 1);
  await addConfirmed(world, { system, store } as Machine, role);
  const { agreed } = await ask("free");
  const renewal = storedRenewal(system, store, "free", { agreed });
  assert.ok(await renewal.renew(system.now()));
  const settings = world.profile("profile", { source: { kind: "profile", from: "free" } });
  const open = () => Promise.resolve(store);
  const proofs = pendingProofs();
  const once = await obtainOnce(system, settings, open, { proofs });
  const unstored = onceRenewal(system, settings, open, { proofs, agreed: once.agreed });
  assert.ok(await unstored.renew(system.now()));
  await swap(store);
  const before = system.audited.length;
  const says = /free asks before each use, and was not confirmed as it is now/;
  await failsAs("denied", renewal.renew(system.now()), says);
  await failsAs("denied", renewal.look?.() ?? assert.fail(), says);
  await failsAs("denied", unstored.renew(system.now()), says);
  assert.equal(system.audited.length, before);
});

sessionTest("a yes is for the profile, and renewals of it need no other", async (world) => {
  const place = await placeAt(world, "a", 1);
  const { system, store, ask } = place.machine;
  await addConfirmed(world, place.machine, role);
  place.answer = "y";
  for (const narrowing of [undefined, { policy: policy("*") }]) {
    const { agreed } = await ask("work", narrowing ? { narrowing } : {});
    const renewal = storedRenewal(system, store, "work", { narrowing, agreed });
    assert.ok(await renewal.renew(system.now()));
    assert.ok(await renewal.look?.());
    const work = await profileNamed(store, "work");
    await store.saveProfile({ ...work, role: { duration: 901 } }, { replace: true });
    await failsAs("denied", renewal.renew(system.now()), /work asks before each use/);
    await store.saveProfile(work, { replace: true });
    assert.ok(await renewal.renew(system.now()));
    // For hours: the yes holds for what was started with it.
    await world.advance(2 * hour);
    assert.ok(await renewal.renew(system.now()));
  }
  assert.equal(place.questions, 2);
});

sessionTest("a profile that is to ask meanwhile asks before its sign-in", async (world) => {
  const { machine } = await placeAt(world, "a", 1);
  await addConfirmed(world, machine, role);
  const { store } = machine;
  const free = await profileNamed(store, "free");
  const held = (await store.signInLock("free")).tryLock() ?? assert.fail();
  const use = failsAs("needs-person", machine.ask("free"), /the use of free must be confirmed/);
  for (let turn = 0; turn < 20; turn++) await settle();
  await store.saveProfile({ ...free, confirm: 900 }, { replace: true });
  held.release();
  await use;
  assert.deepEqual(world.calls(), []);
});

sessionTest(
  "a confirmed profile that takes the name of a base is not signed in to",
  async (world) => {
    const { machine } = await placeAt(world, "a", 1);
    await addConfirmed(world, machine, role);
    const { store } = machine;
    const from = { kind: "profile", from: "free" } as const;
    await store.saveProfile(world.profile("of-free", { source: from, roleArns: [role] }), {
      replace: false,
    });
    const held = (await store.signInLock("free")).tryLock() ?? assert.fail();
    const use = failsAs("denied", machine.ask("of-free"), /free asks before each use/);
    for (let turn = 0; turn < 20; turn++) await settle();
    await swap(store);
    held.release();
    await use;
    assert.deepEqual(world.calls(), []);
  },
);

sessionTest("a question shows no control character, whatever was typed", async (world) => {
  const place = await placeAt(world, "a", 1);
  await addConfirmed(world, place.machine, role);
  place.answer = "n";
  const narrowing = { policyArns: ["arn:aws:iam::aws:policy/x\x1b[2J\nAllow it: yes \u202e"] };
  await failsAs(
    "denied",
    place.machine.ask("work", { narrowing }),
    /did not allow the use of work/,
  );
  const lines = place.machine.said().join("\n").split("\n");
  assert.ok(lines.some((line) => /^ {2}restricted to {2}arn:.*\/x\?\[2J\?Allow it/.test(line)));
  for (const line of lines) assert.doesNotMatch(line, /\p{C}/u);
});
