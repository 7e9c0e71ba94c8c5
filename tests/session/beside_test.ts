/** A session is renewed while a program runs, on a clock that may jump, and no longer. */
import assert from "node:assert/strict";
import { renewBeside } from "../../src/session/renewal/beside.ts";
import type { Session } from "../../src/model/credentials.ts";
import { numbered } from "../support/keeper_world.ts";
import { gate, hour, minute, second } from "../support/session_world.ts";
import { settle, testStart, testSystem } from "../support/test_system.ts";

/** A one-hour session while a program runs; counts renewals, which do what `work` says. */
function running(work: (session: Session) => Promise<Session> = (each) => Promise.resolve(each)) {
  const system = testSystem({ seed: 7 });
  const own = system.now;
  let jumped = 0;
  system.now = () => own() + jumped;
  system.chance = () => 0.5;
  const ended = new AbortController();
  const renewals: number[] = [];
  const renew = () => {
    renewals.push(system.now() - testStart);
    return work(numbered(renewals.length + 1, system.now(), hour));
  };
  let loaded = 0;
  const how = () => {
    loaded++;
    return Promise.resolve({ renew });
  };
  const { current } = renewBeside(system, numbered(1, testStart, hour), how, ended.signal);
  return {
    system,
    renewals,
    current,
    loaded: () => loaded,
    end: () => ended.abort(),
    /** Moves the clock without waking timers, as when a computer sleeps. */
    sleep: (milliseconds: number) => void (jumped += milliseconds),
    /** The keeper is loaded from disk, which takes several turns of the event loop. */
    advance: async (milliseconds: number) => {
      await system.advance(milliseconds);
      for (let turn = 0; turn < 50; turn++) await settle();
    },
  };
}

Deno.test("beside: loads nothing before a renewal is due, and renews in time", async () => {
  const { advance, renewals, loaded } = running();
  await advance(40 * minute - 1);
  assert.deepEqual([loaded(), renewals], [0, []]);
  await advance(1);
  assert.deepEqual([loaded(), renewals], [1, [40 * minute]]);
});

Deno.test("beside: a computer that slept renews within half a minute of waking", async () => {
  const { advance, sleep, renewals } = running();
  await advance(minute);
  sleep(10 * hour);
  assert.deepEqual(renewals, []);
  await advance(30 * second);
  assert.equal(renewals.length, 1);
});

Deno.test("beside: renews within half a minute after the clock is set back", async () => {
  const { advance, sleep, renewals } = running();
  await advance(minute);
  sleep(-10 * hour);
  await advance(30 * second);
  assert.equal(renewals.length, 1);
});

Deno.test("beside: returns the session at once before a renewal is due", async () => {
  const { current, renewals, advance } = running();
  await advance(minute);
  assert.equal((await current()).issued, testStart);
  assert.deepEqual(renewals, []);
});

Deno.test("beside: renews nothing after the program ends", async () => {
  // Before it is due, between two renewals, and while one hangs.
  for (const [passed, before] of [[minute, 0], [41 * minute, 1], [40 * minute, 1]] as const) {
    const hanging = gate();
    const { advance, end, renewals } = running(async (session) => {
      if (passed === 40 * minute) await hanging.pass();
      return session;
    });
    await advance(passed);
    assert.equal(renewals.length, before);
    end();
    hanging.open();
    await advance(12 * hour);
    assert.equal(renewals.length, before, `${renewals}`);
  }
});
