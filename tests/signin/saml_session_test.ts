// SAML profiles in the store: what a sign-in learns, where its calls go, what is not kept.

import assert from "node:assert/strict";
import type { Profile, SamlSource } from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { chooseRole } from "../../src/sources/saml_roles.ts";
import { keptSession } from "../../src/session/keep.ts";
import { storedRenewal } from "../../src/session/renewal/renewal.ts";
import { resolved } from "../../src/session/sign_in/fingerprint.ts";
import { placeAt } from "../support/confirm_world.ts";
import { type ResponseOptions, samlResponse } from "../support/saml/response.ts";
import { signingPair } from "../support/saml/keys.ts";
import {
  failsAs,
  type Machine,
  minute,
  sessionTest,
  type SessionWorld,
} from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

const pair = await signingPair();

const arns = (partition: string, name: string) => ({
  role: `arn:${partition}:iam::123456789012:role/${name}`,
  provider: `arn:${partition}:iam::123456789012:saml-provider/idp`,
});

interface SamlWorld extends SessionWorld {
  readonly here: Machine;
  /** The content of the provider's next responses. */
  response: ResponseOptions;
  /** How many sign-ins the provider got. */
  asked(): number;
  saml(name: string, source?: Partial<SamlSource>, extra?: Partial<Profile>): Profile;
}

/** A machine whose command prints assertions, and an AWS that trusts the provider. */
function samlTest(name: string, run: (world: SamlWorld) => Promise<void>): void {
  sessionTest(`SAML: ${name}`, async (world) => {
    const here = await world.machine();
    for (const partition of ["aws", "aws-us-gov"]) {
      const { provider } = arns(partition, "");
      world.aws.addSamlProvider({
        arn: provider,
        issuer: "urn:example:idp",
        certificate: pair.cert,
      });
      for (const each of ["dev", "ops"]) world.aws.addRole({ arn: arns(partition, each).role });
    }
    let asked = 0;
    const saml: SamlWorld = {
      ...world,
      here,
      response: {},
      asked: () => asked,
      saml: (name, source = {}, extra = {}) =>
        world.profile(name, {
          source: { kind: "saml", via: "command", command: "assertion", ...source },
          ...extra,
        }),
    };
    Object.assign(here.system, {
      children: {
        ...here.system.children,
        help: ({ args }: { args: readonly string[] }) => {
          assert.deepEqual(args, ["-c", "assertion"]);
          asked++;
          const stdout = samlResponse(pair, { now: here.system.now(), ...saml.response });
          return Promise.resolve({ code: 0, stdout: `${stdout}\n` });
        },
      },
    });
    await run(saml);
  });
}

const offers = (partition: string, ...names: readonly string[]) => ({
  roles: names.map((name) => Object.values(arns(partition, name)).join()),
});

samlTest("the only role is pinned: a role added later changes nothing", async (world) => {
  const { here, saml } = world;
  await here.store.saveProfile(saml("work"), { replace: false });
  world.response = offers("aws", "dev");
  await here.ask("work");
  const { source } = await here.store.profile("work") ?? assert.fail();
  assert.ok(source.kind === "saml" && source.roleArn === arns("aws", "dev").role);
  // The session belongs to the current profile.
  await here.ask("work");
  assert.equal(world.asked(), 1);

  world.response = offers("aws", "ops", "dev");
  await world.advance(10 * minute);
  const { session } = await here.ask("work", { rotate: true });
  assert.match(session.arn ?? "", /assumed-role\/dev\//);
  assert.equal(world.asked(), 2);
});

samlTest("a session outlives the password of its provider", async (world) => {
  const { here, saml } = world;
  world.response = offers("aws", "dev");
  const source = { user: "ann", roleArn: arns("aws", "dev").role };
  const password = new Secret("refused");
  await here.store.saveProfile(saml("work", { ...source, password }), { replace: false });
  await here.ask("work");
  await here.store.saveProfile(saml("work", source), { replace: true });
  await here.ask("work");
  assert.deepEqual(world.calls(), ["AssumeRoleWithSAML 200"]);
  await here.store.saveProfile(saml("work", { ...source, user: "bob" }), { replace: true });
  await here.ask("work");
  assert.equal(world.calls().length, 2);
});

samlTest("a kept assertion without the profile's role is not used", async (world) => {
  const { here, saml } = world;
  const sources = ["dev", "ops"].map((name) =>
    saml(name, {
      user: "ann",
      roleArn: arns("aws", name).role,
      choices: [{ question: "account", answer: name }],
    })
  );
  for (const each of sources) await here.store.saveProfile(each, { replace: false });
  // What a person chooses on the provider's pages may decide which roles it offers.
  world.response = offers("aws", "dev");
  await here.ask("dev");
  world.response = offers("aws", "ops");
  const { session } = await here.ask("ops");
  assert.match(session.arn ?? "", /assumed-role\/ops\//);
  assert.equal(world.asked(), 2);
});

samlTest("a new profile does not take the role that another one's choice led to", async (world) => {
  const { here, saml } = world;
  const choices = [{ question: "account", answer: "dev" }];
  const dev = saml("dev", { user: "ann", roleArn: arns("aws", "dev").role, choices });
  await here.store.saveProfile(dev, { replace: false });
  await here.store.saveProfile(saml("new", { user: "ann" }), { replace: false });
  world.response = offers("aws", "dev");
  await here.ask("dev");
  world.response = offers("aws", "ops");
  const { session } = await here.ask("new");
  assert.match(session.arn ?? "", /assumed-role\/ops\//);
  assert.equal(world.asked(), 2);
  // With the same choices, profiles still share one sign-in.
  await here.store.saveProfile(saml("same", { user: "ann", choices }), { replace: false });
  const same = await here.ask("same");
  assert.match(same.session.arn ?? "", /assumed-role\/dev\//);
  assert.equal(world.asked(), 2);
});

samlTest("a role that AWS rejects is not pinned", async (world) => {
  const { here, saml, aws } = world;
  await here.store.saveProfile(saml("work"), { replace: false });
  world.response = offers("aws", "dev");
  aws.behave({ kind: "fail", status: 403, code: "AccessDenied", message: "no" });
  await failsAs("aws", here.ask("work"), /dev does not exist or does not trust/);
  const { source } = await here.store.profile("work") ?? assert.fail();
  assert.ok(source.kind === "saml" && source.roleArn === undefined);
  // The assertion was valid, so it is used again.
  await here.ask("work");
  assert.equal(world.asked(), 1);
});

samlTest("STS follows the role's partition, known or just chosen", async (world) => {
  const { here, saml, aws } = world;
  const gov = arns("aws-us-gov", "dev").role;
  world.response = offers("aws-us-gov", "dev");
  await here.store.saveProfile(saml("known", { roleArn: gov }), { replace: false });
  await here.store.saveProfile(saml("chosen"), { replace: false });
  await here.store.saveProfile(saml("set", {}, { network: { region: "us-gov-east-1" } }), {
    replace: false,
  });
  for (const name of ["known", "chosen", "set"]) await here.ask(name);
  assert.deepEqual(aws.calls.map(({ host }) => host), [
    "sts.us-gov-west-1.amazonaws.com",
    "sts.us-gov-west-1.amazonaws.com",
    "sts.us-gov-east-1.amazonaws.com",
  ]);
  assert.equal(world.asked(), 1);
});

samlTest("the assertion is kept until it expires", async (world) => {
  const { here, saml } = world;
  world.response = { ...offers("aws", "dev"), life: 2 * minute };
  await here.store.saveProfile(saml("work"), { replace: false });
  await here.ask("work");
  await world.advance(minute);
  await here.ask("work", { rotate: true });
  assert.equal(world.asked(), 1);
  await world.advance(minute);
  await here.ask("work", { rotate: true });
  assert.equal(world.asked(), 2);
});

samlTest("a command renews without a person; choosing a role requires one", async (world) => {
  const { here, saml } = world;
  world.response = offers("aws", "dev", "ops");
  const chosen = saml("work", { roleArn: arns("aws", "ops").role });
  await here.store.saveProfile(chosen, { replace: false });
  await here.ask("work");
  await world.advance(30 * minute);
  const session = await storedRenewal(here.system, here.store, "work").renew(
    here.system.now(),
  );
  assert.match(session.arn ?? "", /assumed-role\/ops\//);

  await here.store.saveProfile(saml("open"), { replace: false });
  const lonely = storedRenewal(here.system, here.store, "open").renew(0);
  await failsAs("needs-person", lonely, /offers 2 roles/, /--saml-role to one of: .*dev, .*ops/);
});

samlTest(
  "later roles are chained, and the provider's requested duration does not apply to them",
  async (world) => {
    const { here, saml, aws } = world;
    const ops = arns("aws", "ops").role;
    world.response = { ...offers("aws", "dev"), duration: "3600" };
    await here.store.saveProfile(saml("chain", {}, { roleArns: [ops] }), { replace: false });
    const { session } = await here.ask("chain");
    assert.match(session.arn ?? "", /assumed-role\/ops\/ann@example\.com/);
    assert.deepEqual(aws.calls.map(({ action, params }) => [action, params["DurationSeconds"]]), [
      ["AssumeRoleWithSAML", "3600"],
      ["AssumeRole", undefined],
    ]);
  },
);

Deno.test("SAML: offers the roles where it prompts, even while stderr is captured", async () => {
  const said = () => assert.fail("not seen");
  const system = testSystem({ answers: [], system: { say: said } });
  const offered = ["dev-10", "dev-9", "ops"].map((name) => {
    const { role, provider } = arns("aws", name);
    return { roleArn: role, providerArn: provider };
  });
  const typed = [...new TextEncoder().encode("0 dev\x1b[B\r")];
  let shown = "";
  const device = {
    read: (buffer: Uint8Array) => {
      buffer[0] = typed.shift() ?? assert.fail("no more keys");
      return Promise.resolve(1);
    },
    setRaw: () => {},
    write: (text: string) => void (shown += text),
    close: () => {},
  };
  system.terminal.open = () => device;
  assert.equal(await chooseRole(offered, undefined, system), offered[0]);
  assert.match(shown, /Role: \r\n> \d{12} {2}dev-9\r\n {2}\d{12} {2}dev-10\r\n {2}\d{12} {2}ops/);
});

samlTest("what a base profile learns is no change of those based on it", async (world) => {
  const { here, saml } = world;
  const place = await placeAt(world, "a", 2);
  const { machine } = place;
  const { store, system } = machine;
  Object.assign(system, { children: here.system.children });
  world.response = offers("aws", "dev");
  const child = world.profile("child", { source: { kind: "profile", from: "base" } });
  for (const each of [saml("base", {}, { confirm: 900 }), child]) {
    await store.saveProfile(each, { replace: false });
  }
  place.answer = "y";
  const first = await machine.ask("child");
  assert.equal(first.fingerprint, (await resolved(system, store, child)).full);
  assert.equal(first.agreed?.full, first.fingerprint);
  assert.deepEqual(await keptSession(system, store, child), first.session);
  assert.deepEqual((await machine.ask("child")).session, first.session);
  const policy = JSON.stringify({
    Statement: { Effect: "Allow", Action: "s3:*", Resource: "*" },
  });
  await machine.ask("child", { narrowing: { policy } });
  assert.deepEqual([place.questions, world.asked()], [1, 1]);
});

samlTest("what a person changes of a base profile meanwhile is a change", async (world) => {
  const { here, saml } = world;
  world.response = offers("aws", "dev");
  const child = world.profile("child", { source: { kind: "profile", from: "base" } });
  for (const each of [saml("base"), child]) await here.store.saveProfile(each, { replace: false });
  const { help } = here.system.children;
  Object.assign(here.system.children, {
    help: async (...spec: Parameters<typeof help>) => {
      await here.store.saveProfile(saml("base", {}, { role: { duration: 1800 } }), {
        replace: true,
      });
      return await help(...spec);
    },
  });
  const { session, fingerprint } = await here.ask("child");
  assert.notEqual(fingerprint, (await resolved(here.system, here.store, child)).full);
  assert.equal(await keptSession(here.system, here.store, child), undefined);
  assert.notDeepEqual((await here.ask("child")).session, session);
});
