/**
 * The console in a browser profile of its own, in a container of Firefox, and in the clipboard: what the
 * programs get, and that no argument contains the sign-in token.
 */
import assert from "node:assert/strict";
import { execTest, type ExecWorld } from "../support/exec_world.ts";

const role = "arn:aws:iam::123456789012:role/deploy";

/** A program that records its arguments, and requests the loopback URL in them. */
async function program(world: ExecWorld, name: string): Promise<string> {
  const { folder } = world.home;
  const script = `const args = Deno.args;
    const url = /http:[^&]+/.exec(decodeURIComponent(args.at(-1)))[0];
    const answer = await fetch(url, { redirect: "manual" });
    await answer.body?.cancel();
    Deno.writeTextFileSync("seen.json", JSON.stringify([args, answer.headers.get("location")]));`;
  await Deno.writeTextFile(`${folder}/page.ts`, script);
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  const path = `${folder}/bin/${name}`;
  const line = `exec '${Deno.execPath()}' run -A --no-prompt --no-config '${folder}/page.ts' "$@"`;
  await Deno.writeTextFile(path, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return path;
}

execTest("login: --in opens a browser profile or container of that name", async (world) => {
  world.aws.addRole({ arn: role });
  await world.add("deploy", `--role-arn ${role}`);
  const { home, aws } = world;
  const { folder } = home;
  const browser = await program(world, "browser");
  const firefox = await program(world, "firefox");
  const base = `${folder}/.local/share/athm/browser`;
  const table: readonly (readonly [string, string, readonly string[], RegExp])[] = [
    [
      "auto",
      browser,
      [`--user-data-dir=${base}/console-123456789012`],
      /in the browser profile 123/,
    ],
    ["Work", browser, [`--user-data-dir=${base}/console-work`], /in the browser profile Work$/m],
    [
      "firefox:auto",
      firefox,
      [],
      /in the Firefox container 123456789012, which requires the extension Granted Containers$/m,
    ],
  ];
  for (const [place, command, first, says] of table) {
    const line = `athm aws login deploy --in ${place} --federation-url ${aws.url}/federation`;
    const ran = await home.run(line, { DISPLAY: ":9", ATHM_BROWSER: command });
    assert.deepEqual([ran.exit, ran.out], [0, ""], ran.err);
    assert.match(ran.err, says);
    const [args, location] = JSON.parse(await Deno.readTextFile(`${folder}/seen.json`));
    assert.deepEqual(args.slice(0, first.length), first);
    const address = first.length ? "" : "ext\\+granted-containers:name=123456789012&url=";
    const loopback = first.length
      ? "http://127\\.0\\.0\\.1:\\d+/"
      : "http%3A%2F%2F127\\.0\\.0\\.1%3A\\d+%2F";
    assert.match(args.at(-1), new RegExp(`^${address}${loopback}[0-9a-f]{32}$`));
    const token = new URL(location).searchParams.get("SigninToken") ?? "";
    assert.ok(aws.secrets().includes(token));
    assert.ok(!JSON.stringify(args).includes(token));
  }
  for (const name of ["", "/console-work"]) {
    assert.equal((await Deno.stat(base + name)).mode! & 0o777, 0o700);
  }
});

execTest("login: --copy passes the URL by standard input, and prints none", async (world) => {
  world.aws.addRole({ arn: role });
  await world.add("deploy", `--role-arn ${role}`);
  const { home, aws } = world;
  const line = `athm aws login deploy --copy --federation-url ${aws.url}/federation`;
  await Deno.mkdir(`${home.folder}/bin`);
  const script = `#!/bin/sh\necho "$*" >'${home.folder}/args'\ncat >'${home.folder}/copied'\n`;
  await Deno.writeTextFile(`${home.folder}/bin/xclip`, script, { mode: 0o755 });
  const path = home.env.get("PATH") ?? "";
  const ran = await home.run(line, { DISPLAY: ":9", PATH: `${home.folder}/bin:${path}` });
  assert.deepEqual([ran.exit, ran.out], [0, ""], ran.err);
  assert.match(ran.err, /^athm: copied the URL; anyone who has it is signed in for 15 minutes$/m);
  const url = new URL(await Deno.readTextFile(`${home.folder}/copied`));
  assert.ok(aws.secrets().includes(url.searchParams.get("SigninToken") ?? ""));
  assert.equal(await Deno.readTextFile(`${home.folder}/args`), "-selection clipboard\n");
});
