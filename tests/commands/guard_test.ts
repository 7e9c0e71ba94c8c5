// The question before a way around a confirmed profile: it names every profile that a yes covers,
// and comes before a sign-in that such a profile shares, by whatever name or without one.

import assert from "node:assert/strict";
import fc from "fast-check";
import { guardProfiles } from "../../src/commands/profile/guard.ts";
import { valuesOf } from "../../src/line/values.ts";
import type { Profile, SamlSource } from "../../src/model/profile.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { factsOf } from "../../src/sources/all_sources.ts";
import { type MemoryFiles, memoryFiles } from "../support/memory_files.ts";
import { athm } from "../support/store_program.ts";
import { home, keysProfile, runs } from "../support/store_samples.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const url = "https://idp.example.com/app/aws";
const arn = "arn:aws:iam::123456789012:role/admin";
const saml = (address = url) => `--saml-url ${address} --saml-via browser --saml-role ${arn}`;

function samlProfile(name: string, address: string, extra: Partial<Profile> = {}): Profile {
  const source: SamlSource = { kind: "saml", via: "browser", url: address, roleArn: arn };
  return { name, source, roleArns: [], role: {}, network: {}, ...extra };
}

async function confirmedSaml(): Promise<MemoryFiles> {
  const files = memoryFiles(() => testStart);
  const { code, err } = await athm(`aws add sam ${saml()} --confirm --no-login`, files);
  assert.equal(code, 0, err);
  // As a sign-in in a window leaves it: with a cookie, the next one needs no person.
  const folder = await factsOf(samlProfile("sam", url).source).browser?.();
  files.makeFolder(`${home}/browser/${folder}/profile`, 0o700);
  return files;
}

Deno.test("guard: another address of the same browser profile is no way around", async () => {
  const files = await confirmedSaml();
  for (const address of [url, `${url}?x=1`, "https://idp.example.com/other"]) {
    const made = await athm(`aws add evil ${saml(address)} --no-login`, files);
    assert.equal(made.code, 1);
    assert.match(
      made.err,
      /a person must confirm a new profile evil that shares the sign-in of sam/,
    );
  }
  const other = await athm(
    `aws add other ${saml("https://other.example.com/aws")} --no-login`,
    files,
  );
  assert.equal(other.code, 0, other.err);
});

Deno.test("guard: settings without a name ask before they use a confirmed sign-in", async () => {
  const files = await confirmedSaml();
  for (const command of ["exec", "process", "export"]) {
    const rest = command === "exec" ? " -- true" : "";
    const line = `aws ${command} ${saml(`${url}?x=1`)}${rest}`;
    const { code, err } = await athm(line, files);
    assert.notEqual(code, 0);
    assert.match(err, /a person must confirm a session with the sign-in of sam: prompts are disab/);
    const no = await athm(line, files, { answers: ["n"] });
    assert.match(no.err, /you did not allow a session with the sign-in of sam/);
    assert.deepEqual(no.system.asked.length, 1);
    // A yes begins the sign-in, which this machine cannot do.
    const yes = await athm(line, files, { answers: ["y"] });
    assert.doesNotMatch(yes.err, /did not allow/);
    assert.match(yes.err, /the test has no network/);
  }
  const { out } = await athm("audit --json", files);
  const answers = out.match(/"event":"(confirm|deny)","profile":"sam"/g) ?? [];
  assert.equal(answers.length, 6, out);
});

Deno.test("guard: settings without a name that only read, or share nothing, do not ask", async () => {
  const files = await confirmedSaml();
  for (
    const options of [`${saml(`${url}?x=1`)} --read-only`, saml("https://other.example.com/aws")]
  ) {
    const { err, system } = await athm(`aws exec ${options} -- true`, files, { answers: [] });
    assert.doesNotMatch(err, /confirm/);
    assert.deepEqual(system.asked, []);
  }
  // Without a sign-in to share, the store stays closed.
  files.put(`${home}/store`, "damaged");
  const keys = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
  const { err } = await athm("aws exec --from-env -- true", files, { env: keys });
  assert.match(err, /the test has no network/);
});

Deno.test("guard: no read-only session sends a shared assertion to an address as typed", async () => {
  const files = await confirmedSaml();
  files.put("/evil.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  for (const option of ["--endpoint-url http://127.0.0.1:9", "--ca-bundle /evil.pem"]) {
    const line = `aws exec ${saml(`${url}?x=1`)} --read-only ${option} -- true`;
    const { err } = await athm(line, files);
    assert.match(err, /a person must confirm a session with the sign-in of sam: prompts are disab/);
  }
});

Deno.test("guard: a profile that shares an MFA session asks", async () => {
  const files = memoryFiles(() => testStart);
  const mfa = (name: string) => `--mfa-serial arn:aws:iam::123456789012:mfa/${name}`;
  const add = (name: string, options: string) =>
    athm(`aws add ${name} --ambient --aws-profile own ${options} --no-login`, files);
  const fine = [
    ["admin", `${mfa("ann")} --role-arn ${arn} --confirm`],
    ["plain", "--region eu-west-1"],
    ["other", mfa("ben")],
    ["asking", `${mfa("ann")} --confirm`],
  ] as const;
  for (const [name, options] of fine) {
    const { code, err } = await add(name, options);
    assert.equal(code, 0, err);
  }
  const evil = await add("evil", mfa("ann"));
  assert.match(evil.err, /confirm a new profile evil that shares the sign-ins of admin, asking/);
  const set = await athm(`aws set plain ${mfa("ann")} --no-login`, files);
  assert.match(set.err, /confirm a profile plain that shares the sign-ins of admin, asking/);
});

Deno.test("guard: rotating a key asks for every confirmed profile that has it", async () => {
  const files = memoryFiles(() => testStart);
  const store = await openOrCreateStore(testSystem({ files }));
  const other = { ...keysProfile("last").source, accessKeyId: "AKIAI44QH8DHBEXAMPLE" } as const;
  for (
    const each of [
      { ...keysProfile("work"), confirm: 900 },
      keysProfile("same"),
      { ...keysProfile("last"), source: other as Profile["source"] },
    ]
  ) await store.saveProfile(each, { replace: false });
  for (const name of ["work", "same"]) {
    const { err } = await athm(`aws rotate-key ${name}`, files);
    assert.match(err, /a person must confirm this change of work: prompts are disabled/);
  }
  assert.match((await athm("aws rotate-key last", files)).err, /the test has no network/);
});

const line = {
  entry: { path: ["import"] },
  operands: [],
  values: valuesOf(new Map(), new Set()),
  program: [],
} as unknown as Parameters<typeof guardProfiles>[0];

Deno.test("guard: one question names all that a yes covers, and the log has each once", async () => {
  const hosts = fc.constantFrom("a", "b");
  const confirm = fc.constantFrom(undefined, 900);
  const named = (letter: string) =>
    fc.array(fc.record({ host: hosts, confirm }), { minLength: 1, maxLength: 4 }).map((all) =>
      all.map(({ host, confirm }, at) =>
        samlProfile(
          `${letter}${at}`,
          `https://${host}.example/${letter}${at}`,
          confirm === undefined ? {} : { confirm },
        )
      )
    );
  const hostOf = ({ source }: Profile) => new URL((source as SamlSource).url ?? "").host;
  let both = 0;
  await fc.assert(
    fc.asyncProperty(
      named("known"),
      named("made"),
      fc.subarray(["known0", "known1", "known2", "known3"]),
      async (known, made, changed) => {
        const system = testSystem({ answers: ["y"] });
        await guardProfiles(line, system, known, { changed, made });
        const confirmed = known.filter((each) => each.confirm !== undefined);
        const hit = confirmed.filter(({ name }) => changed.includes(name));
        const sharers = made.filter((each) =>
          each.confirm === undefined && confirmed.some((one) => hostOf(one) === hostOf(each))
        );
        const shared = confirmed.filter((each) =>
          sharers.some((one) => hostOf(one) === hostOf(each))
        );
        const names = new Set([...hit, ...sharers, ...shared].map(({ name }) => name));
        assert.equal(system.asked.length, names.size ? 1 : 0);
        const said = system.captured.said.join("\n");
        assert.deepEqual(new Set(said.match(/(?:known|made)\d/g) ?? []), names);
        assert.deepEqual(
          system.audited.map(({ profile = "" }) => profile).sort(),
          [...names].sort(),
        );
        if (hit.length && sharers.length > 1) both++;
      },
    ),
    runs(300),
  );
  assert.ok(both > 5, `${both}`);
});

Deno.test("guard: of many names, the question has a count and the first", async () => {
  const known = Array.from(
    { length: 40 },
    (_, at) => samlProfile(`work${at}`, url, { confirm: 900 }),
  );
  const made = Array.from({ length: 30 }, (_, at) => samlProfile(`new${at}`, url));
  const system = testSystem({ answers: ["y"] });
  await guardProfiles(line, system, known, { changed: ["work3", "work4"], made });
  const said = system.captured.said.join("\n");
  assert.match(
    said,
    /this change of work3, work4 and 30 new profiles \(new0, .*new9 and 20 more\)/,
  );
  assert.match(said, /that share the sign-ins of work0, .*work9 and 30 more/);
  assert.equal(system.audited.length, 70);
});

Deno.test("guard: a profile that stops asking is no sharer of its own sign-in", async () => {
  const known = ["sam", "third"].map((name) => samlProfile(name, `${url}/${name}`, { confirm: 1 }));
  const after = samlProfile("sam", url);
  for (
    const [all, question] of [
      [known.slice(0, 1), /confirm this change of sam$/m],
      [known, /confirm this change of sam and a profile sam that shares the sign-in of third$/m],
    ] as const
  ) {
    const system = testSystem({ answers: ["y"] });
    await guardProfiles(line, system, all, { changed: ["sam"], made: [after] });
    assert.match(system.captured.said.join("\n"), question);
  }
});
