/** Passwords of container registries: which registries, for how long, and one request for all. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { passwordOf } from "../../src/commands/aws/docker/password.ts";
import { registryKey } from "../../src/model/proofs.ts";
import { partitions } from "../../src/model/partitions.ts";
import { Failure } from "../../src/model/failure.ts";
import { withHelpers, withoutHelpers } from "../../src/tokens/docker_config.ts";
import { parseRegistry } from "../../src/tokens/registry.ts";
import { anyCharacter } from "../support/any_character.ts";
import { hour, type Machine, minute, sessionTest } from "../support/session_world.ts";

const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const registry = parseRegistry(host)!;
const deed = { words: ["docker", host], audited: "docker-credential" };

const ask = ({ system, store }: Machine) => passwordOf(system, store, registry, deed);
const secretOf = async (machine: Machine) => (await ask(machine)).password.secret.reveal();
const requests = (calls: readonly string[]) =>
  calls.filter((call) => call === "GetAuthorizationToken 200").length;

sessionTest("eight processes get one password with one request", async (world) => {
  const machines = await Promise.all(
    Array.from({ length: 8 }, (_, index) => world.machine({ pid: 100 + index })),
  );
  const { store } = machines[0]!;
  await store.saveProfile(world.profile("pull"), { replace: false });
  await store.shared.registries.save(registryKey(host), { registry: host, profile: "pull" });
  const each = machines.map(secretOf);
  // The clocks advance one after the other, so that a new password would seem to be from the future.
  await Promise.race(each);
  const all = Promise.all(each);
  let isDone = false;
  all.finally(() => isDone = true).catch(() => {});
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve));
    if (machines.some(({ sleepers }) => sleepers() > 0)) await world.advance(100);
  }
  assert.equal(new Set(await all).size, 1);
  assert.equal(requests(world.calls()), 1);
});

sessionTest(
  "a kept password outlives its session, and is replaced in its last hour",
  async (world) => {
    const machine = await world.machine();
    const { store } = machine;
    await store.saveProfile(world.profile("pull"), { replace: false });
    await store.shared.registries.save(registryKey(host), { registry: host, profile: "pull" });
    const first = await secretOf(machine);
    await store.removeSession("pull");
    await world.advance(10 * hour + 50 * minute);
    assert.equal(await secretOf(machine), first);
    assert.equal(requests(world.calls()), 1);
    await world.advance(20 * minute);
    assert.notEqual(await secretOf(machine), first);
    assert.equal(requests(world.calls()), 2);
  },
);

sessionTest("other settings of the profile make the password invalid", async (world) => {
  const machine = await world.machine();
  const { store } = machine;
  await store.saveProfile(world.profile("pull"), { replace: false });
  await store.shared.registries.save(registryKey(host), { registry: host, profile: "pull" });
  const first = await secretOf(machine);
  await store.saveProfile(
    world.profile("pull", { network: { region: "eu-west-1" } }),
    { replace: true },
  );
  assert.notEqual(await secretOf(machine), first);
});

sessionTest("a confirmed profile asks before a kept password is used", async (world) => {
  const machine = await world.machine();
  const { store } = machine;
  await store.saveProfile(world.profile("pull"), { replace: false });
  await store.shared.registries.save(registryKey(host), { registry: host, profile: "pull" });
  await secretOf(machine);
  await store.saveProfile(world.profile("pull", { confirm: 900 }), { replace: true });
  await assert.rejects(
    () => ask(machine),
    (error) =>
      error instanceof Failure && ["needs-person", "denied", "cancelled"].includes(error.code),
  );
});

sessionTest("with a wrong clock, a password is not kept beyond its hours", async (world) => {
  await world.machine();
  const late = await world.machine({ ahead: -2 * hour, pid: 7 });
  await late.store.saveProfile(world.profile("pull"), { replace: false });
  await late.store.shared.registries.save(registryKey(host), { registry: host, profile: "pull" });
  const { password } = await ask(late);
  const life = password.expires - late.system.now();
  assert.ok(life > 11.9 * hour && life <= 12 * hour, `${life}`);
});

Deno.test("registries: AWS's hosts of every partition, and no other", () => {
  for (const { dnsSuffix, defaultRegion } of partitions) {
    const name = `123456789012.dkr.ecr.${defaultRegion}.${dnsSuffix}`;
    const { service, region, fips } = parseRegistry(`https://${name}/v2/`)!;
    assert.deepEqual({ service, region, fips }, {
      service: "ecr",
      region: defaultRegion,
      fips: false,
    });
  }
  assert.equal(parseRegistry("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com")?.fips, true);
  assert.equal(parseRegistry("123456789012.dkr-ecr.us-west-2.on.aws")?.region, "us-west-2");
  assert.equal(parseRegistry("public.ecr.aws")?.service, "ecr-public");
  const others = [
    "example.com",
    `${host}.example.com`,
    `${host}@example.com`,
    `example.com/${host}`,
    `http://${host}`,
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn",
    "123456789012.dkr.ecr.eu-west-1.on.aws",
    "x.public.ecr.aws",
    "123.dkr.ecr.eu-west-1.amazonaws.com",
  ];
  for (const other of others) assert.equal(parseRegistry(other), undefined, other);
});

Deno.test("registries: any text is AWS's host or nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), fc.constantFrom("", host), (text, name) => {
      const found = parseRegistry(`${text}${name}`);
      assert.ok(found === undefined || found.host === name, found?.host);
    }),
  );
});

Deno.test("Docker's file keeps everything else", () => {
  const names = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(fc.property(names, fc.dictionary(fc.string(), fc.string()), (rest, helpers) => {
    const { credHelpers: _, ...others } = rest;
    const before = { ...others, credHelpers: helpers };
    const text = JSON.stringify(before, undefined, "\t");
    const added = withHelpers(text, "config.json", [host]);
    assert.deepEqual(JSON.parse(added).credHelpers[host], "athm");
    const { text: after, removed } = withoutHelpers(added, "config.json", [host]);
    assert.deepEqual(removed, [host]);
    const expected = JSON.parse(text);
    if (!Object.keys(helpers).length) delete expected.credHelpers;
    assert.deepEqual(JSON.parse(after), expected);
  }));
});

Deno.test("Docker's file: anything but an object is an error that does not quote it", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => {
    try {
      withHelpers(text, "config.json", [host]);
    } catch (error) {
      assert.ok(error instanceof Failure);
      assert.equal(error.message, "config.json is not a JSON object, as Docker requires");
    }
  }));
});
