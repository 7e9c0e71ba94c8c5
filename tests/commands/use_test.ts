// What `athm use` prints for the shell function, and what a shell keeps about it.

import assert from "node:assert/strict";
import fc from "fast-check";
import { credentialVariables, shellEnvironment } from "../../src/delivery/environment.ts";
import {
  current,
  loading,
  shellState,
  stateVariable,
  unloading,
  waiting,
} from "../../src/delivery/shell_state.ts";
import { codedShells, shellCode } from "../../src/commands/shell_code.ts";
import { shells } from "../../src/line/shells.ts";
import { Failure } from "../../src/model/failure.ts";
import { may } from "../support/fake_aws/policies.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { httpTo } from "../support/http_to_fake.ts";
import { memoryFiles, startedIn } from "../support/memory_files.ts";
import { athm } from "../support/store_program.ts";
import { runs, sampleSession } from "../support/store_samples.ts";
import { testStart } from "../support/test_system.ts";

const minute = 60_000;
const role = "arn:aws:iam::123456789012:role/deploy";

/** A shell as the function leaves it: what was printed for bash is applied to its variables. */
async function shellWorld() {
  const aws = await startFakeAws({ clock: () => clock.now });
  const clock = { now: testStart };
  const files = memoryFiles(() => clock.now);
  const key = aws.addUser({ name: "ann" });
  aws.addRole({ arn: role, trusts: [key.arn] });
  const own = { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
  let variables: Record<string, string> = { HOME: "/home/ann" };
  let http = httpTo(aws);
  const run = async (line: string, more: Readonly<Record<string, string>> = {}) => {
    const env = { ...variables, ...more };
    return await athm(line, files, { env, now: clock.now, system: { http } });
  };
  for (const name of ["a --region eu-west-1", "b", `r --role-arn ${role}`]) {
    const { code, err } = await run(`aws add ${name} --from-env`, own);
    assert.equal(code, 0, err);
  }
  return {
    aws,
    clock,
    files,
    run,
    get variables() {
      return variables;
    },
    set(name: string, value: string) {
      variables = { ...variables, [name]: value };
    },
    offline: () => {
      http = () => Promise.reject(new Failure("network", "cannot reach AWS"));
    },
    /** Runs it as the shell function does. */
    async use(line: string) {
      const ran = await run(`${line} --shell bash`);
      if (ran.code === 0 && ran.out !== "") variables = evaluated(variables, ran.out);
      return ran;
    },
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
}

/** What `eval` does with the code for bash, without running anything else in it. */
function evaluated(variables: Record<string, string>, code: string): Record<string, string> {
  const after = new Map(Object.entries(variables));
  const lines = code.split("\n");
  assert.equal(lines.shift(), ": athm use");
  assert.match(lines.shift() ?? "", /^if \(unset [A-Z_ ]+\) 2>\/dev\/null; then$/);
  for (const line of lines.slice(0, lines.indexOf("else"))) {
    const [, unset, name, value] =
      /^(?:unset ([A-Z_ ]+)|export ([A-Z_]+)='((?:[^']|'\\'')*)')$/.exec(line) ?? assert.fail(line);
    for (const each of unset?.split(" ") ?? []) after.delete(each);
    if (name) after.set(name, value!.replaceAll("'\\''", "'"));
  }
  return Object.fromEntries(after);
}

const renewAt = (variables: Record<string, string>) =>
  Number(/^\d+/.exec(variables[stateVariable] ?? "")?.[0]) * 1000;

Deno.test("use: loads what export loads, and removes what another profile left", async () => {
  await using shell = await shellWorld();
  shell.set("AWS_PROFILE", "other");
  const { code, err } = await shell.use("use a");
  assert.deepEqual([code, err], [0, ""]);
  const { [stateVariable]: state, ...loaded } = shell.variables;
  const exported = evaluated(
    { HOME: "/home/ann" },
    ": athm use\nif (unset X) 2>/dev/null; then\n" + (await shell.run("aws export a")).out + "else",
  );
  assert.deepEqual(loaded, exported);
  assert.equal(loaded.AWS_REGION, "eu-west-1");
  assert.ok(state);

  await shell.use("use b");
  assert.equal(shell.variables.ATHM_PROFILE, "b");
  assert.equal(shell.variables.AWS_REGION, undefined);
  await shell.use("use -");
  assert.equal(shell.variables.AWS_REGION, "eu-west-1");
  await shell.use("use --off");
  assert.deepEqual(Object.keys(shell.variables), ["HOME", stateVariable]);
  assert.equal(renewAt(shell.variables), 0);
  await shell.use("use -");
  assert.equal(shell.variables.ATHM_PROFILE, "a");
});

Deno.test("use: a restriction of the shell also holds for athm's own commands without NAME", async () => {
  await using shell = await shellWorld();
  await shell.use("use r --read-only");
  const restricted = shell.variables.AWS_ACCESS_KEY_ID;
  const keyOf = async (line: string) =>
    /ASIA[A-Z0-9]+/.exec((await shell.run(`aws ${line} --format json`)).out)?.[0];
  assert.equal(await keyOf("export"), restricted);
  assert.equal((await shell.run("aws process")).out.includes(restricted!), true);
  // Another restriction, a NAME, another profile and keys of the person's own are not the shell's.
  const policy = '{"Statement":[]}';
  for (const other of ["export r", `export --policy ${policy}`, "export b"]) {
    assert.notEqual(await keyOf(other), restricted, other);
  }
  shell.set("ATHM_PROFILE", "b");
  assert.equal(await keyOf("export"), await keyOf("export b"));
  shell.set("ATHM_PROFILE", "r");
  shell.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
  assert.equal(await keyOf("export"), await keyOf("export r"));
});

Deno.test("use: --off keeps a region of the person's own, and keys that athm did not load", async () => {
  await using shell = await shellWorld();
  shell.set("AWS_REGION", "us-west-2");
  await shell.use("use b");
  await shell.use("use --off");
  assert.equal(shell.variables.AWS_REGION, "us-west-2");
  shell.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
  const { out, err } = await shell.use("use --off");
  assert.deepEqual([out, err], ["", "athm: no profile is loaded in this shell"]);
  assert.equal(shell.variables.AWS_ACCESS_KEY_ID, "AKIAIOSFODNN7EXAMPLE");
});

Deno.test("use: renews five minutes before the end, with the new session's keys", async () => {
  await using shell = await shellWorld();
  await shell.use("use r");
  const first = shell.variables;
  const expires = Date.parse(first.AWS_CREDENTIAL_EXPIRATION ?? "");
  assert.equal(renewAt(first), expires - 5 * minute);
  shell.clock.now = renewAt(first) + 1;
  const { code, err } = await shell.use("use --renew");
  assert.deepEqual([code, err], [0, ""]);
  assert.notEqual(shell.variables.AWS_ACCESS_KEY_ID, first.AWS_ACCESS_KEY_ID);
  assert.ok(renewAt(shell.variables) > shell.clock.now + 30 * minute);
});

Deno.test("use: a --min-ttl that no session reaches does not renew at every prompt", async () => {
  await using shell = await shellWorld();
  for (const [ttl, before] of [["20m", 20], ["59m", 59], ["1h", 30], ["2h", 30]] as const) {
    await shell.use(`use r --min-ttl ${ttl}`);
    const expires = Date.parse(shell.variables.AWS_CREDENTIAL_EXPIRATION ?? "");
    assert.equal(renewAt(shell.variables), expires - before * minute, ttl);
  }
});

Deno.test("use: without the network it warns before the end and once after it, with pauses", async () => {
  await using shell = await shellWorld();
  await shell.use("use r --read-only --region eu-west-1");
  const before = shell.variables;
  const expires = Date.parse(before.AWS_CREDENTIAL_EXPIRATION ?? "");
  shell.offline();
  shell.clock.now = expires - 4 * minute;
  const kept = await shell.use("use --renew");
  assert.match(kept.err, /warning: .*using the kept session, which expires in 4m/);
  assert.equal(shell.variables.AWS_ACCESS_KEY_ID, before.AWS_ACCESS_KEY_ID);
  assert.equal(renewAt(shell.variables), shell.clock.now + minute);
  shell.clock.now = expires + minute;
  const { code, err } = await shell.use("use --renew");
  assert.equal(code, 0);
  assert.match(err, /^athm: warning: the session of r has expired, and was not renewed: /m);
  assert.match(err, /^athm: hint: run athm use r --region eu-west-1 --read-only$/m);
  assert.equal(renewAt(shell.variables), shell.clock.now + 5 * minute);
  assert.equal(shell.variables.AWS_ACCESS_KEY_ID, before.AWS_ACCESS_KEY_ID);
});

Deno.test("use: a renewal that needs a person warns once, again at the end, and then stops", async () => {
  await using shell = await shellWorld();
  await shell.use("use r");
  const expires = Date.parse(shell.variables.AWS_CREDENTIAL_EXPIRATION ?? "");
  assert.equal((await shell.run("aws rm r")).code, 0);
  shell.clock.now = expires - 4 * minute;
  const { err } = await shell.use("use --renew");
  assert.match(err, /the session of r expires in 4m, and was not renewed: profile "r" not found/);
  assert.equal(renewAt(shell.variables), Math.ceil(expires / 1000) * 1000);
  shell.clock.now = expires + 1000;
  assert.match((await shell.use("use --renew")).err, /has expired, and was not renewed/);
  assert.equal(renewAt(shell.variables), 0);
});

Deno.test("use: other keys in the shell are never replaced by a renewal", async () => {
  await using shell = await shellWorld();
  await shell.use("use a");
  shell.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
  const before = shell.variables;
  await shell.use("use --renew");
  assert.equal(renewAt(shell.variables), 0);
  assert.deepEqual({ ...shell.variables, [stateVariable]: "" }, { ...before, [stateVariable]: "" });
});

Deno.test("use: a narrower session stays narrow when it is renewed or used again", async () => {
  await using shell = await shellWorld();
  const allow = (Action: string) =>
    JSON.stringify({ Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
  const mayDo = (action: string) => {
    const principal = shell.aws.identity(shell.variables.AWS_ACCESS_KEY_ID ?? "");
    return principal !== undefined && may(principal, action);
  };
  const isNarrow = () => [mayDo("dynamodb:GetItem"), mayDo("dynamodb:PutItem")];
  for (const option of ["--read-only", `--policy ${startedIn}/only.json`]) {
    shell.files.put(`${startedIn}/only.json`, allow("dynamodb:GetItem"));
    await shell.use(`use r ${option}`);
    assert.deepEqual(isNarrow(), [true, false], option);
    const { AWS_ACCESS_KEY_ID: key } = shell.variables;
    // The file's text counts, not what it contains later.
    shell.files.put(`${startedIn}/only.json`, allow("*"));
    shell.clock.now = renewAt(shell.variables) + 1;
    await shell.use("use --renew");
    assert.notEqual(shell.variables.AWS_ACCESS_KEY_ID, key);
    assert.deepEqual(isNarrow(), [true, false], option);
    await shell.use("use b");
    await shell.use("use -");
    assert.equal(shell.variables.ATHM_PROFILE, "r");
    assert.deepEqual(isNarrow(), [true, false], option);
  }
});

Deno.test("use: the one before with another region is no wider", async () => {
  await using shell = await shellWorld();
  const mayWrite = () => {
    const principal = shell.aws.identity(shell.variables.AWS_ACCESS_KEY_ID ?? "");
    return principal !== undefined && may(principal, "dynamodb:PutItem");
  };
  await shell.use("use r --read-only");
  await shell.use("use b");
  await shell.use("use - --region eu-central-1");
  const { ATHM_PROFILE, AWS_REGION } = shell.variables;
  assert.deepEqual([ATHM_PROFILE, AWS_REGION, mayWrite()], ["r", "eu-central-1", false]);
  await shell.use("use b");
  await shell.use("use -");
  assert.deepEqual([shell.variables.AWS_REGION, mayWrite()], ["eu-central-1", false]);
  await shell.use("use b");
  await shell.use("use - --policy-arn arn:aws:iam::aws:policy/AdministratorAccess");
  assert.deepEqual([shell.variables.AWS_REGION, mayWrite()], ["eu-central-1", true]);
});

Deno.test("use: a renewal loads no other profile that took the name", async () => {
  for (const changes of [["mv r old", "mv a r"], ["set r --duration 20m --no-login"]]) {
    await using shell = await shellWorld();
    await shell.use("use r");
    const before = shell.variables;
    for (const each of changes) assert.equal((await shell.run(`aws ${each}`)).code, 0);
    shell.clock.now = renewAt(before) + 1;
    const { err } = await shell.use("use --renew");
    assert.match(
      err,
      /^athm: warning: the session of r expires in 5m, and was not renewed: r has be/m,
    );
    assert.match(err, /^athm: hint: run athm use r$/m);
    assert.equal(shell.variables.AWS_ACCESS_KEY_ID, before.AWS_ACCESS_KEY_ID);
    await shell.use("use r");
    assert.notEqual(shell.variables.AWS_ACCESS_KEY_ID, before.AWS_ACCESS_KEY_ID);
    shell.clock.now = renewAt(shell.variables) + 1;
    assert.equal((await shell.use("use --renew")).err, "");
  }
});

Deno.test("use: a failure prints nothing for the shell", async () => {
  await using shell = await shellWorld();
  await shell.use("use a");
  const table: readonly (readonly [line: string, code: number, err: RegExp])[] = [
    ["use gone --shell bash", 1, /profile "gone" not found/],
    ["use - --shell bash", 2, /this shell has used no other profile before/],
    ["use a b --shell bash", 2, /unexpected argument "b"/],
    ["use a --off --shell bash", 2, /--off does not accept "a"/],
    ["use --off --rotate --shell bash", 2, /--off does not accept "rotate"/],
    ["use --shell bash", 2, /requires the NAME of a profile/],
    ["use a --shell tcsh", 2, /--shell does not accept "tcsh"/],
    ["use a --region nowhere-1 --shell bash", 2, /nowhere-1/],
    ["use a", 2, /athm use requires athm's shell function/],
    ["use --off", 2, /athm use requires athm's shell function/],
  ];
  for (const [line, code, err] of table) {
    const ran = await shell.run(line);
    assert.deepEqual([ran.code, ran.out], [code, ""], line);
    assert.match(ran.err, err);
  }
});

Deno.test("use: without NAME takes the folder's profile, not the one that is loaded", async () => {
  await using shell = await shellWorld();
  await shell.use("use b");
  shell.files.put(`${startedIn}/.athm`, "a\n");
  const { code, err } = await shell.use("use");
  assert.equal(code, 1);
  assert.match(err, /names the profile a, is not allowed yet/);
  assert.equal((await shell.run("allow")).code, 0);
  await shell.use("use");
  assert.equal(shell.variables.ATHM_PROFILE, "a");
});

Deno.test("use: the hint names the person's shell", async () => {
  const files = memoryFiles();
  for (const { name, load, startFile } of shells.filter(({ name }) => name !== "powershell")) {
    const { err } = await athm("use a", files, { env: { HOME: "/h", SHELL: `/usr/bin/${name}` } });
    assert.ok(err.includes(`add this line to ${startFile}, and run it: ${load}`), err);
  }
  const { err } = await athm("use a", files, { env: { HOME: "/h", SHELL: "/bin/tcsh" } });
  assert.ok(err.includes(shells[0]!.load), err);
});

Deno.test("use: any value of the state is read, and only athm's counts", () => {
  const own = loading({}, { profile: "a", options: { region: ["x"] } }, {
    set: { AWS_ACCESS_KEY_ID: "ASIA", AWS_REGION: "x" },
    unset: [],
  }, 1);
  const state = own.set[stateVariable]!;
  const env = (value: string) => ({
    get: (name: string) => ({ [stateVariable]: value, AWS_ACCESS_KEY_ID: "ASIA" })[name],
  });
  assert.equal(current(shellState(env(state)), env(state))?.profile, "a");
  const json = fc.json().map((text) => `1 ${text}`);
  const cut = fc.nat(state.length - 1).map((length) => state.slice(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.string(), json, cut), (value) => {
      assert.equal(current(shellState(env(value)), env(value)), undefined);
    }),
    runs(2000),
  );
  const other = (from: string, to: string) => shellState(env(state.replace(from, to)));
  assert.deepEqual(other('"AWS_REGION"', '"PATH"'), {}, "only the session's variables are removed");
  assert.deepEqual(other('"region"', '"newer"'), {}, "an option that may restrict the session");
  assert.deepEqual(other('"a"', '"$(x)"'), {}, "a name");
});

Deno.test("use: switching any way leaves exactly the variables of the last profile", () => {
  const variable = fc.constantFrom("AWS_REGION", "AWS_USE_FIPS_ENDPOINT");
  const used = fc.record({ profile: fc.constantFrom("a", "b"), more: fc.uniqueArray(variable) });
  fc.assert(
    fc.property(fc.array(fc.option(used, { nil: undefined }), { maxLength: 8 }), (steps) => {
      let variables: Record<string, string> = { KEPT: "1" };
      let last: readonly string[] = [];
      for (const [at, step] of steps.entries()) {
        const env = { get: (name: string) => variables[name] };
        const state = shellState(env);
        const session = sampleSession();
        const change = step
          ? loading(state, { profile: step.profile, options: {} }, {
            set: {
              ...shellEnvironment({ profile: step.profile, session }).set,
              AWS_ACCESS_KEY_ID: `ASIA${at}`,
              ...Object.fromEntries(step.more.map((name) => [name, "x"])),
            },
            unset: credentialVariables,
          }, 1)
          : unloading(state, env) ?? waiting(state, 0);
        for (const name of change.unset) delete variables[name];
        variables = { ...variables, ...change.set };
        last = step ? step.more : [];
        const all = ["AWS_REGION", "AWS_USE_FIPS_ENDPOINT"].filter((name) => name in variables);
        assert.deepEqual(all.toSorted(), last.toSorted());
        assert.equal(variables.ATHM_PROFILE, step?.profile);
        assert.equal(variables.KEPT, "1");
      }
    }),
    runs(300),
  );
});

Deno.test("use: every shell of shell-init gets code, which begins with a line that does nothing", () => {
  assert.deepEqual(codedShells, shells.map(({ name }) => name));
  for (const name of codedShells) {
    const code = shellCode(name, { set: { ATHM_USE: "it's" }, unset: ["AWS_PROFILE"] });
    assert.match(code, name === "powershell" ? /^# athm use\n/ : /^: athm use\n/);
    const { init } = shells.find((each) => each.name === name)!;
    assert.ok(init.includes(code.split("\n", 1)[0]!), "the function recognizes it");
  }
});
