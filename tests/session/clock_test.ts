/** After a wrong clock is corrected, athm returns no expired session, and --rotate makes a new one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { newTransport } from "../../src/aws/transport.ts";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { keeperWorld } from "../support/keeper_world.ts";
import { hour, minute, role, sessionTest, type SessionWorld } from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

sessionTest(
  "renews a session that was issued while the clock was ahead",
  async (world) => {
    const athm = await world.machine();
    const ahead = await world.machine({ ahead: 2 * hour });
    await athm.store.saveProfile(world.profile("example"), { replace: false });
    const early = (await ahead.ask("example")).session;
    const right = (await athm.ask("example")).session;
    assert.notEqual(right.accessKeyId, early.accessKeyId);
    await ahead.ask("example", { rotate: true });
    const rotated = (await athm.ask("example", { rotate: true })).session;
    assert.equal(rotated.issued, athm.system.now());
    assert.equal(issued(world), 4);
  },
);

/** AWS rejects the first request from a wrong clock; athm then corrects its time from the response. */
const issued = (world: SessionWorld) =>
  world.calls().filter((call) => call.endsWith(" 200")).length;

const steps = fc.array(
  fc.record({
    machine: fc.nat(2),
    rotate: fc.boolean(),
    // athm can only detect the wrong clock until the session's time of issue has passed.
    wait: fc.integer({ min: 1, max: 70 }),
  }),
  { minLength: 2, maxLength: 11 },
);

for (const [number, sample] of fc.sample(steps, { numRuns: 25, seed: 20 }).entries()) {
  sessionTest(
    `never hands out an expired session when clocks jump both ways (${number})`,
    async (world) => {
      const right = await world.machine();
      const others = [13 * hour, -13 * hour].map((ahead) => world.machine({ ahead }));
      const machines = [right, ...await Promise.all(others)];
      await right.store.saveProfile(world.profile("example"), { replace: false });
      /** When AWS lets each session expire. */
      const ends = new Map<string, number>();
      for (const { machine, rotate, wait } of sample) {
        const before = ends.size;
        const { session } = await machines[machine]?.ask("example", { rotate }) ?? assert.fail();
        const id = session.accessKeyId;
        if (!ends.has(id)) ends.set(id, right.system.now() + 12 * hour);
        assert.ok((ends.get(id) ?? 0) > right.system.now(), "an expired session");
        if (rotate) assert.equal(ends.size, before + 1, "an old session for --rotate");
        await world.advance(wait * minute);
      }
      assert.equal(issued(world), ends.size);
    },
  );
}

/** Issued on a clock that is ahead by this much (or behind, if negative). */
const jumps = [-13 * hour, -2 * hour, -minute, 0, minute, 2 * hour, 13 * hour];

sessionTest("shares no MFA session that was made while the clock was ahead", async (world) => {
  const serial = "arn:aws:iam::123456789012:mfa/bob";
  let code = 100_000;
  const bob = world.aws.addUser({ name: "bob", mfa: { serial, code: () => String(code) } });
  const athm = await world.machine();
  const ahead = await world.machine({ ahead: 13 * hour });
  for (const { system } of [athm, ahead]) {
    system.children.help = () => Promise.resolve({ code: 0, stdout: String(++code) });
  }
  const source = {
    kind: "keys",
    accessKeyId: bob.accessKeyId,
    secretAccessKey: new Secret(bob.secretAccessKey),
  } as const;
  const profile = { source, roleArns: [role], role: { mfaSerial: serial, mfaCommand: "code" } };
  for (const name of ["one", "two"]) {
    await athm.store.saveProfile(world.profile(name, profile), { replace: false });
  }
  await ahead.ask("one");
  await world.advance(12 * hour + minute);
  // The shared session has expired at AWS, although it claims to last for hours.
  await athm.ask("two");
  const done = world.calls().filter((call) => call.endsWith(" 200"));
  assert.deepEqual(done, [...Array(2)].flatMap(() => ["GetSessionToken 200", "AssumeRole 200"]));
});

const moves = fc.array(
  fc.record({
    jump: fc.constantFrom(...jumps),
    wait: fc.integer({ min: 1, max: 45 }),
    works: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

Deno.test("session: a keeper hands out living sessions whichever way the clock jumps", async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (sample) => {
      const world = keeperWorld({ life: hour, stored: true, chance: 0.5 });
      const { system, keeper } = world;
      let time = 0;
      const made = new Map<string, number>();
      const fresh = () => {
        const session = world.make();
        made.set(session.accessKeyId, time + hour);
        return session;
      };
      world.put(fresh());
      world.jump(hour); // the keeper's first session has expired
      world.work = () => Promise.resolve(fresh());
      const stop = await world.start();
      for (const { jump, wait, works } of sample) {
        world.work = works
          ? () => Promise.resolve(fresh())
          : () => Promise.reject(new Failure("aws", "refused"));
        world.jump(jump);
        for (let passed = 0; passed < wait; passed++) {
          time += minute;
          await system.advance(minute);
        }
        // The longest pause after a rejection is a minute; allow another one for the renewal.
        world.work = () => Promise.resolve(fresh());
        time += 2 * minute;
        await system.advance(minute);
        await system.advance(minute);
        const { accessKeyId } = await keeper.current();
        assert.ok((made.get(accessKeyId) ?? 0) > time, `expired, after a jump of ${jump}`);
      }
      await stop();
    }),
    { numRuns: 8, seed: 20 },
  );
});

Deno.test("session: a clock set during a request does not lengthen a session", async () => {
  for (const before of jumps) {
    for (const after of jumps) {
      let off = before;
      const right = testSystem();
      const clock = { now: () => right.now() + off, monotonic: right.monotonic };
      const http = {
        send: () => {
          off = after;
          const headers = new Headers({ date: new Date(right.now()).toUTCString() });
          const body = new TextEncoder().encode("<XResponse></XResponse>");
          return Promise.resolve({ status: 200, headers, body });
        },
        [Symbol.dispose]: () => {},
      };
      const transport = newTransport(clock, http, 1000);
      await transport.send({
        method: "GET",
        protocol: "https:",
        hostname: "sts.example.com",
        path: "/",
        headers: {},
      });
      // Add this to AWS's time to get this machine's; it never makes a session longer.
      const error = (transport.seen.skew ?? assert.fail()) + after;
      assert.ok(error >= 0 && error <= 1000, `${before} to ${after}: ${error} ms`);
    }
  }
});

Deno.test("session: an assertion kept for longer than AWS accepts it is not used", async () => {
  const system = testSystem();
  const store = await openOrCreateStore(system);
  const assertion = new Secret("PHNhbWxwOlJlc3BvbnNl");
  for (const jump of jumps) {
    await store.shared.assertions.save("saml ann", { assertion, expires: system.now() + minute });
    const now = system.now;
    system.now = () => now() - jump;
    const found = await store.shared.assertions.find("saml ann");
    assert.equal(found !== undefined, jump === 0 || jump === minute, `${jump}`);
    system.now = now;
  }
});
