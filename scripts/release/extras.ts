import { deno, printed, ScriptFailure } from "../deno.ts";
import type { Packed } from "./archive.ts";

/** Where an archive has the completion script of each shell. */
const completions: Readonly<Record<string, string>> = {
  bash: "completions/athm.bash",
  zsh: "completions/_athm",
  fish: "completions/athm.fish",
  powershell: "completions/athm.ps1",
};

/**
 * The files in every archive besides the program, generated from the checkout `tree`.
 *
 * @param time the commit's, in seconds since 1970: the date of the man pages
 * @throws {ScriptFailure}
 */
export async function extras(tree: string, time: number): Promise<readonly Packed[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${tree}/deno.json`));
  if (!("man" in tasks)) {
    throw new ScriptFailure("deno.json has no task man, which generates dist/man");
  }
  const env = { SOURCE_DATE_EPOCH: String(time) };
  await deno(Deno.execPath(), ["task", "--quiet", "man"], tree, env);
  const files = [packed("LICENSE", await Deno.readFile(`${tree}/LICENSE`))];
  for await (const { name } of Deno.readDir(`${tree}/dist/man`)) {
    files.push(packed(`man/${name}`, await Deno.readFile(`${tree}/dist/man/${name}`)));
  }
  const athm = ["run", "-q", "--frozen", "-P", "--no-prompt", "main.ts"];
  for (const [shell, path] of Object.entries(completions)) {
    const script = await printed(Deno.execPath(), [...athm, "completions", shell], tree);
    files.push(packed(path, new TextEncoder().encode(`${script}\n`)));
  }
  return files;
}

function packed(path: string, bytes: Uint8Array<ArrayBuffer>): Packed {
  if (bytes.length === 0) throw new ScriptFailure(`${path} is empty`);
  return { path, bytes, executable: false };
}
