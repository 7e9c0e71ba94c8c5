/** Profile usage, from the audit log. */
import assert from "node:assert/strict";
import { append } from "../../src/audit/log.ts";
import { usageOf, weights } from "../../src/audit/uses.ts";
import { home } from "../support/store_samples.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const day = 86_400_000;

Deno.test("uses: counts days, not renewals, and weighs recent days more", () => {
  const now = 100 * day + day / 2;
  const uses = [
    // Renewed hourly on a single day.
    ...Array.from({ length: 24 }, (_, hour) => ({ profile: "hourly", at: 99 * day + hour * 3e6 })),
    { profile: "daily", at: 98 * day },
    { profile: "Daily", at: 99 * day },
    { profile: "once-often", at: 10 * day },
    { profile: "once-often", at: 11 * day },
    { profile: "once-often", at: 12 * day },
  ];
  const order = [...weights(uses, now)].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  assert.deepEqual(order, ["daily", "hourly", "once-often"]);
});

Deno.test("uses: an import of many profiles is no use, and hides none", async () => {
  const system = testSystem();
  system.files.makeFolder(home, 0o700);
  await append(system, home, { event: "sign-in", profile: "used" });
  const events = Array.from(
    { length: 1_000 },
    (_, at) => ({ event: "import" as const, profile: `team-${at}-AdministratorAccess` }),
  );
  await append(system, home, events);
  assert.deepEqual([...usageOf(system, home).keys()], ["used"]);
});

Deno.test("uses: reads the end of the log, tolerates damage and a missing log", async () => {
  const system = testSystem();
  assert.equal(usageOf(system, home).size, 0);
  system.files.makeFolder(home, 0o700);
  await append(system, home, { event: "sign-in", profile: "one" });
  await append(system, home, { event: "renewal", profile: "two" });
  await append(system, home, { event: "rm", profile: "gone" });
  await append(system, home, { event: "deny", profile: "denied" });
  const path = `${home}/audit.log`;
  system.files.append(path, new TextEncoder().encode('{"profile":7}\nnull\n[]\n{"half'));
  assert.deepEqual([...usageOf(system, home).keys()].sort(), ["one", "two"]);
  assert.ok((usageOf({ ...system, now: () => testStart + 28 * day }, home).get("one") ?? 1) < 0.3);
  // A time in the future counts as today.
  assert.ok((usageOf({ ...system, now: () => testStart - 28 * day }, home).get("one") ?? 9) <= 1);
});
