import bash from "./scripts/athm.bash" with { type: "text" };
import fish from "./scripts/athm.fish" with { type: "text" };
import powershell from "./scripts/athm.ps1" with { type: "text" };
import zsh from "./scripts/athm.zsh" with { type: "text" };
import type { ExpectedWord } from "./complete.ts";

export interface Shell {
  readonly name: string;
  readonly script: string;
  /** Converts the words from the script's form. */
  readonly words: (given: readonly string[]) => readonly string[];
}

const asTyped = (given: readonly string[]) => given;

export const shells: readonly Shell[] = [
  { name: "bash", script: bash, words: asTyped },
  { name: "zsh", script: zsh, words: asTyped },
  { name: "fish", script: fish, words: asTyped },
  { name: "powershell", script: powershell, words: (given) => given.map((word) => word.slice(1)) },
];

/** Kinds that need neither names in the store nor regions. */
type Answerable = Exclude<ExpectedWord["kind"], "profile" | "client" | "served" | "region">;

/**
 * The reply to a shell's completion script. Its first line is `values`, followed by lines
 * `VALUE<tab>HELP`; `files`, or `files BEFORE` if the word begins with `BEFORE` before the path; or
 * `program N` if another program's command line starts at word N (0: the first after `athm`).
 */
export function answerText(wanted: ExpectedWord & { readonly kind: Answerable }): string {
  switch (wanted.kind) {
    case "values":
      return ["values", ...wanted.values.map(({ value, help }) => `${value}\t${help}`)]
        .map((line) => line + "\n").join("");
    case "file":
      return `files ${wanted.before}`.trimEnd() + "\n";
    case "program":
      return `program ${wanted.from}\n`;
    default:
      return "values\n";
  }
}
