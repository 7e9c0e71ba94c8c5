// The modules that `athm aws exec` loads for a kept session: each costs time at every start. The
// runtime's coverage shows what was loaded, so this includes dynamic imports.

import assert from "node:assert/strict";
import { execWorld } from "../support/exec_world.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Modules by folder. To add one, add a line here and check `deno task bench`. */
const kept: Readonly<Record<string, readonly string[]>> = {
  "args-tokens/0.23.1/lib": ["index.js", "parser.js", "resolver.js", "utils-CxvkckUD.js"],
  "": ["main.ts"],
  "src/commands/aws": ["exec.ts"],
  "src/commands/profile": ["obtain.ts", "options.ts"],
  "src/commands": ["most_used.ts"],
  "src/delivery": ["child.ts", "environment.ts"],
  "src/line": ["command.ts", "read.ts", "values.ts"],
  "src/model": [
    "credentials.ts",
    "decode.ts",
    "duration.ts",
    "failure.ts",
    "fields.ts",
    "names.ts",
    "secret.ts",
    "variables.ts",
  ],
  "src": ["program.ts"],
  "src/session/renewal": ["beside.ts"],
  "src/session/sign_in": ["fingerprint.ts"],
  "src/session": ["keep.ts", "stores.ts"],
  "src/signin/ci": ["systems.ts"],
  "src/sources": [
    "all_sources.ts",
    "ambient.ts",
    "aws_login.ts",
    "identity_center.ts",
    "keys.ts",
    "profile.ts",
    "roles_anywhere.ts",
    "saml.ts",
    "web_identity.ts",
  ],
  "src/store/custody": ["custody.ts", "environment.ts", "file.ts"],
  "src/store/files": [
    "home.ts",
    "refusals.ts",
    "shared.ts",
    "shelf.ts",
    "signin_lock.ts",
    "writing.ts",
  ],
  "src/store/sealing": ["keys.ts", "records.ts", "sealed.ts"],
  "src/store": ["opened.ts", "store.ts", "store_file.ts"],
  "src/system": ["children.ts", "files.ts", "listener.ts", "sleep.ts"],
  "src/system/deno": [
    "children.ts",
    "files.ts",
    "output.ts",
    "platform.ts",
    "system.ts",
    "terminal.ts",
  ],
};

/** Reading a confirmed profile asks nothing, so it costs nothing. */
const confirming = ["aws", "exec", "example", "--read-only", "--", "echo"];

/** Modules that ran: by path in the project, or by package. */
async function loaded(args: readonly string[]): Promise<readonly string[]> {
  await using world = await execWorld();
  const first = await world.home.run(`athm ${args.join(" ")}`);
  assert.equal(first.exit, 0, first.err);
  if (args === confirming) await world.home.run("athm aws set example --confirm");
  const folder = `${world.home.folder}/coverage`;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--frozen", "-A", "--no-prompt", `--config=${root}deno.json`],
      ...[`--coverage=${folder}`, `${root}main.ts`, ...args],
    ],
    cwd: world.home.folder,
    env: {
      ...Object.fromEntries(world.home.env),
      HOME: Deno.env.get("HOME") ?? "",
      ATHM_HOME: `${world.home.folder}/.local/share/athm`,
      PATH: "/usr/bin:/bin",
      CI: "", // with prompts disabled, the code that rejects them is loaded too
    },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const urls: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".json")) {
      urls.push(JSON.parse(await Deno.readTextFile(`${folder}/${name}`)).url);
    }
  }
  return urls.map((url) => {
    return decodeURIComponent(new URL(url).pathname).replace(root, "").replace(
      /^.*\/npm\/[^/]+\//,
      "",
    );
  }).toSorted();
}

/** The additional modules of each command that outputs a session. */
const more: readonly (readonly [args: readonly string[], besides: RegExp])[] = [
  [["aws", "exec", "example", "--", "true"], /^$/],
  [["aws", "exec", "example", "--read-only", "--", "true"], /^$/],
  [confirming, /^$/],
  [["aws", "process", "example"], /^src\/(commands\/aws\/process|formats\/json)\.ts$/],
  // Web Crypto signs: the SDK's signer would load Node's layer.
  [
    ["aws", "token", "eks", "prod", "example"],
    new RegExp(
      "^src/(commands/aws/token/(eks|origin)|tokens/(eks|place)|aws/sigv4|session/sign_in/(network" +
        "|roles)|model/(arn|endpoint|limits|partitions))\\.ts$",
    ),
  ],
  [["aws", "export", "example"], /^src\/(commands\/aws\/export|formats\/\w+)\.ts$/],
];

for (const [args, besides] of more) {
  const what = args.filter((word) => !["example", "prod", "true"].includes(word)).join(" ");
  Deno.test(`kept session: athm ${what} loads only the modules listed here`, async () => {
    const all = await loaded(args);
    const named = Object.entries(kept).flatMap(([folder, names]) => {
      return names.map((name) => folder === "" ? name : `${folder}/${name}`);
    });
    assert.deepEqual(all.filter((each) => !besides.test(each)), named.toSorted());
  });
}

Deno.test("kept session: loads nothing of the SDK, of Node or of a sign-in", () => {
  const folders = Object.keys(kept).join(" ");
  assert.doesNotMatch(folders, /@aws-sdk|@smithy|jose|node:|src\/aws|src\/audit|src\/migration/);
});
