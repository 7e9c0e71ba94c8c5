/**
 * The browser that the system's opener starts reaches the console; its argument list contains no
 * secret.
 */
import assert from "node:assert/strict";
import { execTest } from "../support/exec_world.ts";

const role = "arn:aws:iam::123456789012:role/deploy";
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Follows no redirect, and records its arguments and where they lead. */
const page = `const [url] = Deno.args;
const answer = await fetch(url, { redirect: "manual" });
await answer.body?.cancel();
Deno.writeTextFileSync("seen.json", JSON.stringify([url, answer.headers.get("location")]));
`;

execTest("login: redirects the browser to the console", async (world) => {
  world.aws.addRole({ arn: role });
  await world.add("deploy", `--role-arn ${role}`);
  const { home, aws } = world;
  await Deno.writeTextFile(`${home.folder}/page.ts`, page);
  const script = `#!/bin/sh\nexec ${quote(Deno.execPath())} run -A --no-prompt --no-config ` +
    `${quote(`${home.folder}/page.ts`)} "$1"\n`;
  await Deno.writeTextFile(`${home.folder}/browser`, script, { mode: 0o755 });
  const line = `athm aws login deploy --federation-url ${aws.url}/federation`;
  const ran = await home.run(line, { BROWSER: `${home.folder}/browser` });
  assert.deepEqual([ran.exit, ran.out], [0, ""], ran.err);
  assert.match(ran.err, /opening the console of 123456789012 as deploy/);
  const [given, location] = JSON.parse(await Deno.readTextFile(`${home.folder}/seen.json`));
  assert.match(given, /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}$/);
  const token = new URL(location).searchParams.get("SigninToken") ?? "";
  assert.ok(aws.secrets().includes(token));
});

execTest("login: fails if no browser arrives", async (world) => {
  world.aws.addRole({ arn: role });
  await world.add("deploy", `--role-arn ${role}`);
  const { home, aws } = world;
  await Deno.writeTextFile(`${home.folder}/browser`, "#!/bin/sh\nexit 3\n", { mode: 0o755 });
  const line = `athm aws login deploy --federation-url ${aws.url}/federation`;
  const ran = await home.run(line, { BROWSER: `${home.folder}/browser` });
  assert.deepEqual([ran.exit, ran.out], [1, ""], ran.err);
  assert.match(ran.err, /no browser available/);
});
