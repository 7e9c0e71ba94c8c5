/**
 * What only Windows has: batch files as commands, more exit codes, drives, `PATHEXT`.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FakeAws } from "../../tests/support/fake_aws.ts";
import { type Check, type Ground, type Ran, requires, type RunOptions } from "./ground.ts";

/** Arguments that try to make a batch file's command processor run another command. */
const injections = [
  "&echo INJECTED",
  '"&echo INJECTED',
  '"&echo INJECTED&"',
  "%CMDCMDLINE:~-1%&echo INJECTED",
  "|echo INJECTED",
  "^&echo INJECTED",
  "(a)&(echo INJECTED)",
];

/** A batch file that records its arguments. */
const batch = "@echo off\r\necho words[%*]\r\nexit /b 7\r\n";

/** The checks, in order; they share one profile. */
export function windowsChecks(aws: FakeAws): readonly Check[] {
  const user = aws.addUser({ name: "winnie" });
  const keys = {
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  };
  const homes = new Map<Ground, Promise<string>>();
  const exec = ["aws", "exec", "example", "--"];
  return [
    { name: "windows: exit codes of all 32 bits pass through", run: exitCodes },
    { name: "windows: batch files run, and their arguments run no other command", run: batchFiles },
    { name: "windows: a batch file is found on PATH, and not in the current folder", run: onPath },
    { name: "windows: a store on another drive works", run: otherDrive },
    { name: "windows: an argument with a newline is rejected for a batch file", run: lineEnds },
    { name: "windows: without PowerShell, no hint says to unlock a keychain", run: noPowershell },
    { name: "windows: DPAPI holds the key", run: dataProtection },
    { name: "windows: doctor lists everyone else with access to the store", run: accessList },
  ];

  async function athm(
    ground: Ground,
    words: readonly string[],
    { env, ...options }: RunOptions = {},
  ): Promise<Ran> {
    const made = homes.get(ground) ?? added(ground);
    homes.set(ground, made);
    const all = { ATHM_HOME: await made, ...env };
    return await ground.run(ground.athm, words, { ...options, env: all });
  }

  async function added(ground: Ground): Promise<string> {
    const { there } = await ground.folder("windows home");
    await add(ground, there, keys);
    return there;
  }

  async function add(ground: Ground, home: string, env: Readonly<Record<string, string>>) {
    const words = ["aws", "add", "example", "--from-env", "--endpoint-url", aws.url];
    const { code, stderr } = await ground.run(ground.athm, words, {
      env: { ...env, ATHM_HOME: home },
    });
    assert.equal(code, 0, stderr);
  }

  async function exitCodes(ground: Ground): Promise<void> {
    const { here, there } = await ground.folder();
    // One process that runs athm many times is quicker than many.
    const line = `"${ground.athm}" aws exec example -- cmd.exe /d /c exit`;
    const text = [
      "@echo off",
      "setlocal enabledelayedexpansion",
      `for %%c in (256 1000 65536 -1 -1073741510) do (${line} %%c& echo %%c !errorlevel!)`,
      `for /L %%c in (0,1,255) do (${line} %%c& echo %%c !errorlevel!)`,
    ];
    await Deno.writeTextFile(`${here}/codes.cmd`, `${text.join("\r\n")}\r\n`);
    const home = homes.get(ground) ?? added(ground);
    homes.set(ground, home);
    const { stdout } = await ground.run("cmd.exe", ["/d", "/c", `${there}\\codes.cmd`], {
      env: { ATHM_HOME: await home },
      timeout: 900_000,
    });
    const lines = stdout.trim().split(/\r?\n/);
    assert.equal(lines.length, 261, stdout);
    for (const each of lines) assert.match(each, /^(-?\d+) \1$/);
  }

  async function batchFiles(ground: Ground): Promise<void> {
    const { here, there } = await ground.folder("batch files");
    for (const name of ["show words.cmd", "show.bat"]) {
      await Deno.writeTextFile(`${here}/${name}`, batch);
      for (const word of ["a b", "x y&z", ...injections]) {
        const ran = await athm(ground, [...exec, `${there}\\${name}`, word]);
        assert.equal(ran.code, 7, `${name} ${word}: ${ran.stderr}`);
        // Harmless as an argument; as a command's output it would be a separate line.
        assert.doesNotMatch(ran.stdout, /^INJECTED/m, `${name} ${word}`);
        assert.match(ran.stdout, /^words\[".*"\]\s*$/, `${name} ${word}`);
      }
    }
  }

  async function onPath(ground: Ground): Promise<void> {
    const { here, there } = await ground.folder();
    await Deno.writeTextFile(`${here}/showwords.cmd`, batch);
    const PATH = `${there};C:\\windows\\system32;C:\\windows`;
    const found = await athm(ground, [...exec, "showwords", "a"], { env: { PATH } });
    assert.equal(found.code, 7, found.stderr);
    for (const name of ["showwords", "showwords.cmd"]) {
      const ran = await athm(ground, [...exec, name, "a"], { cwd: there });
      assert.equal(ran.code, 127, `${name}: ${ran.stdout}`);
    }
  }

  async function otherDrive(ground: Ground): Promise<void> {
    const folder = await ground.folder();
    await using drive = await ground.drive?.(folder) ?? assert.fail("no drive");
    const home = `${drive.name}\\athm`;
    await add(ground, home, keys);
    const words = [...exec, "cmd.exe", "/d", "/c", "exit", "7"];
    const { code, stderr } = await ground.run(ground.athm, words, { env: { ATHM_HOME: home } });
    assert.equal(code, 7, stderr);
    assert.ok((await Deno.stat(`${folder.here}/athm/store.json`)).isFile);
  }

  async function noPowershell(ground: Ground): Promise<void> {
    const { there } = await ground.folder();
    const env = { ATHM_HOME: `${there}\\athm`, PATH: there };
    await add(ground, env.ATHM_HOME, { ...keys, ...env });
    const { code, stderr } = await athm(ground, ["store", "custody", "keychain"], { env });
    assert.equal(code, 1);
    assert.match(stderr, /^athm: hint: athm store custody passphrase\r?$/m);
    assert.doesNotMatch(stderr, /lock/);
  }

  async function dataProtection(ground: Ground): Promise<void> {
    requires(ground, "powershell");
    const held = await athm(ground, ["store", "custody", "keychain"]);
    assert.equal(held.code, 0, held.stderr);
    const ran = await athm(ground, [...exec, "cmd.exe", "/d", "/c", "exit", "7"]);
    assert.equal(ran.code, 7, ran.stderr);
    const again = await athm(ground, ["store", "custody", "keychain"]);
    assert.match(again.stderr, /the custody is already keychain/);
  }

  async function accessList(ground: Ground): Promise<void> {
    requires(ground, "powershell");
    const { there } = await ground.folder();
    const home = `${there}\\athm`;
    await add(ground, home, keys);
    const everyone = ["/grant", "*S-1-1-0:(OI)(CI)R", "/q"];
    assert.equal((await ground.run("icacls.exe", [home, ...everyone])).code, 0);
    const { stdout } = await athm(ground, ["doctor", "--json"], { env: { ATHM_HOME: home } });
    assert.match(stdout, /Everyone has access to /);
  }

  async function lineEnds(ground: Ground): Promise<void> {
    const { here, there } = await ground.folder();
    await Deno.writeTextFile(`${here}/show.cmd`, batch);
    const ran = await athm(ground, [...exec, `${there}\\show.cmd`, "a\r\necho INJECTED"]);
    assert.equal(ran.code, 126, ran.stdout);
    assert.doesNotMatch(ran.stdout, /INJECTED/);
  }
}
