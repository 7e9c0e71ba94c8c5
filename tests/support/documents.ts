/**
 * The documents and their shell commands.
 *
 * @module
 */

const root = new URL("../../", import.meta.url);

export interface Document {
  /** Its path in the project. */
  readonly name: string;
  readonly url: URL;
  readonly text: string;
}

/** Every document with commands for users. */
export const documents: readonly Document[] = ["README.md", "CHANGELOG.md", ...markdown("docs/")]
  .map((name) => {
    const url = new URL(name, root);
    return { name, url, text: Deno.readTextFileSync(url) };
  });

function markdown(folder: string): string[] {
  return Array.from(Deno.readDirSync(new URL(folder, root)), ({ name }) => folder + name)
    .filter((name) => name.endsWith(".md")).sort();
}

/** A block of shell commands. */
export interface ShellBlock {
  readonly code: string;
  /** Why it is not run. */
  readonly unrun: string | undefined;
}

export function shellBlocks({ text }: Document): ShellBlock[] {
  const blocks = text.matchAll(/^```sh(?: unrun: ([^\n]+))?\n([\s\S]*?)^```$/gm);
  return Array.from(blocks, ([, unrun, code = ""]) => ({ code, unrun }));
}

/** Command lines of the shell blocks and of CI recipes. */
export function commandLines(document: Document): string[] {
  return [...shellLines(document), ...recipeLines(document)];
}

/** The commands of a CI recipe: `run: athm …`, `- athm …`. */
function recipeLines({ text }: Document): string[] {
  const blocks = Array.from(text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm), ([, code = ""]) => code);
  return blocks.flatMap((code) => code.split("\n"))
    .flatMap((line) => /^[\s-]*(?:\w+: )?(athm .+)$/.exec(line)?.[1] ?? []);
}

/** Continued lines joined, comments, wrappers, and pipes and files for the output taken off. */
function shellLines(document: Document): string[] {
  return shellBlocks(document)
    .flatMap(({ code }) => code.replaceAll(/\\\n\s*/g, "").split("\n"))
    .map((line) =>
      line.replace(/\s+#.*$/, "").replace(/ (?:\| |>).*$/, "").replace(/^eval "\$\((.*)\)"$/, "$1")
        .trim()
    )
    .filter((line) => line.startsWith("athm "));
}
