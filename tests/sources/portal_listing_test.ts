/** The list of what an access portal offers: its order, its counter, and one account alone. */
import assert from "node:assert/strict";
import { listAssignments } from "../../src/sources/portal_listing.ts";
import { portalTest, type PortalWorld } from "../support/portal_world.ts";

function offers({ aws }: PortalWorld, count: number): void {
  aws.sso.accounts = Array.from({ length: count }, (_, index) => ({
    id: String(100_000_000_000 + index),
    name: `account-${index + 1}`,
    roles: ["ReadOnly", "Admin"],
  }));
}

/** Lists on a terminal where each look at the clock is `step` milliseconds later. */
async function said(world: PortalWorld, step: number): Promise<readonly string[]> {
  const lines: string[] = [];
  let now = 0;
  const system = Object.create(world.system, {
    terminal: {
      value: Object.create(world.system.terminal, { stderrIsTerminal: { value: true } }),
    },
    monotonic: { value: () => now += step },
    say: { value: (line: string) => lines.push(line) },
  });
  await listAssignments({ ...world.context, system }, world.portal);
  return lines;
}

portalTest("the counter of accounts ends at the total", async (world) => {
  for (const count of [7, 40, 41]) {
    offers(world, count);
    const lines = await said(world, 500);
    assert.equal(lines.at(-1), `athm: ${count} of ${count} accounts`);
    const counts = lines.map((line) => Number(/^athm: (\d+) of /.exec(line)?.[1]));
    assert.deepEqual(counts, counts.toSorted((a, b) => a - b));
    assert.equal(new Set(counts).size, counts.length);
  }
});

portalTest("a short list is not counted", async (world) => {
  offers(world, 20);
  assert.deepEqual(await said(world, 1), []);
});

portalTest("accounts are in natural order, and one can be listed alone", async (world) => {
  offers(world, 12);
  const found = await listAssignments(world.context, world.portal);
  assert.deepEqual(
    found.slice(0, 6).map(({ accountName, role }) => `${accountName} ${role}`),
    ["account-1 Admin", "account-1 ReadOnly", "account-2 Admin", "account-2 ReadOnly"]
      .concat(["account-3 Admin", "account-3 ReadOnly"]),
  );
  assert.equal(found.at(-1)?.accountName, "account-12");
  world.calls();
  const one = await listAssignments(world.context, world.portal, "100000000004");
  assert.deepEqual(one.map(({ account, role }) => `${account} ${role}`), [
    "100000000004 Admin",
    "100000000004 ReadOnly",
  ]);
  assert.deepEqual(world.calls(), ["ListAccounts 200", "ListAccountRoles 200"]);
});
