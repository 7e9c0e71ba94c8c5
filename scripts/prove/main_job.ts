/**
 * The main job as checks that run on every ground: the program under test against the project's fake
 * AWS, with children for the ground's system. Each check depends on those before it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FakeAws, UserKey } from "../../tests/support/fake_aws.ts";
import { type Check, type Ground, type Ran, requires, type RunOptions } from "./ground.ts";

const role = "arn:aws:iam::123456789012:role/deploy";

/** Children for each system: a shell that exits with a code, and one that prints a variable. */
const posix = {
  exit: (code: number) => ["sh", "-c", `exit ${code}`],
  print: (name: string) => ["sh", "-c", `echo "$${name}"`],
};
const cmd = {
  exit: (code: number) => ["cmd.exe", "/d", "/c", "exit", `${code}`],
  print: (name: string) => ["cmd.exe", "/d", "/c", "echo", `%${name}%`],
};
const childrenOf = ({ system }: Ground) => system === "windows" ? cmd : posix;

/** What a check may use. */
interface Job {
  readonly aws: FakeAws;
  readonly user: UserKey;
  /** Runs athm in the job's home. */
  readonly athm: (ground: Ground, words: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** The job's home, as the ground sees it. */
  readonly home: (ground: Ground) => Promise<string>;
}

/** The checks, in order. */
export function mainJob(aws: FakeAws): readonly Check[] {
  const user = aws.addUser({ name: "alice" });
  aws.addRole({ arn: role, trusts: [user.arn] });
  const homes = new Map<Ground, Promise<string>>();
  const home = (ground: Ground) => {
    const there = homes.get(ground) ?? ground.folder("home").then(({ there }) => there);
    homes.set(ground, there);
    return there;
  };
  const athm: Job["athm"] = async (ground, words, options = {}) => {
    const folder = await home(ground);
    const env = {
      HOME: folder,
      USERPROFILE: folder,
      LOCALAPPDATA: folder,
      USER: "alice",
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      ...options.env,
    };
    return await ground.run(ground.athm, words, { ...options, env });
  };
  const job: Job = { aws, user, athm, home };
  return checks.map(([name, run]) => ({ name, run: (ground) => run(job, ground) }));
}

/** Runs athm and expects this exit code; returns standard output without line ends. */
async function expectAthm(
  { athm }: Job,
  ground: Ground,
  words: readonly string[],
  code = 0,
  options?: RunOptions,
): Promise<string> {
  const ran = await athm(ground, words, options);
  assert.equal(ran.code, code, `athm ${words.join(" ")}: exit code ${ran.code}\n${ran.stderr}`);
  return ran.stdout.replaceAll("\r\n", "\n").trim();
}

/** The child's access key ID, which the fake AWS must have issued. */
function isIssued({ aws }: Job, key: string): void {
  assert.match(key, /^ASIA[A-Z0-9]+$/);
  assert.ok(aws.identity(key), `${key} was not issued`);
}

function inside({ system }: Ground, folder: string, name: string): string {
  return folder + (system === "windows" ? "\\" : "/") + name;
}

const checks: readonly (readonly [string, (job: Job, ground: Ground) => Promise<void>])[] = [
  ["--version names the program", async (job, ground) => {
    assert.match(await expectAthm(job, ground, ["--version"]), /^athm \d/);
  }],

  ["a profile is added from the environment, with a session", async (job, ground) => {
    const words = ["aws", "add", "example", "--from-env", "--endpoint-url", job.aws.url];
    await expectAthm(job, ground, words);
    assert.deepEqual(job.aws.calls.map(({ action }) => action).slice(0, 1), ["GetSessionToken"]);
  }],

  ["a profile is added from standard input", async (job, ground) => {
    const input = JSON.stringify({
      Version: 1,
      AccessKeyId: job.user.accessKeyId,
      SecretAccessKey: job.user.secretAccessKey,
    });
    const words = ["aws", "add", "other", "--stdin", "--endpoint-url", job.aws.url];
    await expectAthm(job, ground, words, 0, { input });
  }],

  ["a role is assumed from another profile's session", async (job, ground) => {
    const words = ["aws", "add", "deploy", "--from", "example", "--role-arn", role];
    await expectAthm(job, ground, [...words, "--endpoint-url", job.aws.url]);
    const { print } = childrenOf(ground);
    const key = await expectAthm(
      job,
      ground,
      ["aws", "exec", "deploy", "--", ...print("AWS_ACCESS_KEY_ID")],
    );
    isIssued(job, key);
    assert.match(job.aws.identity(key)?.arn ?? "", /:assumed-role\/deploy\//);
  }],

  ["a command gets the kept session without a call", async (job, ground) => {
    const before = job.aws.calls.length;
    const { print } = childrenOf(ground);
    const words = ["aws", "exec", "example", "--", ...print("AWS_ACCESS_KEY_ID")];
    isIssued(job, await expectAthm(job, ground, words));
    assert.equal(job.aws.calls.length, before);
  }],

  ["the command's exit code is athm's", async (job, ground) => {
    const { exit } = childrenOf(ground);
    const codes = ground.slow
      ? [0, 1, 2, 125, 255]
      : Array.from({ length: 256 }, (_, code) => code);
    for (const code of codes) {
      await expectAthm(job, ground, ["aws", "exec", "example", "--", ...exit(code)], code);
    }
  }],

  ["a command that cannot run ends with 126", async (job, ground) => {
    requires(ground, "exec errors");
    const { there } = await ground.folder();
    await expectAthm(job, ground, ["aws", "exec", "example", "--", there], 126);
  }],

  [
    "a missing command, a missing profile and a usage error have different exit codes",
    async (job, ground) => {
      await expectAthm(job, ground, ["aws", "exec", "example", "--", "no-such-program-here"], 127);
      await expectAthm(
        job,
        ground,
        ["aws", "exec", "nobody", "--", ...childrenOf(ground).exit(0)],
        125,
      );
      await expectAthm(job, ground, ["aws", "exec", "--no-such-option"], 2);
    },
  ],

  ["a command's arguments arrive as typed", async (job, ground) => {
    const words = ["a b", 'say "hi"', "Zoë ü", "100%PATH%", "a&b|c>d^e", "C:\\dir\\", "$HOME `x`"];
    for (const word of ground.slow ? words.slice(0, 2) : words) {
      // athm is the child, because it quotes unknown arguments.
      const ran = await job.athm(ground, [
        ...["aws", "exec", "example", "--", ground.athm],
        ...["audit", word],
      ]);
      assert.equal(ran.code, 2, ran.stderr);
      assert.ok(ran.stderr.includes(JSON.stringify(word)), `${word}: ${ran.stderr}`);
    }
  }],

  ["--server hands out credentials to an SDK in the child", async (job, ground) => {
    const { print } = childrenOf(ground);
    const inner = ["aws", "exec", "--ambient", "--", ...print("AWS_ACCESS_KEY_ID")];
    const words = ["aws", "exec", "example", "--server", "--", ground.athm, ...inner];
    isIssued(job, await expectAthm(job, ground, words));
  }],

  ["--rotate replaces the session", async (job, ground) => {
    const { print } = childrenOf(ground);
    const words = ["aws", "exec", "example", "--", ...print("AWS_ACCESS_KEY_ID")];
    const before = await expectAthm(job, ground, words);
    await expectAthm(job, ground, ["aws", "exec", "example", "--rotate"]);
    assert.notEqual(await expectAthm(job, ground, words), before);
  }],

  ["export prints what each shell loads", async (job, ground) => {
    const print = (format: string) =>
      expectAthm(job, ground, ["aws", "export", "example", "--format", format]);
    const json = JSON.parse(await print("json"));
    isIssued(job, json.AccessKeyId);
    const key = json.AccessKeyId;
    assert.match(await print("sh"), new RegExp(`^export AWS_ACCESS_KEY_ID='?${key}'?$`, "m"));
    assert.match(await print("cmd"), new RegExp(`^set "AWS_ACCESS_KEY_ID=${key}"$`, "m"));
    assert.match(await print("powershell"), new RegExp(`AWS_ACCESS_KEY_ID.*'${key}'`));
    assert.match(await print("env"), new RegExp(`^AWS_ACCESS_KEY_ID=.*${key}`, "m"));
    assert.match(await print("ini"), new RegExp(`^aws_access_key_id *= *${key}$`, "m"));
  }],

  ["the system's own shell loads what export prints", async (job, ground) => {
    const windows = ground.system === "windows";
    const loads = await expectAthm(
      job,
      ground,
      ["aws", "export", "example", "--format", windows ? "cmd" : "sh"],
    );
    const { here, there } = await ground.folder();
    const name = windows ? "load.cmd" : "load.sh";
    const echo = windows ? "@echo key=%AWS_ACCESS_KEY_ID%" : 'echo "key=$AWS_ACCESS_KEY_ID"';
    const line = windows ? "\r\n" : "\n";
    await Deno.writeTextFile(`${here}/${name}`, loads.replaceAll("\n", line) + line + echo + line);
    const path = inside(ground, there, name);
    const shell = windows ? ["cmd.exe", "/d", "/c", path] : ["sh", path];
    const { code, stdout } = await ground.run(shell[0] ?? "", shell.slice(1));
    assert.equal(code, 0);
    isIssued(job, /^key=(\S+)/m.exec(stdout)?.[1] ?? "");
  }],

  ["process prints the document for SDKs", async (job, ground) => {
    const document = JSON.parse(await expectAthm(job, ground, ["aws", "process", "example"]));
    assert.equal(document.Version, 1);
    assert.match(document.Expiration, /Z$/);
    isIssued(job, document.AccessKeyId);
  }],

  ["configure writes a credential_process and no key", async (job, ground) => {
    const { here, there } = await ground.folder("aws files");
    const file = inside(ground, there, "config");
    await expectAthm(job, ground, ["aws", "configure", "example", "--file", file]);
    const text = await Deno.readTextFile(`${here}/config`);
    assert.match(text, /^\[profile example\]$/m);
    assert.match(text, /^credential_process = .*athm.* aws process example$/m);
    assert.doesNotMatch(text, /ASIA|AKIA|secret/);
  }],

  ["ls and show print what is stored, without secrets", async (job, ground) => {
    const listed = JSON.parse(await expectAthm(job, ground, ["aws", "ls", "--json"]));
    assert.deepEqual(listed.map(({ name }: { name: string }) => name), [
      "deploy",
      "example",
      "other",
    ]);
    const shown = await expectAthm(job, ground, ["aws", "show", "example", "--json"]);
    assert.equal(JSON.parse(shown).source.kind, "keys");
    assert.ok(!shown.includes(job.user.secretAccessKey));
  }],

  ["mv renames, rm removes", async (job, ground) => {
    await expectAthm(job, ground, ["aws", "mv", "other", "another"]);
    await expectAthm(job, ground, ["aws", "rm", "another"]);
    await expectAthm(job, ground, ["aws", "show", "another"], 1);
  }],

  ["commands that start concurrently when a session is due make one call", async (job, ground) => {
    await expectAthm(job, ground, ["aws", "exec", "example", "--rotate"]);
    const before = job.aws.calls.length;
    const words = [
      "aws",
      "exec",
      "example",
      "--min-ttl",
      "11h59m59s",
      "--",
      ...childrenOf(ground).exit(0),
    ];
    // Every session is due by then, so each process signs in or uses the session that another just got.
    await Promise.all(
      Array.from({ length: ground.slow ? 3 : 8 }, () => expectAthm(job, ground, words)),
    );
    assert.ok(job.aws.calls.length - before <= 2, `${job.aws.calls.length - before} calls`);
  }],

  ["the store is rekeyed, verified, backed up and restored", async (job, ground) => {
    await expectAthm(job, ground, ["store", "rekey"]);
    await expectAthm(job, ground, ["store", "verify"]);
    const { here, there } = await ground.folder("backup");
    const file = inside(ground, there, "athm.backup");
    await Deno.writeTextFile(`${here}/words`, "five wholly random words here\n", { mode: 0o600 });
    const env = { ATHM_BACKUP_PASSPHRASE_FILE: inside(ground, there, "words") };
    await expectAthm(job, ground, ["store", "backup", file], 0, { env });
    const restored = { ...env, ATHM_HOME: inside(ground, there, "new") };
    await expectAthm(job, ground, ["store", "restore", file], 0, { env: restored });
    const listed = await expectAthm(job, ground, ["aws", "ls", "--json"], 0, { env: restored });
    assert.equal(JSON.parse(listed).length, 2);
  }],

  ["a store in a folder with spaces and umlauts works", async (job, ground) => {
    const { there } = await ground.folder("Zoë's store ü");
    const home = inside(ground, there, "athm");
    const env = { ATHM_HOME: home };
    const words = ["aws", "add", "example", "--from-env", "--endpoint-url", job.aws.url];
    await expectAthm(job, ground, words, 0, { env });
    const run = ["aws", "exec", "example", "--", ...childrenOf(ground).exit(0)];
    await expectAthm(job, ground, run, 0, { env });
  }],

  ["a store with a passphrase opens with it and not without", async (job, ground) => {
    const { there } = await ground.folder("sealed");
    const home = inside(ground, there, "athm");
    const env = { ATHM_HOME: home, ATHM_PASSPHRASE: "five wholly random words here" };
    const words = ["aws", "add", "example", "--from-env", "--endpoint-url", job.aws.url];
    await expectAthm(job, ground, words, 0, { env });
    const run = ["aws", "exec", "example", "--", ...childrenOf(ground).exit(0)];
    await expectAthm(job, ground, run, 0, { env });
    await expectAthm(job, ground, run, 125, { env: { ATHM_HOME: home } });
  }],

  ["the audit log is intact", async (job, ground) => {
    await expectAthm(job, ground, ["audit", "verify"]);
  }],

  ["doctor finds no problem with program, store and profiles", async (job, ground) => {
    const { stdout } = await job.athm(ground, ["doctor", "--json"]);
    const found: readonly { check: string; level: string; text: string }[] =
      JSON.parse(stdout).checks;
    const concerned = found.filter(({ check }) => ["store", "profiles", "version"].includes(check));
    assert.ok(concerned.length >= 3);
    for (const { level, text } of concerned) {
      // Under emulation a check may need more than the 3 s that doctor gives it.
      if (ground.slow && /took longer than/.test(text)) continue;
      assert.notEqual(level, "failed", text);
    }
  }],
];
